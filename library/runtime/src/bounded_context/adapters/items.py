"""The items of the table: aggregates and lists, the events of their changes, and aggregates by a common value.

Every item has one key attribute, ``pk``. Indexes of DynamoDB are eventually consistent: a write appears a moment later.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from zlib import crc32

from ..application.ports import Slice
from ..declaration.context import Context
from ..declaration.structure import DUE, INDEX_SHARDS, By
from ..domain import events
from ..domain.aggregate import Aggregate
from ..domain.events import accepted, epoch_of, from_traceparent
from ..domain.faults import Fault
from ..domain.fields import defaults, now, stamp
from ..domain.lists import Failure, ListStatus, PinnedFile, ReceivedList

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
    from mypy_boto3_dynamodb.service_resource import Table


A = TypeVar("A", bound=Aggregate[Any, Any])

KEY: Final = "pk"
TRACEPARENT: Final = "traceparent"
SCHEMA: Final = "dataschema"
"""The name of the schema of the event that reports an item's last change; for a new item, its creation."""

ETAG: Final = "etag"
"""A name of the item's state, new with each write of a command. Rows of a list have none before their first change.
Its first part stays until the item is removed (`Aggregate.incarnation`)."""
CREATED_AT: Final = "created_at"
CHANGED_AT: Final = "changed_at"
ERASED_AT: Final = "erased_at"
"""The time at which `context erase` replaced the item's personal data; absent before."""

COUNTS: Final = "child-counts"
"""The number of an aggregate's children by their name; absent without any."""
FAMILY: Final = "child-family"
"""A part of the keys of an aggregate's children; absent without any."""
LAST_CHILD: Final = "last-child"
"""The child that the last write added, by its name; absent after another write."""
HOPS: Final = "event-hops"
"""The number of reactions that led to an item's last change, if there was any."""

DASHED: Final = frozenset({COUNTS, FAMILY, LAST_CHILD, HOPS, DUE})
"""The attributes that depend on the declaration. No field has a dash in its name."""

LIST: Final = "LIST#"
"""The prefix of the key of each list's record."""

LIST_SHARD: Final = "list_shard"
STATUS_SHARD: Final = "status_shard"
_SUFFIXES: Final = tuple(f"#{number:02d}" for number in range(INDEX_SHARDS))


def shard_of(identity: str, shards: int = INDEX_SHARDS) -> int:
    """Return the number of an aggregate's shard in the indexes, from 0."""
    return crc32(identity.encode()) % shards


def shard(value: str, number: int) -> str:
    """Return an index's partition key: the value, and the number of a shard."""
    return value + _SUFFIXES[number]


