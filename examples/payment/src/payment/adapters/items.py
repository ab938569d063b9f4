"""How the context's things look as DynamoDB items. Every item has one key attribute, ``pk``."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zlib import crc32

from ..domain.amounts import DECIMALS
from ..domain.lists import ListStatus, PinnedFile, ReceivedList
from ..domain.model import ID, REFERENCE, Payment, PaymentDetails, Status
from ..domain.rows import Fault
from .trace_context import from_traceparent

KEY: Final = "pk"
TRACEPARENT: Final = "traceparent"
PAYMENT: Final = "PAYMENT#"
LIST: Final = "LIST#"
REFERRED: Final = f"{REFERENCE.removesuffix('_id').upper()}#"
LIST_SHARD: Final = "list_shard"
STATUS_SHARD: Final = "status_shard"
SHARDS: Final = 16
"""Into how many partitions of an index the aggregates of one list, or of one status, are spread.

A partition takes 1,000 writes a second (AWS limit): without shards, an import would write all of its rows to one.
"""
_FIELDS: Final = PaymentDetails.model_fields
_SUFFIXES: Final = tuple(f"#{number:02d}" for number in range(SHARDS))


def shard(value: str, number: int) -> str:
    """Return an index's partition key: what is looked for, and one of its shards."""
    return value + _SUFFIXES[number]


def from_values(values: Mapping[str, Any], status: Status, version: int, list_id: str | None) -> dict[str, Any]:
    """Return an aggregate's item, made from its details as JSON values."""
    numbers = {name: Decimal(values[name]) for name in DECIMALS}
    item = {KEY: PAYMENT + values[ID], **values, **numbers, "status": status.value, "version": version}
    suffix = _SUFFIXES[crc32(values[ID].encode()) % SHARDS]
    item[STATUS_SHARD] = status.value + suffix
    if list_id is not None:
        item |= {"list_id": list_id, LIST_SHARD: list_id + suffix}
    return item


def from_payment(payment: Payment) -> dict[str, Any]:
    """Return an aggregate's item."""
    values = payment.details.model_dump(mode="json")
    return from_values(values, payment.status, payment.version, payment.list_id)


def to_payment(item: Mapping[str, Any]) -> Payment:
    """Read an aggregate's item."""
    details = {name: _plain(item[name]) for name in _FIELDS}
    status, version = Status(item["status"]), int(item["version"])
    return Payment(PaymentDetails.model_validate(details), status, version, item.get("list_id"))


def _plain(value: Any) -> Any:
    # DynamoDB may give 100 back as 1E+2, which is no amount as a partner writes one.
    return format(value, "f") if isinstance(value, Decimal) else value


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
    return item if received.reason is None else item | {"reason": received.reason}


def to_list(item: Mapping[str, Any]) -> ReceivedList:
    """Read a list's item."""
    file = PinnedFile(item["bucket"], item["key"], item["version_id"], int(item["size"]))
    counts = {name: int(item.get(name, 0)) for name in ("rows", "valid", "rejected")}
    context = from_traceparent(item.get(TRACEPARENT))
    return ReceivedList(
        file,
        item["execution"],
        ListStatus(item["status"]),
        item.get("reason"),
        **counts,
        traceparent=context.traceparent if context else None,
        rejections={Fault(name): int(rows) for name, rows in item.get("rejections", {}).items()},
        amounts=item.get("amounts", {}),
        received_at=datetime.fromisoformat(item["received_at"]),
    )
