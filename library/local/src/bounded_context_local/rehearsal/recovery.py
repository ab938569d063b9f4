"""The recovery of a context in another region: the backup's copy, the acknowledged commands, and the checks."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from boto3.dynamodb.types import TypeDeserializer

from bounded_context.adapters.items import COUNTS, ETAG, KEY, LIST, TRACEPARENT, Items
from bounded_context.declaration.context import Context
from bounded_context.domain.events import order_key
from bounded_context.domain.lists import ListStatus
from bounded_context_operations.repair.restore.filling import is_child, is_of_the_lost

from ..emulator.aws import Aws

Item = Mapping[str, Any]

_BATCH: Final = 25
"""Items of a request (DynamoDB API reference, BatchWriteItem)."""

_FINAL: Final = (ListStatus.IMPORTED, ListStatus.REJECTED, ListStatus.FAILED)


def items_of(aws: Aws, table: str) -> dict[str, Item]:
    """Return all items of a table by their keys, in DynamoDB's notation."""
    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return {item[KEY]["S"]: item for page in pages for item in page["Items"]}


def plain(item: Item) -> dict[str, Any]:
    """Return an item with Python values."""
    read = TypeDeserializer().deserialize
    return {name: read(value) for name, value in item.items()}


@dataclass(frozen=True)
class BackupCopy:
    """The stand-in of a copy that AWS Backup has made in another region: the items of the table.

    `began` is the time before the first read, in seconds since 1970. All earlier writes are in the copy.
    """

    began: float
    items: Mapping[str, Item]

    @classmethod
    def of(cls, aws: Aws, table: str) -> "BackupCopy":
        """Copy a table."""
        began = time.time()
        return cls(began, items_of(aws, table))

    def restore(self, aws: Aws, table: str) -> None:
        """Restore the copy to a new table."""
        keys = {"AttributeName": KEY, "KeyType": "HASH"}, {"AttributeName": KEY, "AttributeType": "S"}
        described = {"KeySchema": [keys[0]], "AttributeDefinitions": [keys[1]], "BillingMode": "PAY_PER_REQUEST"}
        aws.call("dynamodb", "create_table", TableName=table, **described)
        puts = [{"PutRequest": {"Item": item}} for item in self.items.values()]
        for start in range(0, len(puts), _BATCH):
            aws.call("dynamodb", "batch_write_item", RequestItems={table: puts[start : start + _BATCH]})

    def open_lists(self) -> set[str]:
        """Return the ids of the lists whose import was in progress."""
        lists = {key: plain(item) for key, item in self.items.items() if key.startswith(LIST)}
        return {key.removeprefix(LIST) for key, item in lists.items() if item["status"] not in _FINAL}

    def missing(self, context: Context[Any], table: Mapping[str, Item]) -> list[str]:
        """Return the keys of the items that a table lacks or has with other contents, although it could use them."""
        items, open_lists = Items(context), self.open_lists()
        expected = list[str]()
        for key, item in self.items.items():
            is_own = key.startswith(context.key_prefix)
            is_open = key.removeprefix(LIST) in open_lists or (is_own and plain(item).get("list_id") in open_lists)
            if is_open or is_child(context, key) or is_of_the_lost(key, plain(item)):
                continue
            expected.append(key)
            if is_own and COUNTS in item:
                expected += [child[KEY] for child in items.child_keys(items.to_aggregate(plain(item)))]
        return [key for key in expected if key in self.items and _stored(self.items[key]) != _stored(table.get(key))]


def _stored(item: Item | None) -> Item | None:
    """Return an item without its etag, and the place of its write in a trace."""
    return item and {name: value for name, value in item.items() if name not in (ETAG, TRACEPARENT)}


@dataclass(frozen=True)
class Acknowledged:
    """A command that was answered, at a time in seconds since 1970. `version` is that of its aggregate afterwards."""

    function: str
    identity: str
    version: int
    message: Mapping[str, Any]
    answer: Any
    at: float

    def is_lost(self, context: Context[Any], table: Mapping[str, Item]) -> bool:
        """Return whether a table has no state of the aggregate with this command."""
        item = table.get(context.key_prefix + self.identity)
        return item is None or int(item["version"]["N"]) < self.version