class Items(Generic[A]):
    """The items of a context's aggregates. ``attributes`` are the names of all written attributes, except the key."""

    def __init__(self, context: Context[A]) -> None:
        self.prefix = context.key_prefix
        self.identity = context.identity
        self._deadlines = context.deadline_by_status
        self.attributes = (*context.attributes.values(), "status", "version", STATUS_SHARD, "list_id", LIST_SHARD)
        if context.reactions:
            self.attributes += (HOPS,)
        if context.children:
            self.attributes += (COUNTS, FAMILY, LAST_CHILD)
        if self._deadlines:
            self.attributes += (DUE,)
        self._times = tuple(name for name in (CREATED_AT, CHANGED_AT) if name not in self.attributes)
        self._aggregate = context.aggregate
        self._new = {context.attributes[name]: value for name, value in _without_none(defaults(context.state)).items()}
        self.context = context
        own = {KEY, TRACEPARENT, SCHEMA, ETAG, ERASED_AT, CREATED_AT, CHANGED_AT}
        self._known = {*own, *DASHED, *self.attributes}

    def times(self, at: datetime, *, created: bool = False) -> dict[str, str]:
        """Return the times of a write, as an item has them; a field of the context with such a name stays."""
        return {name: stamp(at) for name in self._times if created or name == CHANGED_AT}

    def key(self, identity: str) -> dict[str, str]:
        """Return an aggregate's key."""
        return {KEY: self.prefix + identity}

    def identity_of(self, key: str) -> str:
        """Return the identity of the aggregate with this key."""
        return key.removeprefix(self.prefix)

    def schema_of(self, aggregate: A) -> str:
        """Return the name of the schema of the event that reports the change of an aggregate."""
        commands = self.context.additions.values() if aggregate.added else ()
        added = (command.event for command in commands if command.child is aggregate.added)
        return self.context.schema_of(next(added, None) or self.context.event_by_status[aggregate.status])

    def child_key(self, aggregate: Aggregate[Any, Any], child: str, number: int) -> dict[str, str]:
        """Return the key of a child of an aggregate. An aggregate of the same identity later has another family."""
        return {KEY: f"{self.context.child_prefix(child)}{aggregate.id}#{aggregate.family}#{number}"}

    def child_keys(self, aggregate: Aggregate[Any, Any]) -> Iterator[dict[str, str]]:
        """Yield the keys of all children of an aggregate."""
        for child, count in aggregate.counts.items():
            yield from (self.child_key(aggregate, child, number) for number in range(1, count + 1))

    def from_child(self, aggregate: A) -> dict[str, Any]:
        """Return the item of the child that an aggregate adds."""
        [(name, child)] = aggregate.last_child.items()
        return self.child_key(aggregate, name, child["number"]) | child

    def from_values(
        self,
        values: Mapping[str, Any],
        status: StrEnum,
        version: int,
        list_id: str | None,
        stored: str = "",
        due: str = "",
    ) -> dict[str, Any]:
        """Return an aggregate's item, made from its attributes as JSON values. None is left out, and amounts are text.

        Fields of the state that are missing, as in the row of a list, have their defaults.
        A number in an item is therefore a whole number, and the type of a value is clear without its field. Values of
        names that this version does not know are kept as they are: a newer version has staged them. ``stored`` is the
        suffix of the item's index keys, which a change keeps, or empty for a new item. ``due`` is the time of a
        deadline that continues in the same status, or empty.
        """
        identity = values[self.identity]
        item = {
            KEY: self.prefix + identity,
            **self._new,
            **_without_none(values),
            "status": status.value,
            "version": version,
        }
        suffix = stored or _SUFFIXES[shard_of(identity, self.context.index_shards)]
        item[STATUS_SHARD] = status.value + suffix
        if list_id is not None:
            item |= {"list_id": list_id, LIST_SHARD: list_id + suffix}
        if self._deadlines and status.value in self._deadlines:
            item[DUE] = self.due_of(status.value, version, due)
        return item

    def due_of(self, status: str, version: int, stored: str = "") -> str:
        """Return the sort key of an item in a status with a deadline, which it enters now without a ``stored`` key."""
        from ..domain.deadlines import due_text, renewed

        return renewed(stored, version) if stored else due_text(now() + self._deadlines[status].after, version)

    def from_aggregate(self, aggregate: A) -> dict[str, Any]:
        """Return an aggregate's item."""
        status, version, list_id = aggregate.status, aggregate.version, aggregate.list_id
        # A change that adds a child stays in the status.
        due = aggregate.due if aggregate.previous_status == status else ""
        item = self.from_values(aggregate.stored, status, version, list_id, aggregate.shard, due)
        children = {COUNTS: aggregate.counts, FAMILY: aggregate.family, LAST_CHILD: aggregate.last_child}
        return item | {name: value for name, value in children.items() if value}

    def to_aggregate(self, item: Mapping[str, Any]) -> A:
        """Return the aggregate of an item. Unknown attributes are ignored; a missing attribute is the default."""
        kind = self._aggregate
        values = {name: _plain(value) for name, value in item.items()}
        details: Any = kind.details_type.model_validate_stored(values)
        status, metadata = kind.status_of(item["status"]), {"etag": item.get(ETAG, ""), "shard": _suffix(item)}
        for name in self._times:
            metadata[name] = datetime.fromisoformat(item[name]) if name in item else None
        if kind.state_type.model_fields:
            metadata["state"] = kind.state_type.model_validate_stored(values)
        if self._deadlines:
            metadata["due"] = item.get(DUE, "")
        if COUNTS in item:
            metadata["counts"] = {name: int(count) for name, count in item[COUNTS].items()}
            metadata["family"] = item[FAMILY]
            metadata["last_child"] = {name: child_values(child) for name, child in item.get(LAST_CHILD, {}).items()}
        return kind(details, status, int(item["version"]), item.get("list_id"), **metadata)

    def beyond(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return, as JSON values, the attributes of an aggregate that only a newer version knows."""
        return {
            name: int(value) if isinstance(value, Decimal) else value
            for name, value in item.items()
            if name not in self._known
        }


def child_values(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON values of a stored child."""
    return {name: int(value) if isinstance(value, Decimal) else value for name, value in item.items() if name != KEY}


def _without_none(values: Mapping[str, Any]) -> Mapping[str, Any]:
    # A fast path: most rows have every value, and an import has millions of rows.
    return {name: value for name, value in values.items() if value is not None} if None in values.values() else values


def _suffix(item: Mapping[str, Any]) -> str:
    return str(item.get(STATUS_SHARD, "")).removeprefix(item["status"])


def _plain(value: Any) -> Any:
    # DynamoDB may return 100 as 1E+2, which is not the form of a partner's number.
    return format(value, "f") if isinstance(value, Decimal) else value


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
        setting=item.get("setting", ""),
        waits_since=int(item.get("waits_since", 0)),
        decided_at=int(item.get("decided_at", 0)),
        decided_by=item.get("decided_by", ""),
        task_token=item.get("task_token", ""),
    )


