"""A simulated stack of exports: the real code over a table and a bucket, whose requests may end a call.

A call ends before or after a request that a schedule chooses: the request has had its effect, or has not. Another call
may run from begin to end within a request, so that two calls overlap. Rows change between requests.

A partner may have an own server. A connector sends one file after the other, fails, or forgets a transfer. Its events
may be lost.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final, TypeVar
from unittest.mock import patch

from payment.context import PAYMENT

from bounded_context import Export
from bounded_context.adapters.exports import AggregateItems, ExportTable
from bounded_context.adapters.items import Items
from bounded_context.application import exports as application
from bounded_context.application.exports import Exports, UploadGone
from bounded_context.application.reading import FileSource
from bounded_context.domain import fields
from bounded_context.domain.exports import ExportFile, FileStatus, period_of
from bounded_context.domain.faults import ListFault
from bounded_context.domain.formats import PLAIN, FileFormat
from bounded_context.domain.rows import Record, Unreadable
from bounded_context.testing import Samples

from ..services.compared import Store
from ..services.dynamodb.service import Service
from ..services.dynamodb.table import SimTable
from ..services.plain_gate import PlainGate

T = TypeVar("T")

BEGIN: Final = datetime(2026, 12, 1, 18, tzinfo=UTC)
PERIOD: Final = timedelta(days=1)
QUARTER: Final = timedelta(minutes=15)
PARTNERS: Final = ("acme", "bank")
FIELDS: Final = ("payment_id", "amount", "payer")
_PLACES: Final = dict(zip(FIELDS, ("2-21", "22-41", "42-81"), strict=True))
_PATHS: Final = dict(zip(FIELDS, ("@id", "Amount", "Payer"), strict=True))
_TRAILER: Final = {"last": "T", "count": "last 2-9", "sum": "last 10-29", "of": "amount"}
_COLUMNS: Final = {"last": "T", "count": "last 3", "sum": "last 2", "of": "amount"}
_ELEMENTS: Final = {"count": "File/End/Count", "sum": "File/End/Sum", "of": "amount"}
FORMATS: Final = (
    FileFormat(delimiter=";", decimal=","),
    FileFormat(kind="fixed", decimal="implied", columns=_PLACES, record="D", control=_TRAILER),
    FileFormat(kind="xml", record="File/Batch/Row", columns=_PATHS, control=_ELEMENTS, compression="gzip"),
    FileFormat(kind="xlsx", header={"Amount": "amount"}, control=_COLUMNS),
    FileFormat(delimiter=";", compression="gzip", control={"first": "H", **_COLUMNS}),
)
"""The formats of the bank, of which a schedule has one. Its own count and sum are checked as the file is read."""
SAMPLES: Final = Samples(PAYMENT)
NAME: Final = "daily"
OWN_SERVER: Final = "acme"
"""The partner who may have an own server."""


class Killed(BaseException):
    """The runtime ends the call."""


class Clock:
    """The clock of a schedule."""

    def __init__(self) -> None:
        self.time = BEGIN

    def now(self) -> datetime:
        """Return the time."""
        return self.time


@dataclass
class Bucket:
    """S3's multipart uploads: a file appears as a whole, and a completed or aborted upload is unknown."""

    uploads: dict[str, dict[int, tuple[str, bytes]]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)
    begun: int = 0

    def begin(self, key: str) -> str:
        """Begin an upload."""
        self.begun += 1
        name = f"upload-{self.begun}"
        self.uploads[name], self.keys[name] = {}, key
        return name

    def part(self, key: str, upload: str, number: int, data: bytes) -> str:
        """Store a part, in place of an earlier part of this number."""
        if upload not in self.uploads or self.keys[upload] != key:
            raise UploadGone
        tag = f"tag-{number}-{hash(data)}"
        self.uploads[upload][number] = (tag, data)
        return tag

    def complete(self, key: str, upload: str, parts: Any) -> None:
        """Make the file of the parts."""
        if upload not in self.uploads:
            raise UploadGone
        stored = self.uploads[upload]
        numbers = [number for number, _ in parts]
        if numbers != sorted(set(numbers)) or any(stored.get(number, ("",))[0] != tag for number, tag in parts):
            raise UploadGone
        self.files[key] = b"".join(stored[number][1] for number in numbers)
        self.versions.append(key)
        del self.uploads[upload]

    def size(self, key: str) -> int | None:
        """Return the size of a file."""
        return len(self.files[key]) if key in self.files else None

    def write(self, key: str, data: bytes) -> None:
        """Store an object."""
        self.files[key] = data

    def abort_all(self) -> None:
        """Abort every upload, as the bucket's rule does after two days."""
        self.uploads.clear()


@dataclass
class Faults:
    """The share of requests at which a call ends, another call runs, or rows change."""

    kills: float = 0.0
    overlaps: float = 0.0
    changes: float = 0.0
    aborts: float = 0.0
    failures: float = 0.0
    lost: float = 0.0


