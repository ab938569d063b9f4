"""Aggregates in the table, one by one, through boto3, with the idempotency key of the running command.

An attempt that repeats a command recognises the effect of an earlier attempt, whose function ended before its answer.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from botocore.exceptions import ClientError

from ..domain.aggregate import Aggregate, AlreadyExists, NotFound, VersionConflict
from ..domain.children import PAGE
from ..domain.events import fresh_traceparent
from ..domain.fields import now
from .conditional import condition_failed, conditionally, despite_conflicts, is_throttling, patiently, read_batch
from .items import ETAG, HOPS, KEY, LIST, SCHEMA, TRACEPARENT, Items, child_values

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


CHILD_ADDED: Final = "CHILD-ADDED#"
"""The prefix of the key of each item that remembers the child of a command. No aggregate has a dash in its prefix."""
_REMEMBERED_SECONDS: Final = 24 * 60 * 60
"""The time for which the child of a command is remembered: that of its answer (`bounded_context.handlers.commands`)."""

_DIGITS: Final = 16
"""Hexadecimal digits of a command's digest, and of the random part of a write's name."""


class Done(Exception):
    """An earlier attempt has run this command: ``aggregate`` is its effect, as stored."""

    def __init__(self, aggregate: Aggregate[Any, Any]) -> None:
        super().__init__("an earlier attempt has run this command")
        self.aggregate = aggregate


@dataclass(frozen=True)
class _Attempt:
    """An attempt of a command: its aggregate's identity, its digest, and the names of the attempt's own writes."""

    identity: str
    digest: str
    written: set[str] = field(default_factory=set)


_current: Final[ContextVar[_Attempt | None]] = ContextVar("attempt", default=None)


@contextmanager
def attempt(identity: str, *command: Any) -> Iterator[None]:
    """Add the digest of a command to its writes. ``command`` is the command's name, key and payload as JSON values.

    Only the effect on the aggregate ``identity`` is recognised.
    """
    text = json.dumps(command, sort_keys=True, default=str)
    token = _current.set(_Attempt(identity, sha256(text.encode()).hexdigest()[:_DIGITS]))
    try:
        yield
    finally:
        _current.reset(token)


_hops: Final[ContextVar[int]] = ContextVar("hops", default=0)


@contextmanager
def hopping(hops: int) -> Iterator[None]:
    """Store the number of reactions that led to the writes of a block, for their events."""
    token = _hops.set(hops)
    try:
        yield
    finally:
        _hops.reset(token)


def fresh_name() -> str:
    """Return the name of a write: random digits, after the digest of the command that runs under a key."""
    running, name = _current.get(), secrets.token_hex(_DIGITS // 2)
    if running is None:
        return name
    name = running.digest + name
    running.written.add(name)
    return name


def effect_name() -> str | None:
    """Return the name of the latest write of the command that runs under a key: each attempt has the same."""
    running = _current.get()
    return f"{running.digest}.{len(running.written)}" if running else None


def is_earlier(identity: str, name: str) -> bool:
    """Return whether an earlier attempt of the command on this aggregate made the write of this name."""
    running = _current.get()
    if running is None or running.identity != identity or len(name) != 2 * _DIGITS:
        return False
    return name.startswith(running.digest) and name not in running.written


A = TypeVar("A", bound=Aggregate[Any, Any])

ABSENT: Final = f"attribute_not_exists({KEY})"
"""The condition that no item has the key."""


def _next_etag(aggregate: Aggregate[Any, Any]) -> str:
    return f"{aggregate.incarnation}.{fresh_name()}"


class AggregateTable(Generic[A]):
    """The aggregates, with optimistic concurrency on their version and on the name of their state, the ``etag``.

    Versions start at 1 again after a removal. The etag keeps a command on the removed aggregate from its successor. It
    begins with the name of the incarnation (`Aggregate.incarnation`), which callers see in tags. Rows of lists have no
    etag before their first change: the id of their list is compared instead.

    A write whose answer was lost is sent again by botocore, and its own effect fails its condition. The etag of the
    item distinguishes a write's own effect from another's. It also has the digest of the command's idempotency key
    (`bounded_context.adapters.dynamodb`): an attempt that finds the effect of an earlier attempt raises Done.

    A change leaves attributes in place that this version of the context does not know. A newer version wrote them,
    which runs at the same time in a release, or ran before a rollback.

    Each write stores its ``traceparent`` with the item, for the event that the stream makes of it. A change also stores
    the name of the event's schema: a version that does not know the event can then publish it. A removal stores no
    attributes: its event has the values of the last write.
    """

    def __init__(self, items: Items[A], table: "Table", traceparent: Callable[[], str] = fresh_traceparent) -> None:
        self._items = items
        self._table = table
        self._traceparent = traceparent

    def get(self, identity: str) -> A:
        """Return the aggregate as stored. Raises Done, NotFound."""
        response = self._table.get_item(Key=self._items.key(identity), ConsistentRead=True)
        if "Item" not in response:
            raise NotFound(self._items.identity, identity)
        aggregate = self._items.to_aggregate(response["Item"])
        if is_earlier(identity, (aggregate.etag or "").rpartition(".")[2]):
            raise Done(aggregate)
        return aggregate

    def add(self, aggregate: A) -> None:
        """Store a new aggregate. Raises AlreadyExists, Done."""
        etag, at = fresh_name(), now()
        metadata = {ETAG: etag, **self._items.times(at, created=True)}
        item = self._items.from_aggregate(aggregate) | self._caused() | metadata
        if not self._write(etag, self._table.put_item, Item=item, ConditionExpression=ABSENT):
            raise AlreadyExists(self._items.identity, aggregate.id)
        aggregate.stored_as(etag, at)

    def save(self, aggregate: A) -> None:
        """Store the version after the stored version. Raises VersionConflict."""
        etag, replaced, at = _next_etag(aggregate), aggregate.version - 1, now()
        metadata = {SCHEMA: self._items.schema_of(aggregate), ETAG: etag, **self._items.times(at)}
        item = self._items.from_aggregate(aggregate) | self._caused() | metadata
        removed = [name for name in self._items.attributes if name not in item]
        key, condition, values = {KEY: item.pop(KEY)}, *_unchanged(aggregate, replaced)
        change = {"Key": key, "ConditionExpression": condition, **_update(item, removed, values)}
        if aggregate.added:
            self._add_child(aggregate, change)
        elif not self._write(etag, self._table.update_item, **change):
            raise self._conflict(aggregate, replaced)
        aggregate.stored_as(etag, at)

    def remove(self, aggregate: A) -> None:
        """Remove exactly this version. Raises VersionConflict.

        A removed item has no etag to recognise. A transaction has a token, by which DynamoDB recognises a repeated
        request for 10 minutes (DynamoDB API reference, TransactWriteItems, ClientRequestToken).
        """
        condition, values = _unchanged(aggregate, aggregate.version)
        unchanged = {"ConditionExpression": condition, "ExpressionAttributeValues": values}
        delete = {"Key": self._items.key(aggregate.id), **unchanged}
        self._transact(aggregate, aggregate.version, ("Delete", delete))

    def _add_child(self, aggregate: A, change: Mapping[str, Any]) -> None:
        """Store a child with its aggregate. Raises Done, VersionConflict.

        An item remembers the child of a command for a day: another attempt detects it after later commands, too.
        """
        child, name = self._items.from_child(aggregate), effect_name()
        writes: list[tuple[str, Mapping[str, Any]]] = [("Update", change), ("Put", {"Item": child})]
        if name:
            own = {self._items.identity: aggregate.id, "child": child[KEY]}
            item = {KEY: CHILD_ADDED + name, **own, "expires_at": int(time.time()) + _REMEMBERED_SECONDS}
            writes.append(("Put", {"Item": item, "ConditionExpression": ABSENT}))
        try:
            self._transact(aggregate, aggregate.version - 1, *writes)
        except VersionConflict:
            if not (name and self._is_forgotten(aggregate, CHILD_ADDED + name)):
                raise
            self._transact(aggregate, aggregate.version - 1, *writes)

    def _is_forgotten(self, aggregate: A, key: str) -> bool:
        """Forget an earlier attempt's child that was removed since, as by a restore. Raises Done if it is there."""
        remembered = self._item(key)
        if remembered:
            child = self._item(remembered["child"])
            if child:
                last = dict.fromkeys(aggregate.last_child, child_values(child))
                raise Done(replace(self.get(aggregate.id), last_child=last))
            self._table.delete_item(Key={KEY: key})
        return bool(remembered)

    def _item(self, key: str) -> Mapping[str, Any]:
        return self._table.get_item(Key={KEY: key}, ConsistentRead=True).get("Item", {})

    def _transact(self, aggregate: A, version: int, *writes: tuple[str, Mapping[str, Any]]) -> None:
        """Make all writes or none, each by its kind. Raises VersionConflict: the aggregate has another version."""
        transact, token = self._table.meta.client.transact_write_items, secrets.token_hex(16)
        named: Any = [{kind: {"TableName": self._table.name, **write}} for kind, write in writes]
        try:
            despite_conflicts(lambda: transact(TransactItems=named, ClientRequestToken=token))
        except ClientError as error:
            raise self._conflict(aggregate, version) if condition_failed(error) else error from error

    def _caused(self) -> dict[str, str | int]:
        hops = _hops.get()
        return {TRACEPARENT: self._traceparent(), **({HOPS: hops} if hops else {})}

    def _write(self, etag: str, write: Callable[..., Any], **request: Any) -> bool:
        """Send a conditional write, and return whether it is in the table."""
        is_written, item = conditionally(write, **request)
        return is_written or self._is_there(etag, item)

    def _is_there(self, etag: str, item: Mapping[str, Any]) -> bool:
        """Return whether a refused write took effect. Raises Done if an earlier attempt has created the item.

        Another command may have changed a created item since. The item still names its incarnation.
        """
        stored_etag = str(item.get(ETAG, ""))
        incarnation = stored_etag.partition(".")[0]
        if stored_etag and is_earlier(self._items.identity_of(item[KEY]), incarnation):
            raise Done(self._items.to_aggregate(item))
        return etag in (stored_etag, incarnation)

    def _conflict(self, aggregate: A, version: int) -> VersionConflict:
        return VersionConflict(self._items.identity, aggregate.id, version)


