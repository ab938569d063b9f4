"""The DynamoDB items of lists' records."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ..domain.events import from_traceparent
from ..domain.failures import Failure
from ..domain.faults import Fault
from ..domain.lists import ListStatus, PinnedFile, ReceivedList
from .items import KEY, LIST, TRACEPARENT

UNTIL: Final = "until_"
"""The prefix of the attribute with the time until which an invocation may write a part; the part's number follows."""
ROWS: Final = "rows_"
"""The prefix of the attribute that counts the written rows of a part."""

BROKEN_UPLOAD: Final = "BROKEN-UPLOAD#"
"""The prefix of the key of each item that remembers a broken upload. No aggregate has a dash in its prefix, and no
reader of the stream gets such items."""

BROKEN_UPLOAD_SECONDS: Final = 30 * 24 * 60 * 60
"""The time for which a broken upload is remembered: the retention of replaced versions in the inbox. A dead-letter
queue keeps an event that may still name the file for 14 days."""

RUN: Final = "LIST-RUN#"
"""The prefix of the key of each item that names the list of an execution. No aggregate has a dash in its prefix, and no
reader of the stream gets such items."""

RUN_SECONDS: Final = 30 * 24 * 60 * 60
"""The time for which the list of an execution is stored. An execution is redriven within 14 days (Step Functions
Developer Guide, "Redriving executions"), and runs for a day."""

FAILURE: Final = "LIST-FAILURE#"
"""The prefix of the key of each item with the exception of a step's call. It is stored as long as an execution can be
redriven. No aggregate has a dash in its prefix, and no reader of the stream gets such items."""

_FAILURE_BEFORE_0_4: Final = "a technical failure: nothing of the list was kept, and it can be sent again"
"""The reason by which versions before 0.4.0 recorded a technical failure; their records have no ``failed``."""

_FAULTS: Final = frozenset(Fault)


def from_list(received: ReceivedList) -> dict[str, Any]:
    """Return a list's item as it is first recorded."""
    file = received.file
    item = {
        KEY: LIST + received.list_id,
        "list_id": received.list_id,
        "status": received.status.value,
        "execution": received.execution,
        "partner": file.partner,
        "bucket": file.bucket,
        "key": file.key,
        "version_id": file.version_id,
        "size": file.size,
    }
    waiting = {"awaits_scan": True} if received.awaits_scan else {}
    refused = {} if received.reason is None else {"reason": received.reason, "code": received.code}
    return item | waiting | refused


def from_broken(broken: PinnedFile, at: datetime) -> dict[str, Any]:
    """Return the item that remembers a broken upload, until it expires."""
    expires_at = int(at.timestamp()) + BROKEN_UPLOAD_SECONDS
    return {KEY: BROKEN_UPLOAD + broken.list_id, "received_at": at.isoformat(), "expires_at": expires_at}


def from_run(execution: str, list_id: str, at: datetime) -> dict[str, Any]:
    """Return the item that names the list of an execution."""
    return {KEY: RUN + execution, "list_id": list_id, "expires_at": int(at.timestamp()) + RUN_SECONDS}


def to_list(item: Mapping[str, Any]) -> ReceivedList:
    """Return the list of an item. Unknown attributes and unknown faults are ignored."""
    file = PinnedFile(item["bucket"], item["key"], item["version_id"], int(item["size"]))
    counts = {name: int(item.get(name, 0)) for name in ("rows", "valid", "rejected", "parts")}
    context = from_traceparent(item.get(TRACEPARENT))
    return ReceivedList(
        file,
        item["execution"],
        ListStatus(item["status"]),
        item.get("reason"),
        **counts,
        traceparent=context.traceparent if context else None,
        rejections={Fault(name): int(rows) for name, rows in item.get("rejections", {}).items() if name in _FAULTS},
        amounts=item.get("amounts", {}),
        received_at=datetime.fromisoformat(item["received_at"]),
        undone_parts=_parts(item, "undone_parts"),
        imported_parts=_parts(item, "imported_parts"),
        staged=item.get("staged"),
        verified=item.get("verified"),
        writers=_by_part(item, UNTIL),
        written=_by_part(item, ROWS),
        failed=item.get("failed", item.get("reason") == _FAILURE_BEFORE_0_4),
        failure=Failure.of(item.get("failure")),
        awaits_scan=item.get("awaits_scan", False),
        scan=item.get("scan"),
        code=item.get("code", ""),
    )


def failure_key(list_id: str, step: str, part: int | None) -> str:
    """Return the key of the item with the last exception of a step, or of the import of a part."""
    return f"{FAILURE}{list_id}#{step}" + ("" if part is None else f"#{part}")


def _parts(item: Mapping[str, Any], name: str) -> frozenset[int]:
    return frozenset(int(part) for part in item.get(name, ()))


def _by_part(item: Mapping[str, Any], prefix: str) -> dict[int, int]:
    """Return the attributes of parts that have this prefix, by the parts' numbers."""
    return {int(name.removeprefix(prefix)): int(value) for name, value in item.items() if name.startswith(prefix)}