def failure_key(list_id: str, step: str, part: int | None) -> str:
    """Return the key of the item with the last exception of a step, or of the import of a part."""
    return f"{FAILURE}{list_id}#{step}" + ("" if part is None else f"#{part}")


def _parts(item: Mapping[str, Any], name: str) -> frozenset[int]:
    return frozenset(int(part) for part in item.get(name, ()))


def _by_part(item: Mapping[str, Any], prefix: str) -> dict[int, int]:
    """Return the attributes of parts that have this prefix, by the parts' numbers."""
    return {int(name.removeprefix(prefix)): int(value) for name, value in item.items() if name.startswith(prefix)}


class Changes:
    """Builds the events of a context's aggregates.

    Fields that only a newer version knows are published unchanged. A newer version may run at the same time, or have
    run before a rollback.
    """

    def __init__(self, context: Context[Any]) -> None:
        self._context = context
        self._items: Items[Any] = Items(context)

    def of_record(self, record: "DynamoDBRecord") -> dict[str, Any]:
        """Return the event that publishes a committed change of an aggregate."""
        change = record.dynamodb
        if change is None:
            raise ValueError("a stream record without its change")
        time = datetime.fromtimestamp(change.approximate_creation_date_time or 0, UTC)
        number = events.sequence(str(change.sequence_number), epoch_of(record.event_source_arn or ""))
        return self._event(image_of(record), time, number, event_id=str(record.event_id), removed=_is_removal(record))

    def gone(self, record: "DynamoDBRecord") -> Aggregate[Any, Any] | None:
        """Return the aggregate that a record removes, if it had children."""
        image = image_of(record)
        return self._items.to_aggregate(image) if _is_removal(record) and COUNTS in image else None

    def _event(
        self, image: Mapping[str, Any], time: datetime, number: str, *, event_id: str, removed: bool = False
    ) -> dict[str, Any]:
        aggregate = self._items.to_aggregate(image)
        event_type, schema = self._type_and_schema(image, aggregate.status, removed=removed)
        child = aggregate.last_child if event_type in self._context.additions else {}
        return self._context.source.cloud_event(
            event_id,
            event_type,
            aggregate.id,
            time,
            {**self._context.payload(aggregate), **child, **self._items.beyond(image)},
            accepted(image.get(TRACEPARENT)),
            schema,
            sequence=number,
            **_erasure(image),
            **({"hops": int(image[HOPS])} if HOPS in image else {}),
        )

    def _type_and_schema(self, image: Mapping[str, Any], status: StrEnum, *, removed: bool) -> tuple[str, str | None]:
        """Return the type of the event for a change, and its schema if only a newer version knows the type."""
        if removed:
            return self._context.deletion_event, None
        if LAST_CHILD not in image and status in self._context.event_by_status:
            return self._context.event_by_status[status], None
        schema = image[SCHEMA]
        event_type = self._context.source.type_of(schema)
        # Another version may have written after the child was added: its event is the status's.
        if event_type in self._context.event_by_status.values():
            return self._context.event_by_status[status], None
        return event_type, None if event_type in self._context.additions else schema


