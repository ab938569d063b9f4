"""The cost of a month without traffic, of lists by service and stage, and of the storage of rows."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bounded_context.application.exports import PART_BYTES
from bounded_context.declaration import measures
from bounded_context.declaration.measures import Measure
from bounded_context.declaration.structure import EXPORT_FILES

from ...programs.recording import Graph, Node
from . import assumed, prices
from .flow import RELAY, Flow, index_bytes, units
from .functions import Scheduled, a_month, is_traced, log_days, memory_gb, scheduled

_GB: Final = 10**9

UNITS: Final = 1
"""The write units of a new item of up to 1 KB. Each index that contains the item costs as many more."""

Counted = Iterator[tuple[str, float, str]]


def lists(flow: Flow) -> Counted:
    """Yield the quantities of all stages of a flow's rows, each with its name and the name of its price."""
    for stage in (_table, _functions, _workflow, _files, _events, _observed, _exports):
        yield from stage(flow)


def _table(flow: Flow) -> Counted:
    yield "writes of rows", flow.rows * UNITS * units(flow.row.item_bytes), "write_unit"
    for name, size in index_bytes(flow.table, flow.row.item):
        yield f"writes of rows to the index {name}", flow.rows * units(size), "write_unit"
    yield "reads by the verification", flow.rows * flow.checks * assumed().lookup_units, "read_unit"
    yield "writes of lists' records", flow.changes, "write_unit"
    # The children of the validation and of the verification read the record too.
    read = flow.lists * assumed().list_reads + flow.ranges + flow.verified_parts
    yield "reads of lists' records", read, "read_unit"


def _functions(flow: Flow) -> Counted:
    calls, seconds = _calls(flow), _seconds(flow)
    yield "calls of functions", sum(calls.values()), "lambda_request"
    for name, duration in seconds.items():
        yield f"duration of {name}", duration * memory_gb(flow.function(name)), "lambda_gb_second"


def _calls(flow: Flow) -> Mapping[str, float]:
    children = _children(flow)
    steps = dict.fromkeys(("register_list", *children))
    calls = {name: flow.lists * flow.machine.calls(flow.function(name).arn) + children.get(name, 0) for name in steps}
    return {**calls, RELAY: flow.relayed, "measure_lists": flow.changes}


def _children(flow: Flow) -> Mapping[str, float]:
    """Return the number of children of each map, by the function that they call."""
    return {
        "validate_list": flow.ranges,
        flow.context.verification_step: flow.verified_parts,
        "import_list": flow.parts,
    }


def _seconds(flow: Flow) -> Mapping[str, float]:
    return {
        "register_list": flow.lists * assumed().call_seconds,
        "validate_list": flow.rows / assumed().validated_a_second + _joined_seconds(flow),
        flow.context.verification_step: flow.rows * flow.checks / assumed().read_a_second,
        "import_list": flow.rows / assumed().written_a_second,
        RELAY: flow.publishes * assumed().publish_seconds,
        "measure_lists": flow.changes * assumed().call_seconds,
    }


def _joined_seconds(flow: Flow) -> float:
    """Return the time of the calls that divide files into ranges and join the results, without the ranges."""
    size = flow.ranges * assumed().range_bytes
    return size / assumed().planned_bytes_a_second + bool(size) * flow.rows / assumed().merged_a_second


def _workflow(flow: Flow) -> Counted:
    machine = flow.machine
    of_children = sum(
        number * machine.transitions_a_child(flow.function(name).arn) for name, number in _children(flow).items()
    )
    yield "transitions of the workflow and its parts", flow.lists * machine.transitions + of_children, "transition"


def _files(flow: Flow) -> Counted:
    own = flow.lists * assumed().list_objects
    # A range has a result, and an object of the digests of its identities. A verified part has a result.
    results = flow.ranges * assumed().range_objects + flow.verified_parts
    yield "objects written", flow.parts + results + own, "s3_put"
    # Both the verification and the import read each part. The verification reads the progress of earlier tries.
    # A child reads its range, and the join reads the results of the ranges twice.
    yield "objects read", 3 * flow.parts + results + 2 * flow.ranges + own, "s3_get"
    if flow.graph.of("transfer/server"):
        yield "uploads over SFTP", flow.rows * flow.row.file_bytes / _GB, "sftp_data"
    if flow.graph.of("guardduty/malwareProtectionPlan"):
        yield "uploads scanned for malware", flow.rows * flow.row.file_bytes / _GB, "malware_data"
        yield "scans of files", flow.lists, "malware_object"


