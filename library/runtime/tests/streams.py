"""Changes of items as the table's stream sends them, and lists' records in the table."""

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from bounded_context.adapters import items
from bounded_context.domain.lists import ListStatus, PinnedFile, ReceivedList

_RECORD = json.loads((Path(__file__).parent / "events" / "stream_insert.json").read_text())
ARRIVED = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
Item = dict[str, Any]


def change(before: Item | None, after: Item | None, number: int = 1, time: datetime = ARRIVED) -> dict[str, Any]:
    """Return the record of a change; None is what was not there before, or is not there any more."""
    record = copy.deepcopy(_RECORD)
    images = {"OldImage": before, "NewImage": after}
    for name, item in images.items():
        record["dynamodb"].pop(name, None)
        if item is not None:
            record["dynamodb"][name] = {key: TypeSerializer().serialize(value) for key, value in item.items()}
    record["dynamodb"] |= {"SequenceNumber": str(1000 + number), "ApproximateCreationDateTime": time.timestamp()}
    name = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
    return record | {"eventName": name, "eventID": f"event-{number}"}


def list_item(status: ListStatus = ListStatus.REGISTERED, version: str = "v1", **facts: Any) -> Item:
    """Return a list's record as it is in the table."""
    received = ReceivedList(PinnedFile("inbox", "incoming/acme/x.csv", version, 42), "run-1", status)
    return items.from_list(received) | {"received_at": ARRIVED.isoformat(), **facts}


def closing(status: ListStatus, seconds: float = 60, **facts: Any) -> dict[str, Any]:
    """Return the record of the change that closes a list, so long after its arrival."""
    before = ListStatus.IMPORTING if status is ListStatus.IMPORTED else ListStatus.COMPENSATING
    return change(list_item(before, **facts), list_item(status, **facts), time=ARRIVED + timedelta(seconds=seconds))