def _erasure(image: Mapping[str, Any]) -> dict[str, str]:
    """Return the member of each event after `context erase`, from which subscribers delete the person's data."""
    return {"erasure": str(image[ERASED_AT])} if ERASED_AT in image else {}


def _is_removal(record: "DynamoDBRecord") -> bool:
    return record.get("eventName") == "REMOVE"


def image_of(record: "DynamoDBRecord") -> Mapping[str, Any]:
    """Return the item after a change; for a removal the old item, which the last write left."""
    change = record.dynamodb
    return (change and (change.old_image if _is_removal(record) else change.new_image)) or {}


def concerns_deadline_alone(record: "DynamoDBRecord") -> bool:
    """Return whether a change set or removed the time of a deadline, and nothing else: it has no event."""
    change = record.raw_event.get("dynamodb", {})
    old, new = change.get("OldImage"), change.get("NewImage")
    return bool(old and new) and old.get(DUE) != new.get(DUE) and {**old, DUE: None} == {**new, DUE: None}


def versions(context: Context[Any], event: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the events to publish for a change, made from its current event: one per published major version."""
    previous = context.previous_version
    return previous.events(event, context.source) if previous else (event,)


class AggregateShards(Generic[A]):
    """The aggregates of a list, in a status, or with a value, if the context has an index for it."""

    count = INDEX_SHARDS

    def __init__(self, items: Items[A], table: "Table") -> None:
        self._items = items
        self._table = table

    def of_list(self, list_id: str, number: int, after: str, most: int) -> Slice[A]:
        """Return at most ``most`` of a list's aggregates in a shard, from the identity after ``after``."""
        return self._read("by_list", LIST_SHARD, shard(list_id, number), after, most)

    def in_status(self, status: StrEnum, number: int, after: str, most: int) -> Slice[A]:
        """Return at most ``most`` aggregates in a status, of a shard, from the identity after ``after``."""
        return self._read("by_status", STATUS_SHARD, shard(status.value, number), after, most)

    def with_value(self, field: str, value: str, after: str, most: int) -> Slice[A]:
        """Return at most ``most`` aggregates with a value in a field, from the position after ``after``."""
        context = self._items.context
        key = context.stored_key(context.orders.get(field, field))
        by, attribute = (key, key.field) if isinstance(key, By) else (None, key)
        return self._read(context.index_of(field), attribute, value, after, most, by)

    def _read(self, index: str, attribute: str, value: str, after: str, most: int, by: By | None = None) -> Slice[A]:
        order, _, identity = after.rpartition(" ")
        key = self._items.key(identity) | ({by.order: order} if by else {})
        start: Any = {"ExclusiveStartKey": {attribute: value, **key}} if after else {}
        # Other functions read items without boto3.
        from boto3.dynamodb.conditions import Key

        condition = Key(attribute).eq(value)
        if not by:
            # A child of a version before a query, and any other item, may have the attribute.
            condition &= Key(KEY).begins_with(self._items.prefix)
        if by and by.newest_first:
            start["ScanIndexForward"] = False
        response = self._table.query(IndexName=index, KeyConditionExpression=condition, Limit=most, **start)
        last: Any = response.get("LastEvaluatedKey")
        read = [self._items.to_aggregate(item) for item in response["Items"]]
        return Slice(read, self._position(last, by) if last else None)

    def _position(self, key: Mapping[str, str], by: By | None) -> str:
        return (f"{key[by.order]} " if by else "") + self._items.identity_of(key[KEY])