def _events(flow: Flow) -> Counted:
    requests = flow.row.requests_a_batch
    # The workflow publishes one event about each list.
    yield "batches of events published", flow.publishes * requests + flow.lists, "publish"
    received = (flow.rows + flow.lists) / assumed().messages_a_receive * flow.subscribers
    yield "subscribers' receives", received * requests, "queue_request"
    yield "subscribers' deletions", received, "queue_request"
    archived = (flow.rows + flow.lists) * flow.archives
    yield "events delivered to archives", archived, "archive_delivery"
    for price, what in _FIREHOSE.items():
        yield f"events {what} by Firehose", archived * flow.row.record_bytes / _GB, price


_FIREHOSE: Final = {
    "firehose_data": "ingested",
    "firehose_conversion": "converted",
    "firehose_partitioning": "partitioned",
}
"""What Firehose does with each event, by the name of the price."""


def logged_gb(flow: Flow) -> float:
    """Return the size of the rows' logs."""
    calls = sum(_calls(flow).values())
    bytes_of_lines = calls * assumed().log_bytes_a_call + flow.publishes * assumed().log_bytes_a_publish
    return (bytes_of_lines + flow.rows * assumed().log_bytes_an_event) / _GB


def _observed(flow: Flow) -> Counted:
    yield "logs", logged_gb(flow), "log_ingestion"
    if is_traced(flow.function(RELAY)):
        first = min(flow.relayed, flow.seconds)
        yield "traces of the relay", first + (flow.relayed - first) * assumed().traced, "trace"


_MONTH: Final = 30
_OVERHEAD: Final = 100
"""Bytes that DynamoDB adds to each item, and to each entry of an index (DynamoDB, "Item sizes and formats", and
"Using Global Secondary Indexes")."""


def storage(flow: Flow) -> Counted:
    """Yield the GB stored for a flow's rows, each with its name and the name of its price.

    Rows stay in the table. The files and logs of the rows of each month add up until they expire.
    """
    table = flow.rows * (flow.row.item_bytes + _OVERHEAD) / _GB
    yield "rows in the table", table, "table_storage"
    for name, size in index_bytes(flow.table, flow.row.item):
        yield f"rows in the index {name}", flow.rows * (size + _OVERHEAD) / _GB, "table_storage"
    # Billed by the table without global indexes, for any number of days (DynamoDB, "Enable point-in-time recovery").
    yield "point-in-time recovery of the table", table * _is_recoverable(flow), "recovery_storage"
    yield from _backups(flow, table)
    yield from _archive_storage(flow)
    if flow.context.has_lists:
        yield from _file_storage(flow)
        yield from _logs(flow)


def _is_recoverable(flow: Flow) -> bool:
    return bool(flow.table.inputs.get("pointInTimeRecovery", {}).get("enabled"))


def _backups(flow: Flow, table: float) -> Counted:
    """Yield the nightly backups. Each is a full copy (AWS Backup, "Feature availability by resource")."""
    for rule in (rule for plan in flow.graph.of("backup/plan") for rule in plan.inputs["rules"]):
        days = int(rule["lifecycle"]["deleteAfter"])
        yield f"{days} nightly backups", table * days, "backup_storage"
        for copy in rule.get("copyActions", ()):
            days = int(copy["lifecycle"]["deleteAfter"])
            yield f"{days} copies of backups", table * days, "backup_storage"


def _file_storage(flow: Flow) -> Counted:
    sizes = {"incoming/": ("lists", flow.row.file_bytes), "staging/": ("intermediate files", flow.row.staged_bytes)}
    for rules in (node.inputs["rules"] for node in flow.graph.of("s3/bucketLifecycleConfiguration")):
        for prefix, (what, size) in sizes.items():
            if days := _days(rules, prefix):
                yield f"{what}, stored for {days} days", flow.rows * size / _GB * days / _MONTH, "s3_storage"


