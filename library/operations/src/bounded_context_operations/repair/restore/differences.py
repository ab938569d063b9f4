"""The differences between the live table and the restored table, and the keys that change during a restore."""

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from hashlib import sha256
from threading import Event
from typing import TYPE_CHECKING, Any, Final, Literal

from bounded_context.adapters.items import CHANGED_AT, CREATED_AT, ETAG, FAMILY, KEY, LIST, SCHEMA, TRACEPARENT
from bounded_context.declaration.context import Context
from bounded_context.domain.lists import ListStatus
from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal
from bounded_context_cli.command.operation import Clock

from ..notation import Item, plain
from ..redrive.stream import shards
from .tables import KEYS, Tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_dynamodbstreams.literals import ShardIteratorTypeType


Kind = Literal["changed", "removed", "created"]
"""The difference since the time of the restore."""

_OF_A_WRITE: Final = {ETAG, FAMILY, TRACEPARENT, SCHEMA, CREATED_AT, CHANGED_AT, "version"}
"""The attributes that differ after each write, also of the same content."""

_BEAT_SECONDS: Final = 5.0

_CHUNKS: Final = 8
"""Chunks of keys that are read at the same time, and are in memory."""

_CLOSED: Final = {None, ListStatus.IMPORTED, ListStatus.REJECTED, ListStatus.FAILED}


@dataclass(frozen=True)
class Difference:
    """A key whose item differs: the live item and the restored item. None is an absent item."""

    key: str
    live: Item | None
    restored: Item | None

    @property
    def kind(self) -> Kind:
        """The difference since the time of the restore."""
        if self.live is None:
            return "removed"
        return "created" if self.restored is None else "changed"

    @property
    def is_list(self) -> bool:
        """Whether the item is the record of a list."""
        return self.key.startswith(LIST)

    @property
    def events(self) -> int:
        """The minimum of published events that the restored state lacks."""
        live, restored = (int(item.get("version", 1)) if item else 0 for item in (self.live, self.restored))
        return max(1, live - restored)