@dataclass
class Transfer:
    """A transfer: its object, its end, and its outcome; None for a transfer that the connector forgets."""

    key: str
    end: datetime
    outcome: str | None
    ended: bool = False


class Connector:
    """Transfer's connector and the partner's own server. A file has its final name from its first byte on."""

    partners = (OWN_SERVER,)

    def __init__(self, world: "World") -> None:
        self._world = world
        self.transfers: list[Transfer] = []
        self.files: dict[str, bytes] = {}
        self.complete: set[str] = set()

    def send(self, partner: str, key: str) -> str:
        """Queue a transfer behind the others."""
        assert partner == OWN_SERVER, f"a file of {partner} is sent"
        assert key in self._world.bucket.files, f"{key} is sent before it is complete"
        random, now = self._world.random, self._world.clock.time
        begin = max([now, *(each.end for each in self.transfers)])
        failed = random.random() < self._world.faults.failures
        outcome = random.choice(("full: no space left", None)) if failed else ""
        seconds = random.choice((1, 30, 1_000, 4_000))
        self.transfers.append(Transfer(key, begin + timedelta(seconds=seconds), outcome))
        return str(len(self.transfers) - 1)

    def failure(self, partner: str, transfer: str) -> str | None:
        """Return the outcome of a transfer."""
        assert partner == OWN_SERVER
        sent = self.transfers[int(transfer)]
        if sent.end > self._world.clock.time:
            return None
        self.end()
        return f"the transfer {transfer} is unknown" if sent.outcome is None else sent.outcome

    def end(self) -> int:
        """Give the transfers that have ended their effect; return their number."""
        due = [each for each in self.transfers if not each.ended and each.end <= self._world.clock.time]
        for each in due:
            content = self._world.bucket.files[each.key]
            complete = each.outcome == "" or (each.outcome is None and self._world.random.random() < 0.5)
            self.files[each.key] = content if complete else content[: len(content) // 2]
            each.ended = True
            if complete:
                self.complete.add(each.key)
            if each.key.endswith(".control.json"):
                data = each.key.removesuffix(".control.json")
                assert data in self.complete, f"{each.key} arrives before its file is complete"
        return len(due)

    def judge(self, file: ExportFile, key: str, delivered: bool) -> None:
        """Check that a delivered file is complete on the server, and that its control file is."""
        for each in (key, f"{key}.control.json"):
            sends = [sent for sent in self.transfers if sent.key == each]
            assert not delivered or any(sent.ended and sent.outcome == "" for sent in sends), (
                f"{file} is delivered, and no transfer of {each} has completed"
            )


class World:
    """A schedule: its rows, its calls and their faults."""

    def __init__(
        self, seed: int, changed: bool = False, faults: Faults | None = None, own_server: bool = False
    ) -> None:
        self.random = Random(f"exports:{seed}")  # noqa: S311
        self.clock, self.bucket = Clock(), Bucket()
        gate = PlainGate()
        self.store = Store("payments", gate, {})
        self.table = SimTable(Service(self.store, gate))
        export = Export(NAME, FIELDS, "cron(0 18 * * ? *)", PARTNERS, changed)
        self.formats = {"acme": PLAIN, "bank": FORMATS[seed % len(FORMATS)]}
        self.context = replace(PAYMENT, exports=(export,))
        self.faults = faults or self._faults()
        self.items, self.kills, self.depth = Items(self.context), 0, 0
        self.changes: dict[str, list[tuple[datetime, Decimal | None]]] = {}
        self.periods: list[datetime] = []
        self.part_bytes = self.random.choice((40, 120, 400, 10_000))
        self.page = self.random.choice((1, 2, 5))
        self.calls, self.slow = 0, 0
        self.connector = Connector(self) if own_server else None
        self.begins: dict[str, datetime] = {}
        self.ends: dict[str, datetime] = {}

    def _faults(self) -> Faults:
        rates = (0.0, 0.02, 0.1, 0.3)
        kills, overlaps, changes = (self.random.choice(rates) for _ in range(3))
        aborts, failures = self.random.choice((0.0, 0.0, 0.03)), self.random.choice((0.0, 0.1, 0.5))
        return Faults(kills, overlaps / 5, changes, aborts, failures, self.random.choice((0.0, 0.5, 1.0)))

    # Rows.

    def put(self, number: int, amount: Decimal) -> None:
        """Create or change a row."""
        aggregate = SAMPLES.aggregate(number)
        # A function stamps a change before it writes it, at most as long before as a call takes.
        stamp = self.clock.time - timedelta(seconds=self.random.choice((0, 0, 5, 600)))
        item = self.items.from_aggregate(aggregate) | self.items.times(stamp) | {"amount": f"{amount:f}"}
        self._plain().put_item(Item=item)
        self.changes.setdefault(aggregate.id, []).append((self.clock.time, amount))

    def remove(self, number: int) -> None:
        """Remove a row."""
        identity = SAMPLES.aggregate(number).id
        self._plain().delete_item(Key=self.items.key(identity))
        self.changes.setdefault(identity, []).append((self.clock.time, None))

    def _plain(self) -> SimTable:
        return self.table

    def change(self) -> None:
        """Change, create or remove a row of a dozen."""
        number = self.random.randrange(1, 13)
        if self.random.random() < 0.2:
            self.remove(number)
        else:
            self.put(number, Decimal(self.random.randrange(1, 100_000)).scaleb(-2))

    # Requests.

    def request(self, effect: Callable[[], T]) -> T:
        """Send a request of a call, at which the call may end."""
        self.clock.time += timedelta(milliseconds=50)
        if self.random.random() < self.faults.changes:
            self.change()
        if self.random.random() < self.faults.aborts:
            self.bucket.abort_all()
        if self.depth < 2 and self.random.random() < self.faults.overlaps:
            self.call(self.random.choice(({}, {"again": True})), late=True)
        if self.random.random() >= self.faults.kills:
            return effect()
        self.kills += 1
        if self.random.random() < 0.5:
            effect()
        raise Killed

    def exports(self) -> Exports:
        """Return the exports of a call."""
        table = _Requests(self, self.table, ("get_item", "put_item", "update_item", "scan"))
        bucket: Any = _Requests(self, self.bucket, ("begin", "part", "complete", "size", "write"))
        attributes = FIELDS
        aggregates = AggregateItems(self.context, _Paged(table, self.page), attributes)  # pyrefly: ignore
        records = ExportTable(table)  # pyrefly: ignore[bad-argument-type]
        connector: Any = self.connector and _Requests(self, self.connector, ("send", "failure"))
        formats, limits = self.formats.__getitem__, {"part_bytes": self.part_bytes, "connectors": connector}
        return Exports(self.context, records, aggregates, bucket, formats, **limits)

    def call(self, event: Mapping[str, Any], late: bool = False) -> None:
        """Run a call of the function. A ``late`` call runs within another, whose lease may be over."""
        self.depth += 1
        before = self.clock.time
        self.calls += 1
        if late and self.random.random() < 0.5:
            # The other call is slower than its lease.
            self.slow += 1
            self.clock.time += timedelta(minutes=16)
        time = self.random.choice((1e9, 1e9, 3, 8))
        steps = iter(range(int(time)))

        def to_spare() -> float:
            return 1.0 if next(steps, None) is not None else 0.0

        with suppress(Killed), patch.object(application, "seconds_to_spare", to_spare):
            exports = self.exports()
            if "export" in event or (event.get("again") and self.periods):
                exports.start(NAME, self.periods[-1])
            exports.resume()
        self.depth -= 1
        assert self.clock.time >= before
        if self.connector:
            self.connector.end()
            self._judge_sends(self.connector)

    def wait(self, time: timedelta) -> None:
        """Let time pass, in which the events of transfers call the function, except for lost events."""
        end = self.clock.time + time
        while self.connector and self.clock.time < end:
            self.clock.time = min(end, self.clock.time + timedelta(seconds=100))
            if self.connector.end() and self.random.random() >= self.faults.lost:
                self.call({})
        self.clock.time = max(self.clock.time, end)

    def _judge_sends(self, connector: Connector) -> None:
        """Check the records of the partner's files after a call."""
        for day in self.periods:
            file = ExportFile(NAME, OWN_SERVER, period_of(day))
            record = ExportTable(self.table).get(file)  # pyrefly: ignore[bad-argument-type]
            if record:
                connector.judge(
                    file, file.key("payment", self.formats[OWN_SERVER]), record.status is FileStatus.DELIVERED
                )

    # The schedule.

    def run(self, periods: int = 3) -> None:
        """Run the calls of some periods, and a day without faults at the end."""
        with _clock(self.clock):
            for number in range(1, 13):
                self.put(number, Decimal(number * 100 + number).scaleb(-2))
            for day in range(periods):
                self.clock.time = max(self.clock.time, BEGIN + PERIOD * day)
                self.periods.append(BEGIN + PERIOD * day)
                self.call({"export": NAME})
                for _ in range(self.random.choice((0, 1, 4, 12))):
                    self.wait(QUARTER)
                    self.change()
                    self.call({})
            # Events are lost to the end: the calls of the schedule suffice.
            self.faults = Faults(lost=1.0)
            for day in self.periods:
                self.exports().start(NAME, day)
            for _ in range(96 if self.connector else 24):
                self.wait(QUARTER)
                self.call({})

    # The invariants.

    def judge(self) -> None:
        """Check each period and partner: exactly one complete file, whose control file equals its content."""
        record_of = ExportTable(self.table).get  # pyrefly: ignore[bad-argument-type]
        for number, day in enumerate(self.periods):
            for partner in PARTNERS:
                file = ExportFile(NAME, partner, period_of(day))
                record = record_of(file)
                own = self.connector if partner == OWN_SERVER else None
                status = FileStatus.DELIVERED if own else FileStatus.PREPARED
                assert record and record.status is status, f"{file} is not {status}: {record}"
                before = period_of(self.periods[number - 1]) if number else ""
                assert record.since <= before, f"{file} has the changes since {record.since}, and not {before}"
                key = file.key("payment", self.formats[partner])
                assert self.bucket.versions.count(key) == 1, (
                    f"{key} was visible {self.bucket.versions.count(key)} times"
                )
                self._content(key, self.formats[partner], record.since)
                if own:
                    self._received(own, key)
        assert {key for key in self.bucket.files if not key.endswith(".json")} == {*self.bucket.versions}

    def _received(self, connector: Connector, key: str) -> None:
        """Check a file on the partner's server, and that it was sent again only after a failure or a lost call."""
        for each in (key, f"{key}.control.json"):
            assert connector.files[each] == self.bucket.files[each], f"{each} is another file on the server"
            sends = [sent for sent in connector.transfers if sent.key == each]
            failed = sum(sent.outcome != "" for sent in sends)
            assert len(sends) <= 1 + failed + self.kills + self.slow, f"{each} was sent {len(sends)} times"

    def _content(self, key: str, format_: FileFormat, since: str) -> None:
        rows = _rows(self.bucket.files[key], format_)
        identities = [row[0] for row in rows]
        assert len(set(identities)) == len(identities), f"{key} has a row twice: {identities}"
        control = json.loads(self.bucket.files[f"{key}.control.json"])
        total = sum((amount for _, amount in rows), Decimal())
        assert control["rows"] == len(rows), f"{key}: the control file has {control['rows']} rows, not {len(rows)}"
        assert Decimal(control["sums"]["amount"]) == total, f"{key}: the control file has another sum than {total}"
        assert control["size"] == len(self.bucket.files[key])
        for identity, amount in rows:
            assert amount in {stored for _, stored in self.changes[identity]}, f"{key}: {identity} never had {amount}"
        day = ExportFile("", "", key.rpartition("-")[2].partition(".")[0]).time
        for identity, changes in self.changes.items():
            earlier = [change for change in changes if change[0] <= day]
            meanwhile = [change for change in changes if change[0] > day]
            stays = bool(earlier) and earlier[-1][1] is not None and all(amount is not None for _, amount in meanwhile)
            bound = ExportFile("", "", since).time if since else None
            due = stays and (bound is None or any(at >= bound for at, _ in earlier))
            assert not due or identity in identities, f"{key} lacks {identity}: {changes}, since {since}"


def _rows(data: bytes, format_: FileFormat) -> list[tuple[str, Decimal]]:
    """Return the identity and the amount of each row of a file."""
    notation = format_.notations.get(Decimal)
    plain = notation.plain if notation else str
    if format_.has_own_reader:
        records = [record.cells for record in _records(data, format_)]
    else:
        records = list(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=format_.delimiter, strict=True))
    header, *rows = records
    assert [*map(format_.column, header)] == [*FIELDS], f"the file has the header {header}"
    assert all(len(row) == len(FIELDS) for row in rows), rows
    return [(row[0], Decimal(plain(row[1]))) for row in rows]


