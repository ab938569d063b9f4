"""What a stack costs in a month in which nothing comes."""

from collections.abc import Iterator, Mapping
from typing import Final

from .. import measures
from ..measures import Measure
from ..testing.graph import Graph, Node
from . import assumptions as assumed
from .lines import IDLE, Line, lines
from .read import Scheduled, is_traced, memory_gb, scheduled

_GB: Final = 10**9
_SWEEPER: Final = "sweep_uploads"

WRITTEN: Final[Mapping[str, tuple[Measure, ...]]] = {
    "watch_lists": (measures.OLDEST_UNFINISHED, measures.MAPPINGS_FAILING),
    _SWEEPER: (measures.UPLOADS_UNSEEN,),
}
"""The metrics that scheduled functions write also when nothing happens. CloudWatch asks for a metric by the hour in
which it is written: these are written in each."""

Counted = Iterator[tuple[str, float, str]]


def idle(graph: Graph) -> list[Line]:
    """The lines of such a month."""
    return lines(IDLE, [*_standing(graph), *_called(scheduled(graph)), *_polled(graph), *_logged(graph)])


def _standing(graph: Graph) -> Counted:
    """What is paid for merely because it exists."""
    yield "metrics that alarms watch", sum(map(_watched, graph.of("cloudwatch/metricAlarm"))), "alarm_metric"
    yield "alarms on other alarms", len(graph.of("cloudwatch/compositeAlarm")), "composite_alarm"
    yield "dashboards", len(graph.of("cloudwatch/dashboard")), "dashboard"
    # Each of the first two rotations adds as much (KMS's page of prices).
    yield "keys that are not rotated yet", len(graph.of("kms/key")), "key"
    yield "secrets", len(graph.of("secretsmanager/secret")), "secret"
    yield "SFTP endpoint", len(graph.of("transfer/server")) * assumed.HOURS_A_MONTH, "sftp_hour"


def _watched(alarm: Node) -> int:
    """The metrics of an alarm: one, or those of its calculation."""
    queries = alarm.inputs.get("metricQueries")
    return 1 if queries is None else sum("metric" in query for query in queries)


def _called(each: list[Scheduled]) -> Counted:
    """What schedules set off."""
    for one in each:
        yield f"metrics that {one.name} writes", len(WRITTEN.get(one.name, ())), "custom_metric"
        yield f"calls of {one.name}", one.calls, "lambda_request"
        yield f"duration of {one.name}", one.calls * assumed.CALL_SECONDS * memory_gb(one.function), "lambda_gb_second"
        # They come one by one, and the first of each second is traced.
        yield f"traces of {one.name}", one.calls * is_traced(one.function), "trace"
        if one.name == _SWEEPER:
            yield "listings of the inbox", one.calls, "s3_put"


def _polled(graph: Graph) -> Counted:
    """Lambda's looks into queues that are empty."""
    for mapping in graph.of("lambda/eventSourceMapping"):
        if "startingPosition" not in mapping.inputs:
            capped = "maximumConcurrency" in mapping.inputs.get("scalingConfig", {})
            pollers = assumed.POLLERS if capped else assumed.POLLERS_IN_QUIET
            looks = pollers * assumed.HOURS_A_MONTH * 3600 / assumed.POLL_SECONDS
            yield f"looks into the empty queue {mapping.name}", looks, "queue_request"


def _logged(graph: Graph) -> Counted:
    """What schedules write into logs, and what is kept of it."""
    for one in scheduled(graph):
        written = one.calls * assumed.LOG_BYTES_A_CALL / _GB
        yield f"log of {one.name}", written, "log_ingestion"
        yield f"log of {one.name} as it is kept", written * _months_kept(graph, one), "log_storage"


def _months_kept(graph: Graph, one: Scheduled) -> float:
    group = one.function.inputs.get("loggingConfig", {}).get("logGroup")
    groups = [node for node in graph.of("cloudwatch/logGroup") if node.inputs.get("name") == group]
    return sum(node.inputs.get("retentionInDays", 0) for node in groups) / 30