def projection(events: Iterable[Mapping[str, Any]], context: Context[Any], epoch: int) -> dict[str, Any]:
    """Return a subscriber's copy: the data of the newest event of each aggregate, without deleted aggregates.

    Aggregates whose newest event has an earlier epoch were lost with the region. The subscriber deletes them.
    """
    newest: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for event in events:
        if event["type"] in context.changes:
            order = order_key(event["id"], event["sequence"], None)
            newest[event["subject"]] = max(newest.get(event["subject"], ("", {})), (order, event), key=itemgetter(0))
    kept = {subject: event for subject, (_, event) in newest.items() if event["sequence"] >= f"{epoch:04d}"}
    return {subject: event["data"] for subject, event in kept.items() if event["type"] != context.deletion_event}


def expected_projection(table: Mapping[str, Item], context: Context[Any]) -> dict[str, Any]:
    """Return the copy that each subscriber must have of a table."""
    own = (plain(item) for key, item in table.items() if key.startswith(context.key_prefix))
    aggregates = map(Items(context).to_aggregate, own)
    return {aggregate.id: context.payload(aggregate) for aggregate in aggregates}


@dataclass(frozen=True)
class ListAgain:
    """A list that was open in the copy, and that the partner has sent again to the new address.

    `rows` are the rows of the file, `imported` the aggregates of its new list. `doubled` are the aggregates that an
    earlier list has added when it came again.
    """

    outcome: str
    rows: int
    imported: int
    doubled: int


@dataclass(frozen=True)
class Recovered:
    """The result of the rehearsal.

    - `seconds` are the times from the kill until each step was over.
    - `before_the_copy` is the number of lost commands that were answered before the copy began.
    - `repeated` has the results of repetitions: of a command that the copy has, perhaps of one that ran `during` the
      copy, and of one that was lost.
    - `unfetched` is the number of exported files that no partner had fetched. The standby has not written `unwritten`
      of these again.
    """

    regions: Sequence[str]
    copied: int
    recovery_point: float
    seconds: Mapping[str, float]
    acknowledged: int
    lost: int
    before_the_copy: int
    missing: Sequence[str]
    reported: Mapping[str, Any]
    open_lists: int
    repeated: Mapping[str, str]
    wrong_projections: Mapping[str, int]
    again: ListAgain | None
    unfetched: int = 0
    unwritten: int = 0

    def problems(self) -> list[str]:
        """Return a sentence for each difference from the expected result."""
        same = "the same answer"
        expected: dict[str, tuple[object, object]] = {
            "the restore": (self.reported.get("result"), "restored"),
            "the number of open lists that it reported": (len(self.reported.get("open_lists", ())), self.open_lists),
            "items of the copy that are missing": (len(self.missing), 0),
            "lost commands that were answered before the copy": (self.before_the_copy, 0),
            "whether commands after the copy were lost": (self.lost > 0, True),
            "a repeated command whose answer the copy has": (self.repeated["copied"], same),
            "a repeated command of the time of the copy": (self.repeated.get("during", same), same),
            "a repeated command that was lost": (self.repeated["lost"], "executed"),
            "aggregates that subscribers have otherwise": (sum(self.wrong_projections.values()), 0),
            "exported files that are not written again": (self.unwritten, 0),
        }
        if self.again:
            expected |= {
                "whether a list was open in the copy": (self.open_lists > 0, True),
                "the list that was sent again": (self.again.outcome, str(ListStatus.IMPORTED)),
                "its imported rows": (self.again.imported, self.again.rows),
                "aggregates that an earlier list has doubled": (self.again.doubled, 0),
            }
        wrong = [
            f"{name}: {actual}, not {required}." for name, (actual, required) in expected.items() if actual != required
        ]
        return wrong + [f"missing: {key}" for key in self.missing[:5]]

    def as_json(self) -> dict[str, Any]:
        """Return the result in the form that `--json` prints."""
        return {
            "regions": list(self.regions),
            "copied": self.copied,
            "recovery_point_seconds": round(self.recovery_point, 1),
            "recovery_seconds": {name: round(seconds, 1) for name, seconds in self.seconds.items()},
            "acknowledged": self.acknowledged,
            "lost": self.lost,
            "lost_before_the_copy": self.before_the_copy,
            "missing": len(self.missing),
            "restored": self.reported.get("counts"),
            "open_lists": self.open_lists,
            "repeated": dict(self.repeated),
            "wrong_projections": dict(self.wrong_projections),
            "list": vars(self.again) if self.again else None,
            "unfetched_files": self.unfetched,
            "unwritten_files": self.unwritten,
            "problems": self.problems(),
        }
