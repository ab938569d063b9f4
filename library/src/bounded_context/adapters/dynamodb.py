"""Aggregates and lists in the table, one by one, through boto3."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from botocore.exceptions import ClientError

from ..application.ports import Fact
from ..domain.aggregate import Aggregate
from ..domain.errors import AlreadyExists, NotFound, VersionConflict
from ..domain.lists import ListStatus, PinnedFile, ReceivedList
from . import list_items
from .items import KEY, SCHEMA, TRACEPARENT, Items
from .trace_context import fresh_traceparent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

A = TypeVar("A", bound=Aggregate[Any, Any])

_ABSENT = f"attribute_not_exists({KEY})"

MOST_KEYS: Final = 100
"""The most that BatchGetItem takes."""


def _condition_failed(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException"


class AggregateTable(Generic[A]):
    """The aggregates, with optimistic concurrency on their version.

    A change leaves in place what this version of the context does not know of an item: it was written by a newer
    one, which runs beside this one in a release, or ran before a rollback.

    Each write keeps its ``traceparent`` with the item, for the event that the stream makes of it, and a change the name
    of the event's schema: a version that knows no such event relays it all the same. A removal writes nothing: its
    event has what the last write kept.
    """

    def __init__(self, items: Items[A], table: "Table", traceparent: Callable[[], str] = fresh_traceparent) -> None:
        self._items = items
        self._table = table
        self._traceparent = traceparent

    def get(self, identity: str) -> A:
        """Return it as it stands. Raises NotFound."""
        found = self._table.get_item(Key=self._items.key(identity), ConsistentRead=True)
        if "Item" not in found:
            raise NotFound(self._items.identity, identity)
        return self._items.to_aggregate(found["Item"])

    def add(self, aggregate: A) -> None:
        """Store a new one. Raises AlreadyExists."""
        try:
            item = self._items.from_aggregate(aggregate) | {TRACEPARENT: self._traceparent()}
            self._table.put_item(Item=item, ConditionExpression=_ABSENT)
        except ClientError as error:
            if _condition_failed(error):
                raise AlreadyExists(self._items.identity, aggregate.id) from error
            raise

    def save(self, aggregate: A) -> None:
        """Store the version after the stored one. Raises VersionConflict."""
        replaced = aggregate.version - 1
        told = {TRACEPARENT: self._traceparent(), SCHEMA: self._items.schema_of(aggregate.status)}
        item = self._items.from_aggregate(aggregate) | told
        gone = [name for name in self._items.attributes if name not in item]
        key = {KEY: item.pop(KEY)}
        try:
            self._table.update_item(Key=key, **_update(item, gone, replaced))
        except ClientError as error:
            raise self._conflict(error, aggregate.id, replaced) from error

    def remove(self, aggregate: A) -> None:
        """Remove exactly this version. Raises VersionConflict."""
        try:
            self._table.delete_item(
                Key=self._items.key(aggregate.id),
                ConditionExpression="version = :version",
                ExpressionAttributeValues={":version": aggregate.version},
            )
        except ClientError as error:
            raise self._conflict(error, aggregate.id, aggregate.version) from error

    def _conflict(self, error: ClientError, identity: str, version: int) -> Exception:
        return VersionConflict(self._items.identity, identity, version) if _condition_failed(error) else error


def _update(item: Mapping[str, Any], gone: Sequence[str], version: int) -> dict[str, Any]:
    """The parameters of UpdateItem that set these attributes and remove those, if the item is at this version."""
    # Numbers stand for names: many a field's name is a word of DynamoDB's.
    names = {name: f"#{number}" for number, name in enumerate((*item, *gone))}
    values = {name: f":{number}" for number, name in enumerate(item)}
    sets = ", ".join(f"{names[name]} = {values[name]}" for name in item)
    removes = f" REMOVE {', '.join(names[name] for name in gone)}" if gone else ""
    return {
        "UpdateExpression": f"SET {sets}{removes}",
        "ConditionExpression": f"{names['version']} = :replaced",
        "ExpressionAttributeNames": {short: name for name, short in names.items()},
        "ExpressionAttributeValues": {":replaced": version} | {short: item[name] for name, short in values.items()},
    }


class ListTable:
    """The record of every list received, with the ``traceparent`` of the call that registered it."""

    def __init__(self, table: "Table", traceparent: Callable[[], str] = fresh_traceparent) -> None:
        self._table = table
        self._traceparent = traceparent

    def register(self, received: ReceivedList) -> ReceivedList:
        """Record a list unless it is recorded; return the recorded one."""
        noted = {"received_at": datetime.now(UTC).isoformat(), TRACEPARENT: self._traceparent()}
        item = list_items.from_list(received) | noted
        try:
            self._table.put_item(Item=item, ConditionExpression=_ABSENT)
        except ClientError as error:
            if not _condition_failed(error):
                raise
        return self.get(received.list_id)

    def remember_broken(self, broken: PinnedFile, at: datetime) -> None:
        """Remember for 30 days that an upload broke off ``at`` a time, without recording a list."""
        self._table.put_item(Item=list_items.from_broken(broken, at))

    def broke_off_at(self, broken: PinnedFile) -> datetime | None:
        """Return when a broken upload was recorded or remembered, or None."""
        for kind in (list_items.LIST, list_items.BROKEN_UPLOAD):
            found = self._table.get_item(Key={KEY: kind + broken.list_id}, ConsistentRead=True)
            if "Item" in found:
                return datetime.fromisoformat(str(found["Item"]["received_at"]))
        return None

    def recorded(self, list_ids: Sequence[str]) -> set[str]:
        """Return those that are recorded. What was recorded just now may not show yet."""
        keys = [list_items.LIST + list_id for list_id in dict.fromkeys(list_ids)]
        found = {
            key for start in range(0, len(keys), MOST_KEYS) for key in self._present(keys[start : start + MOST_KEYS])
        }
        return {key.removeprefix(list_items.LIST) for key in found}

    def _present(self, keys: Sequence[str]) -> Iterator[str]:
        """Yield those keys of a batch that have an item, asking again for what DynamoDB had no time for."""
        name = self._table.name
        asked: Any = {name: {"Keys": [{KEY: key} for key in keys], "ProjectionExpression": KEY}}
        while asked:
            answer = self._table.meta.client.batch_get_item(RequestItems=asked)
            yield from (str(item[KEY]) for item in answer["Responses"].get(name, []))
            asked = answer.get("UnprocessedKeys")

    def get(self, list_id: str) -> ReceivedList:
        """Return the recorded list. Raises LookupError."""
        found = self._table.get_item(Key=self._key(list_id), ConsistentRead=True)
        if "Item" not in found:
            raise LookupError(f"list {list_id} is not recorded")
        return list_items.to_list(found["Item"])

    def progress(self, list_id: str, status: ListStatus, **facts: Fact) -> None:
        """Record how far a list has come, with counts such as ``rows``, ``valid`` and ``rejected``."""
        self._set(list_id, {"status": status.value, **facts})

    def refuse(self, list_id: str, reason: str, **facts: Fact) -> None:
        """Record that a list is being given up, and why; the first reason stays."""
        self._set(list_id, {"status": ListStatus.COMPENSATING.value, **facts}, once={"reason": reason})

    def part_imported(self, list_id: str, part: int) -> None:
        """Record that a part is written, once however often it is said."""
        self._add(list_id, "imported_parts", part)

    def part_undone(self, list_id: str, part: int) -> None:
        """Record that nothing of a part is left, once however often it is said."""
        self._add(list_id, "undone_parts", part)

    def _add(self, list_id: str, parts: str, part: int) -> None:
        # A set of part numbers, not a counter: a child that is tried again adds nothing.
        self._table.update_item(
            Key=self._key(list_id),
            UpdateExpression=f"ADD {parts} :part",
            ExpressionAttributeValues={":part": {part}},
        )

    def _set(self, list_id: str, facts: dict[str, Any], once: dict[str, str] | None = None) -> None:
        first = once or {}
        assignments = [f"#{name} = :{name}" for name in facts]
        assignments += [f"#{name} = if_not_exists(#{name}, :{name})" for name in first]
        everything = facts | first
        self._table.update_item(
            Key=self._key(list_id),
            UpdateExpression="SET " + ", ".join(assignments),
            ExpressionAttributeNames={f"#{name}": name for name in everything},
            ExpressionAttributeValues={f":{name}": value for name, value in everything.items()},
        )

    @staticmethod
    def _key(list_id: str) -> dict[str, str]:
        return {KEY: list_items.LIST + list_id}