class Comparison:
    """The comparison of all aggregates, list records and stored answers of commands.

    - An aggregate differs if its content differs. A new version with the same content is no difference.
    - A list that is open in either table keeps its live record. Its rows are not removed, since its execution still
      imports or undoes them, or did so after the time of the restore.
    - A row is added only if its list is imported.
    - The record of a list that imported nothing stays.
    - A stored answer is deleted if it is later than the time of the restore: the command of a repeated request runs.

    `only` limits the comparison to the aggregates with the given identities. `beat` is called every some seconds.
    """

    def __init__(
        self, tables: Tables, context: Context[Any], beat: Callable[[], None], only: Set[str] | None = None
    ) -> None:
        self.tables, self.context, self._beat = tables, context, beat
        self.prefix = context.key_prefix
        self._answers = f"{context.name}."
        self._only = only
        self._lists: dict[str, tuple[str | None, str | None]] = {}
        self.open_lists: dict[str, Mapping[str, str]] = {}
        self.withheld, self.stays = set[str](), set[str]()

    def differing(self) -> Iterator[Set[str]]:
        """Yield the keys of the items that differ, some at a time. The segments of the tables are read in parallel."""
        if self._only is not None:
            yield {self.prefix + identity for identity in self._only}
            return
        number, stop = self.tables.segments(), Event()
        with ThreadPoolExecutor(number) as pool:
            tasks = {pool.submit(self.of_segment, segment, number, stop) for segment in range(number)}
            try:
                while tasks:
                    finished, tasks = wait(tasks, timeout=_BEAT_SECONDS, return_when=FIRST_COMPLETED)
                    self._beat()
                    yield set().union(*(segment.result() for segment in finished))
            finally:
                stop.set()

    def differences(self, keys: Collection[str]) -> Iterator[Difference]:
        """Yield the differences of items with the given keys. Reads the status of each list anew."""
        ordered = sorted(filter(self.is_selected, keys))
        chunks = [ordered[start : start + KEYS] for start in range(0, len(ordered), KEYS)]
        self._lists.clear()
        with ThreadPoolExecutor(_CHUNKS) as pool:
            for start in range(0, len(chunks), _CHUNKS):
                self._beat()
                for read in pool.map(self._read, chunks[start : start + _CHUNKS]):
                    yield from (restorable for difference in read if (restorable := self.restorable(difference)))

    @property
    def selection(self) -> str:
        """A digest of `only`; an empty string for all items."""
        return "" if self._only is None else sha256("\n".join(sorted(self._only)).encode()).hexdigest()

    def unknown(self) -> Iterator[str]:
        """Yield the identities of `only` that neither table has."""
        keys = sorted(self.prefix + identity for identity in self._only or ())
        for start in range(0, len(keys), KEYS):
            chunk, tables = keys[start : start + KEYS], self.tables
            known = tables.items(tables.live, chunk).keys() | tables.items(tables.restored, chunk).keys()
            yield from (key.removeprefix(self.prefix) for key in chunk if key not in known)

    def identity(self, difference: Difference) -> str:
        """Return the identity of an aggregate or of a list."""
        return difference.key.removeprefix(LIST if difference.is_list else self.prefix)

    def kind_of(self, difference: Difference) -> str:
        """Return the kind of a difference, for the counts: a kind of aggregates, or another kind of items."""
        if difference.is_list or self.is_answer(difference):
            return "lists" if difference.is_list else "answers"
        return difference.kind

    def is_answer(self, difference: Difference) -> bool:
        """Return whether the item is the stored answer of a command."""
        return difference.key.startswith(self._answers)

    def _read(self, keys: Sequence[str]) -> list[Difference]:
        live, restored = (self.tables.items(table, keys) for table in (self.tables.live, self.tables.restored))
        return [difference for key in keys if (difference := self.difference(key, live.get(key), restored.get(key)))]

    def of_segment(self, segment: int, of: int, stop: Event) -> Set[str]:
        """Return the keys of a segment whose items differ, until `stop` is set."""
        tables, keys = self.tables, set[str]()
        for page in tables.pages(tables.restored, (self.prefix, LIST), segment, of):
            live = tables.items(tables.live, list(page))
            keys.update(key for key, item in page.items() if self.difference(key, live.get(key), item))
            if stop.is_set():
                break
        for page in tables.pages(tables.live, (self.prefix, LIST, self._answers), segment, of):
            keys.update(page.keys() - tables.items(tables.restored, list(page)).keys())
            if stop.is_set():
                break
        return keys

    def is_selected(self, key: str) -> bool:
        """Return whether the item with this key is compared."""
        if self._only is not None:
            return key.startswith(self.prefix) and key.removeprefix(self.prefix) in self._only
        return key.startswith((self.prefix, LIST, self._answers))

    def difference(self, key: str, live: Item | None, restored: Item | None) -> Difference | None:
        """Return the difference of two items with this key, or None."""
        # Most items are equal in DynamoDB's notation. The elements of a set have no order there.
        if content(live, key) == content(restored, key):
            return None
        difference = Difference(key, live and plain(live), restored and plain(restored))
        is_stored = self.is_answer(difference) and restored is not None
        return None if is_stored or content(difference.live, key) == content(difference.restored, key) else difference

    def restorable(self, difference: Difference) -> Difference | None:
        """Return the part of a difference that a restore writes, or None."""
        if difference.is_list:
            is_imported = difference.live is not None and difference.live.get("status") == ListStatus.IMPORTED
            is_written = self.closed(self.identity(difference)) and (difference.kind != "created" or is_imported)
            return difference if is_written else None
        live, restored = (item.get("list_id") if item else None for item in (difference.live, difference.restored))
        if difference.kind == "changed" and live == restored:
            return difference if live is None or self._statuses(live)[0] in _CLOSED else None
        # Another change is the removal of an item, and the addition of another one.
        if live is not None and not self.closed(live):
            return None
        if restored is not None and not self.is_imported(restored):
            return Difference(difference.key, difference.live, None) if difference.live else None
        return difference

    def is_imported(self, list_id: str) -> bool:
        """Return whether a list has rows: by its live record, or by its restored record if the live one is missing."""
        live, restored = self._statuses(list_id)
        return (live or restored) in (None, ListStatus.IMPORTED)

    def closed(self, list_id: str) -> bool:
        """Return whether a list is closed in both tables, where they have it."""
        return _CLOSED.issuperset(self._statuses(list_id))

    def _statuses(self, list_id: str) -> tuple[str | None, str | None]:
        """Return the status of a list's live record and of its restored record, as read at the first call."""
        if list_id not in self._lists:
            tables, key = self.tables, LIST + list_id
            records = (tables.items(table, [key]).get(key, {}) for table in (tables.live, tables.restored))
            live, restored = map(plain, records)
            self._lists[list_id] = live.get("status"), restored.get("status")
        return self._lists[list_id]


