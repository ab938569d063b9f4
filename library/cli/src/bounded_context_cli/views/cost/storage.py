"""The storage of rows in a month: the table, its backups, the files of lists, and the logs."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .flow import RELAY, Flow
from .functions import log_days
from .per_million import logged_gb
from .row import index_bytes

_GB: Final = 10**9
_MONTH: Final = 30
_OVERHEAD: Final = 100
"""Bytes that DynamoDB adds to each item, and to each entry of an index (DynamoDB, "Item sizes and formats", and
"Using Global Secondary Indexes")."""

Counted = Iterator[tuple[str, float, str]]


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
    if flow.context.has_lists:
        yield from _files(flow)
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


def _files(flow: Flow) -> Counted:
    sizes = {"incoming/": ("lists", flow.row.file_bytes), "staging/": ("intermediate files", flow.row.staged_bytes)}
    for rules in (node.inputs["rules"] for node in flow.graph.of("s3/bucketLifecycleConfiguration")):
        for prefix, (what, size) in sizes.items():
            if days := _days(rules, prefix):
                yield f"{what}, stored for {days} days", flow.rows * size / _GB * days / _MONTH, "s3_storage"


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