def _unchanged(aggregate: Aggregate[Any, Any], version: int) -> tuple[str, dict[str, Any]]:
    """Return the condition that the item is still as it was read, and the condition's values."""
    values: dict[str, Any] = {":version": version}
    if aggregate.etag is None:
        return "version = :version", values
    if aggregate.etag:
        return "version = :version AND etag = :etag", values | {":etag": aggregate.etag}
    if aggregate.list_id is None:
        return "version = :version AND attribute_not_exists(etag) AND attribute_not_exists(list_id)", values
    condition = "version = :version AND attribute_not_exists(etag) AND list_id = :list_id"
    return condition, values | {":list_id": aggregate.list_id}


def _update(item: Mapping[str, Any], removed: Sequence[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of UpdateItem that set and remove the given attributes, with a condition's values."""
    # Numbers replace the names, since many field names are reserved words of DynamoDB.
    names = {name: f"#{number}" for number, name in enumerate((*item, *removed))}
    numbered = {name: f":{number}" for number, name in enumerate(item)}
    sets = ", ".join(f"{names[name]} = {numbered[name]}" for name in item)
    removes = f" REMOVE {', '.join(names[name] for name in removed)}" if removed else ""
    return {
        "UpdateExpression": f"SET {sets}{removes}",
        "ExpressionAttributeNames": {short: name for name, short in names.items()},
        "ExpressionAttributeValues": {**values} | {short: item[name] for name, short in numbered.items()},
    }


class ChildTable:
    """The children of aggregates, by the number of each: requests name all keys, so the table needs no index."""

    def __init__(self, items: Items[Any], table: "Table") -> None:
        self._items = items
        self._table = table

    def read(self, identity: str, child: str, after: int, most: int) -> tuple[list[dict[str, Any]], bool]:
        """Return at most ``most`` children after a number, at most `PAGE`, and whether there are more. Raises NotFound.

        Each is its JSON values, in the order of the numbers.
        """
        response = self._table.get_item(Key=self._items.key(identity), ConsistentRead=True)
        if "Item" not in response:
            raise NotFound(self._items.identity, identity)
        aggregate = self._items.to_aggregate(response["Item"])
        count = aggregate.counts.get(child, 0)
        numbers = range(after + 1, min(after + most, count) + 1)
        keys = [self._items.child_key(aggregate, child, number) for number in numbers]
        children = patiently(partial(read_batch, self._table, keys, ConsistentRead=True), is_throttling)
        return sorted(map(child_values, children), key=lambda values: values["number"]), after + most < count

    def remove_all(self, aggregate: Aggregate[Any, Any]) -> None:
        """Remove the children of an aggregate that was removed. A repeated call has no further effect."""
        keys = self._items.child_keys(aggregate)
        deletes: list[Any] = [{"Delete": {"TableName": self._table.name, "Key": key}} for key in keys]
        transact = self._table.meta.client.transact_write_items
        for start in range(0, len(deletes), PAGE):
            despite_conflicts(partial(transact, TransactItems=deletes[start : start + PAGE]))


class ListStates:
    """A reader of the status of lists' records."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def is_open(self, list_id: str) -> bool:
        """Return whether rows of the list may still be written or undone. A list without a record is not open."""
        # Most commands are not on a row of a list, and start sooner without this module.
        from ..domain.lists import ListStatus

        response = self._table.get_item(
            Key={KEY: LIST + list_id},
            ConsistentRead=True,
            ProjectionExpression="#status",
            ExpressionAttributeNames={"#status": "status"},
        )
        return "Item" in response and response["Item"]["status"] != ListStatus.IMPORTED