def content(item: Item | None, key: str) -> Mapping[str, Any] | None:
    """Return the attributes of an item that a restore restores: all of a list record, the content of an aggregate."""
    if item is None or key.startswith(LIST):
        return item
    return {name: value for name, value in item.items() if name not in _OF_A_WRITE}


MARK: Final = "RESTORE-MARK#"
"""The prefix of the keys of marks. No aggregate has a dash in its prefix, and no reader of the stream gets marks."""

_PAUSE: Final = 0.25
"""Seconds between two calls for a shard. The functions of the stack read the same shards, which allow 5 calls a second
(AWS limit)."""

_ROUNDS: Final = 240
"""The rounds in which each shard must return a mark: a minute."""

_LIFE: Final = timedelta(days=1)
"""The life of a mark after the end of its process by kill -9, which deletes no mark."""


class Changes:
    """The keys of all items that were written after `begin`.

    A page of a stream may be empty although its shard has more records, and no answer tells how far behind a page is
    (DynamoDB API reference, GetRecords). So the class writes marks into the table. A shard has its changes in their
    order: with a mark, it has returned all earlier changes. The keys of marks are random, so each shard gets one.
    `beat` is called in each round.
    """

    def __init__(
        self,
        dynamodb: "DynamoDBClient",
        streams: "DynamoDBStreamsClient",
        table: str,
        clock: Clock,
        beat: Callable[[], None],
    ) -> None:
        self._dynamodb, self._streams, self._table = dynamodb, streams, table
        self._clock, self._beat = clock, beat
        self._iterators: dict[str, str] = {}
        self._known, self._keys = set[str](), set[str]()

    def begin(self) -> None:
        """Read from the present on. Raises Refusal if the stream does not return its latest changes."""
        self._open("LATEST")
        self.keys()

    def read(self) -> None:
        """Read a page of each shard: an iterator expires after 15 minutes (DynamoDB API reference, GetRecords)."""
        for shard in tuple(self._iterators):
            self._read(shard)

    def keys(self) -> Set[str]:
        """Return the keys of all items that were written before this call. Raises Refusal as `begin`."""
        mark, marks = f"{MARK}{secrets.token_hex(8)}#", list[str]()
        self._open("TRIM_HORIZON")
        unread = set(self._iterators)
        try:
            for _ in range(_ROUNDS):
                if not unread:
                    return self._keys
                marks += [self._write(f"{mark}{len(marks) + number}") for number in range(len(unread))]
                self._clock.sleep(_PAUSE)
                self._beat()
                unread = {shard for shard in unread if not self._read(shard, mark)} | self._open("TRIM_HORIZON")
            raise Refusal("The table's stream does not return its latest changes: run the command again.")
        finally:
            with suppress(*AWS_ERRORS):
                for key in marks:
                    self._dynamodb.delete_item(TableName=self._table, Key={KEY: {"S": key}})

    def _open(self, position: "ShardIteratorTypeType") -> set[str]:
        """Open each new shard that is not closed, or that was closed after `begin`; return their ids."""
        opened = set[str]()
        for shard, is_closed in shards(self._streams, self._arn):
            if shard not in self._known and not (is_closed and position == "LATEST"):
                place: Any = {"StreamArn": self._arn, "ShardId": shard, "ShardIteratorType": position}
                self._iterators[shard] = self._streams.get_shard_iterator(**place).get("ShardIterator", "")
                opened.add(shard)
            self._known.add(shard)
        return opened

    def _read(self, shard: str, mark: str = "-") -> bool:
        """Read a page; return whether it has the mark, or whether the shard is closed and read to its end."""
        page = self._streams.get_records(ShardIterator=self._iterators.pop(shard))
        records: Any = page["Records"]
        keys = {record["dynamodb"]["Keys"][KEY]["S"] for record in records}
        self._keys |= keys
        if following := page.get("NextShardIterator"):
            self._iterators[shard] = following
        return not following or any(key.startswith(mark) for key in keys)

    def _write(self, key: str) -> str:
        """Write a mark."""
        expires = int((self._clock.now() + _LIFE).timestamp())
        self._dynamodb.put_item(TableName=self._table, Item={KEY: {"S": key}, "expires_at": {"N": str(expires)}})
        return key

    @cached_property
    def _arn(self) -> str:
        return self._dynamodb.describe_table(TableName=self._table)["Table"].get("LatestStreamArn", "")