def _records(data: bytes, format_: FileFormat) -> Iterator[Record]:
    """Yield the records of a file, also of a file without rows."""
    try:
        yield from FileSource(io.BytesIO(data)).records(format_)
    except Unreadable as refusal:
        if refusal.fault is not ListFault.EMPTY:
            raise


class _Requests:
    """A service, each of whose calls is a request."""

    def __init__(self, world: World, service: Any, names: tuple[str, ...]) -> None:
        self._world, self._service, self._names = world, service, names

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._service, name)
        if name not in self._names:
            return call
        return lambda *args, **request: self._world.request(lambda: call(*args, **request))


class _Paged:
    """The table with small pages."""

    def __init__(self, table: _Requests, page: int) -> None:
        self._table, self._page = table, page

    def scan(self, **request: Any) -> Any:
        """Send Scan with a limit."""
        return self._table.scan(**request, Limit=self._page)


@contextmanager
def _clock(clock: Clock) -> Iterator[None]:
    with patch.object(fields, "now", clock.now), patch.object(application, "now", clock.now):
        yield


def run(seed: int, changed: bool = False, faults: Faults | None = None, own_server: bool = False) -> World:
    """Run and judge the schedule of a seed."""
    world = World(seed, changed, faults, own_server)
    world.run()
    world.judge()
    return world
