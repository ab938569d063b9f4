"""The cost of a stack in a month without traffic."""

from collections.abc import Iterator, Mapping
from typing import Final

from bounded_context.declaration import measures
from bounded_context.declaration.measures import Measure

from ...programs.recording import Graph, Node
from .functions import Scheduled, a_month, is_traced, log_days, memory_gb, scheduled
from .prices import assumed, prices

_GB: Final = 10**9
_SWEEPER: Final = "sweep_uploads"

WRITTEN: Final[Mapping[str, tuple[Measure, ...]]] = {
    "watch_lists": (measures.OLDEST_UNFINISHED, measures.MAPPINGS_FAILING),
    "watch_mappings": (measures.MAPPINGS_FAILING,),
    _SWEEPER: (measures.UPLOADS_UNSEEN,),
}
"""The metrics that scheduled functions write even without traffic. CloudWatch bills a metric for each hour with a
write, which is every hour for these metrics."""

Counted = Iterator[tuple[str, float, str]]


def idle(graph: Graph) -> Counted:
    """Yield the quantities of a month without traffic, each with its name and the name of its price."""
    yield from _permanent(graph)
    yield from _called(scheduled(graph))
    yield from _polled(graph)
    yield from _logged(graph)


def _permanent(graph: Graph) -> Counted:
    """Yield resources that are billed for their existence."""
    yield "metrics that alarms watch", sum(map(_watched, graph.of("cloudwatch/metricAlarm"))), "alarm_metric"
    yield "alarms on other alarms", len(graph.of("cloudwatch/compositeAlarm")), "composite_alarm"
    yield "dashboards", len(graph.of("cloudwatch/dashboard")), "dashboard"
    # Each of the first two rotations adds the same price (KMS pricing page).
    yield "keys that are not rotated yet", len(graph.of("kms/key")), "key"
    yield "secrets", len(graph.of("secretsmanager/secret")), "secret"
    yield "SFTP endpoint", len(graph.of("transfer/server")) * assumed().hours_a_month, "sftp_hour"
    yield "elastic addresses", len(graph.of("ec2/eip")) * assumed().hours_a_month, "address_hour"


def _watched(alarm: Node) -> int:
    """Return the number of an alarm's metrics: one, or the metrics of its expression."""
    queries = alarm.inputs.get("metricQueries")
    return 1 if queries is None else sum("metric" in query for query in queries)


def _called(schedules: list[Scheduled]) -> Counted:
    """Yield the operations of scheduled functions."""
    for schedule in schedules:
        yield f"metrics that {schedule.name} writes", len(WRITTEN.get(schedule.name, ())), "custom_metric"
        yield f"calls of {schedule.name}", schedule.calls, "lambda_request"
        yield (
            f"duration of {schedule.name}",
            schedule.calls * assumed().call_seconds * memory_gb(schedule.function),
            "lambda_gb_second",
        )
        # Scheduled calls do not overlap, and the first call of each second is traced.
        yield f"traces of {schedule.name}", schedule.calls * is_traced(schedule.function), "trace"
        if schedule.name == _SWEEPER:
            yield "listings of the inbox", schedule.calls, "s3_put"


def _polled(graph: Graph) -> Counted:
    """Yield Lambda's polls of empty queues."""
    for mapping in graph.of("lambda/eventSourceMapping"):
        if "startingPosition" not in mapping.inputs:
            capped = "maximumConcurrency" in mapping.inputs.get("scalingConfig", {})
            pollers = assumed().pollers if capped else assumed().pollers_in_quiet
            polls = pollers * assumed().hours_a_month * 3600 / assumed().poll_seconds
            yield f"polls of the empty queue {mapping.name}", polls, "queue_request"


def _logged(graph: Graph) -> Counted:
    """Yield the logs of scheduled functions, and their storage."""
    for schedule in scheduled(graph):
        written = schedule.calls * assumed().log_bytes_a_call / _GB
        yield f"log of {schedule.name}", written, "log_ingestion"
        months = log_days(graph, schedule.function) / 30
        yield f"stored log of {schedule.name}", written * months, "log_storage"


def unknown(graph: Graph) -> list[str]:
    """Return a sentence for each resource that the estimates omit."""
    return [f"{node.kind} {node.name} is not counted: {why}." for node in graph.nodes if (why := _why(node))]


def _why(node: Node) -> str | None:
    """Return the reason why a resource cannot be counted, or None."""
    if node.kind not in {*prices().billed, *prices().free}:
        return "the price of its type is unknown"
    if node.kind == "dynamodb/table" and node.inputs.get("billingMode") != "PAY_PER_REQUEST":
        return "its capacity is provisioned, and billed by the hour"
    if node.kind == "cloudwatch/eventRule" and "scheduleExpression" in node.inputs:
        return "it is a scheduled rule: make a Schedule"
    if node.kind == "scheduler/schedule" and a_month(node) is None:
        return "it is not a rate"
    return None