def _archive_storage(flow: Flow) -> Counted:
    """Yield the events in archives, by their size as JSON. Parquet is smaller."""
    for rules in (node.inputs["rules"] for node in flow.graph.of("s3/bucketLifecycleConfiguration")):
        if days := _days(rules, "events/"):
            size = flow.rows * flow.row.event_bytes / _GB
            yield f"archived events, stored for {days} days", size * days / _MONTH, "s3_storage"


def _days(rules: list[Mapping[str, Any]], prefix: str) -> int:
    """Return the days until an object expires, and then its noncurrent version; 0 if it never expires."""
    current = [days for rule in rules if _prefix(rule) == prefix and (days := rule.get("expiration", {}).get("days"))]
    noncurrent = [
        rule["noncurrentVersionExpiration"]["noncurrentDays"]
        for rule in rules
        if prefix.startswith(_prefix(rule)) and "noncurrentVersionExpiration" in rule
    ]
    return int(min(current) + min(noncurrent, default=0)) if current else 0


def _prefix(rule: Mapping[str, Any]) -> str:
    condition = rule.get("filter", {})
    return condition.get("and", condition).get("prefix", "")


def _logs(flow: Flow) -> Counted:
    days = log_days(flow.graph, flow.function(RELAY))
    yield f"logs, stored for {days} days", logged_gb(flow) * days / _MONTH, "log_storage"


_READ_BYTES: Final = 4096
"""Bytes of a read unit of a consistent read. A scan sums up the sizes of the items of a page."""


def _exports(flow: Flow) -> Counted:
    """Yield the quantities of a file with all rows, for each export and each of its partners."""
    files = sum(len(export.partners) for export in flow.context.exports)
    if files:
        rows, size = files * flow.rows, files * flow.rows * flow.row.file_bytes
        yield "reads by exports", rows * flow.row.item_bytes / _READ_BYTES, "read_unit"
        function = flow.function(EXPORT_FILES)
        yield "duration of exports", rows / assumed().exported_a_second * memory_gb(function), "lambda_gb_second"
        yield "parts of exported files", size / PART_BYTES + 3 * files, "s3_put"
        # A record is begun, claimed and completed, and has its progress after each part.
        yield "writes of records of exported files", size / PART_BYTES + 6 * files, "write_unit"
        sent = {node.name.removeprefix("deliver-") for node in flow.graph.of("transfer/connector")}
        share = sum(partner in sent for export in flow.context.exports for partner in export.partners) / files
        if flow.graph.of("transfer/server") and share < 1:
            yield "downloads over SFTP", size * (1 - share) / _GB, "sftp_data"
        if share:
            yield "files sent to partners' servers", size * share / _GB, "connector_data"
            # The file, and its control file.
            yield "transfers to partners' servers", 2 * files * share, "connector_call"


_SWEEPER: Final = "sweep_uploads"

WRITTEN: Final[Mapping[str, tuple[Measure, ...]]] = {
    "watch_lists": (measures.OLDEST_UNFINISHED, measures.MAPPINGS_FAILING),
    "watch_mappings": (measures.MAPPINGS_FAILING,),
    _SWEEPER: (measures.UPLOADS_UNSEEN,),
    "meet_deadlines": (measures.OLDEST_DEADLINE,),
    EXPORT_FILES: (measures.OLDEST_UNPREPARED, measures.OLDEST_UNFETCHED),
}
"""The metrics that scheduled functions write even without traffic. CloudWatch bills a metric for each hour with a
write, which is every hour for these metrics."""


def idle(graph: Graph) -> Counted:
    """Yield the quantities of a month without traffic, each with its name and the name of its price."""
    yield from _permanent(graph)
    yield from _scheduled_calls(scheduled(graph))
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


def _scheduled_calls(schedules: list[Scheduled]) -> Counted:
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
        gigabytes = schedule.calls * assumed().log_bytes_a_call / _GB
        yield f"log of {schedule.name}", gigabytes, "log_ingestion"
        months = log_days(graph, schedule.function) / 30
        yield f"stored log of {schedule.name}", gigabytes * months, "log_storage"


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
        return "it is neither a rate nor a time of the day"
    return None
