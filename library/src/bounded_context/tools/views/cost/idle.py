"""The cost of a stack in a month without traffic."""

from collections.abc import Iterator, Mapping
from typing import Final

from ....declaration import measures
from ....declaration.measures import Measure
from ...programs.recording import Graph, Node
from . import assumptions as assumed
from .lines import IDLE, Line, lines
from .read import Scheduled, is_traced, memory_gb, scheduled

_GB: Final = 10**9
_SWEEPER: Final = "sweep_uploads"

WRITTEN: Final[Mapping[str, tuple[Measure, ...]]] = {
    "watch_lists": (measures.OLDEST_UNFINISHED, measures.MAPPINGS_FAILING),
    _SWEEPER: (measures.UPLOADS_UNSEEN,),
}
"""The metrics that scheduled functions write even without traffic. CloudWatch bills a metric for each hour with a
write, which is every hour for these metrics."""

Counted = Iterator[tuple[str, float, str]]


def idle(graph: Graph) -> list[Line]:
    """Return the lines of a month without traffic."""
    return lines(IDLE, [*_standing(graph), *_called(scheduled(graph)), *_polled(graph), *_logged(graph)])


def _standing(graph: Graph) -> Counted:
    """Yield resources that are billed for their existence."""
    yield "metrics that alarms watch", sum(map(_watched, graph.of("cloudwatch/metricAlarm"))), "alarm_metric"
    yield "alarms on other alarms", len(graph.of("cloudwatch/compositeAlarm")), "composite_alarm"
    yield "dashboards", len(graph.of("cloudwatch/dashboard")), "dashboard"
    # Each of the first two rotations adds the same price (KMS pricing page).
    yield "keys that are not rotated yet", len(graph.of("kms/key")), "key"
    yield "secrets", len(graph.of("secretsmanager/secret")), "secret"
    yield "SFTP endpoint", len(graph.of("transfer/server")) * assumed.HOURS_A_MONTH, "sftp_hour"


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
            schedule.calls * assumed.CALL_SECONDS * memory_gb(schedule.function),
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
            pollers = assumed.POLLERS if capped else assumed.POLLERS_IN_QUIET
            polls = pollers * assumed.HOURS_A_MONTH * 3600 / assumed.POLL_SECONDS
            yield f"looks into the empty queue {mapping.name}", polls, "queue_request"


def _logged(graph: Graph) -> Counted:
    """Yield the logs of scheduled functions, and their storage."""
    for schedule in scheduled(graph):
        written = schedule.calls * assumed.LOG_BYTES_A_CALL / _GB
        yield f"log of {schedule.name}", written, "log_ingestion"
        yield f"log of {schedule.name} as it is kept", written * _months_stored(graph, schedule), "log_storage"


def _months_stored(graph: Graph, schedule: Scheduled) -> float:
    group = schedule.function.inputs.get("loggingConfig", {}).get("logGroup")
    groups = [node for node in graph.of("cloudwatch/logGroup") if node.inputs.get("name") == group]
    return sum(node.inputs.get("retentionInDays", 0) for node in groups) / 30
