"""Scenarios: which lists, commands and events of other contexts a schedule has, as plain data."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any, ClassVar, Final, Self

from .pieces import Pieces

HEADER: Final = "payment_id,subscription_id,amount,currency,due_date,payer"
SUBSCRIPTIONS: Final = ("S-1", "S-2", "S-3")
"""Known to the context from the start."""
PARTNER: Final = "acme"
_WHOLE: Final = 1_000_000
"""Bytes that no file of a scenario has: each file is validated in one pass."""
_RANGES: Final = {2: 60, 5: 100}
"""Sizes of ranges in bytes, by the size of the relay's batches."""


@dataclass(frozen=True)
class Row:
    """A row of a file. ``fault`` is empty, ``value`` or ``unknown`` (its subscription)."""

    identity: str
    fault: str = ""

    @property
    def text(self) -> str:
        """The row as the partner writes it."""
        subscription = "S-9" if self.fault == "unknown" else SUBSCRIPTIONS[int(self.identity[2:]) % len(SUBSCRIPTIONS)]
        amount = "=1" if self.fault == "value" else "10.00"
        return f"{self.identity},{subscription},{amount},EUR,2026-03-01,Jane"


@dataclass(frozen=True)
class Upload:
    """A file that a partner uploads at a time, in seconds from the start.

    ``form`` is how the upload is announced: ``s3``, ``transfer``, ``rename``, ``failed`` or ``lost`` (not at all).
    ``announced`` are the seconds from the upload to each of its events.
    """

    name: str
    rows: tuple[Row, ...]
    at: float = 0.0
    form: str = "s3"
    announced: tuple[float, ...] = (0.0,)

    @property
    def header(self) -> str:
        """The file's first line."""
        return HEADER

    def without_a_row(self) -> Iterator["Upload"]:
        """Yield the file without each of its rows; a file has a row."""
        rows = self.rows if len(self.rows) > 1 else ()
        return (replace(self, rows=rows[:at] + rows[at + 1 :]) for at in range(len(rows)))

    @property
    def body(self) -> bytes:
        """The file's bytes."""
        return "".join(f"{line}\r\n" for line in (self.header, *(row.text for row in self.rows))).encode()


@dataclass(frozen=True)
class Order:
    """A command that a caller sends. ``tries`` is how often it is sent until an answer comes; ``copies`` send at once.

    ``version`` is the expected version, None for any. Orders of one ``session`` are sent one after the other. With a
    ``trigger``, the command is sent after the next call of this name, or after ``at`` seconds.
    """

    function: str
    identity: str
    key: str
    at: float
    tries: int = 3
    copies: int = 1
    version: int | None = None
    session: int = 0
    trigger: str = ""
    payer: str = "Joe"

    @property
    def payload(self) -> dict[str, Any]:
        """What the message holds."""
        if self.function == "register_payment":
            return {
                "payment_id": self.identity,
                "subscription_id": "S-1",
                "amount": "20.00",
                "currency": "EUR",
                "due_date": "2026-04-01",
                "payer": self.payer,
            }
        expected = {} if self.version is None else {"expected_version": self.version}
        return {"payment_id": self.identity, **expected}


@dataclass(frozen=True)
class Foreign:
    """An event of another context: a thing of this name exists or is gone; ``number`` is its sequence."""

    subject: str
    known: bool
    number: int
    at: float
    copies: int = 1


@dataclass(frozen=True)
class Scenario(Pieces):
    """All of a schedule but its choices.

    ``settings`` are pairs of ``PART_ROWS`` and ``TOLERATED_SHARE``: with two, a release is on, and each invocation has
    one of them. ``chunk`` and ``at_once`` are the sizes of the import's chunks and of its requests. ``range_bytes`` is
    the size of the ranges in which a file is validated. If ``closed``, the operator does not redrive an open list: its
    staging is deleted, and the operator closes it with the command.
    """

    uploads: tuple[Upload, ...] = ()
    orders: tuple[Order, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    settings: tuple[tuple[int, str], ...] = ((2, "0.5"),)
    chunk: int = 1000
    at_once: int = 25
    transaction: int = 100
    concurrency: int = 2
    batch: int = 100
    existing: tuple[str, ...] = ()
    range_bytes: int = _WHOLE
    closed: bool = False

    @property
    def heavy(self) -> bool:
        """Whether the import takes so many requests that throttling may use up a function's time."""
        return self.settings[0][0] >= _HEAVY_PART

    PIECES: ClassVar[tuple[str, ...]] = ("uploads", "orders", "foreign")
    SIMPLER: ClassVar = (
        lambda scenario: replace(scenario, existing=()),
        lambda scenario: replace(scenario, closed=False),
        lambda scenario: replace(scenario, settings=scenario.settings[:1]),
        lambda scenario: replace(scenario, uploads=tuple(replace(upload, at=0.0) for upload in scenario.uploads)),
        lambda scenario: replace(
            scenario, uploads=tuple(replace(upload, announced=(0.0,)) for upload in scenario.uploads)
        ),
        lambda scenario: replace(scenario, orders=tuple(replace(order, copies=1) for order in scenario.orders)),
        lambda scenario: replace(scenario, concurrency=1),
        lambda scenario: replace(scenario, chunk=1000, at_once=25, transaction=100),
        lambda scenario: replace(scenario, range_bytes=_WHOLE),
    )

    def without(self) -> Iterator[Self]:
        """Yield the scenario without each of its pieces, and without each row of a file."""
        yield from super().without()
        for number, upload in enumerate(self.uploads):
            for fewer in upload.without_a_row():
                yield replace(self, uploads=(*self.uploads[:number], fewer, *self.uploads[number + 1 :]))


def drawn(random: Random) -> Scenario:
    """Return a scenario of at most three lists over at most six identities, and commands on the same ones."""
    kind = random.random()
    if kind < 0.14:
        return _contested(random) if kind < 0.1 else _heavy(random)
    pool = [f"P-{number}" for number in range(random.choice((2, 3, 4, 6)))]
    uploads = tuple(_upload(random, pool) for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3))))
    orders = orders_of(random, pool, sessions=random.choice((0, 0, 1, 2, 3)) if uploads else 3)
    scenario = Scenario(
        uploads=uploads,
        orders=orders,
        foreign=_foreign(random) if random.random() < 0.15 else (),
        settings=_settings(random),
        chunk=random.choice((1, 1, 2, 1000)),
        at_once=random.choice((1, 2, 25)),
        transaction=random.choice((1, 2, 100, 100)),
        concurrency=random.choice((1, 2, 2, 4)),
        batch=random.choice((2, 5, 100)),
        existing=tuple(random.sample(pool, random.choice((0, 0, 0, 1)))),
    )
    # Not drawn: a seed keeps its schedule.
    closed = (scenario.batch, scenario.chunk) == (5, 2)
    return replace(scenario, range_bytes=_RANGES.get(scenario.batch, _WHOLE), closed=closed)


def _heavy(random: Random) -> Scenario:
    """Return a list of one part that takes many requests: a table that throttles uses up its function's time."""
    rows = tuple(Row(f"P-{number}") for number in range(random.choice((10, 20, 30))))
    return Scenario(
        uploads=(Upload("a.csv", rows),), settings=((_HEAVY_PART, "0.5"),), chunk=random.choice((2, 1000)), at_once=1
    )


def _contested(random: Random) -> Scenario:
    """Return a list of one part that is undone because callers register its rows while it is imported and undone."""
    pool = [f"P-{number}" for number in range(random.choice((3, 4, 5)))]
    registered = random.sample(pool, random.choice((2, 3)))
    orders = [
        Order("register_payment", identity, f"key-{number}", moment(random), session=number, trigger=trigger)
        for number, identity in enumerate(registered)
        for trigger in [random.choice(("import.json", "BatchExecuteStatement", _UNDOES, _UNDOES))]
    ]
    return Scenario(
        uploads=(Upload("a.csv", tuple(Row(identity) for identity in pool)),),
        orders=tuple(orders),
        settings=((6, "0.5"),),
        chunk=random.choice((1, 2)),
        transaction=random.choice((2, 3, 100)),
    )


def _settings(random: Random) -> tuple[tuple[int, str], ...]:
    setting = (random.choice((1, 2, 3, 6, 6)), random.choice(("0.05", "0.5", "0.5")))
    other = (random.choice((1, 2, 3)), random.choice(("0.05", "0.5")))
    return (setting, other) if random.random() < 0.1 else (setting,)


def _upload(random: Random, pool: list[str]) -> Upload:
    rows = [Row(identity) for identity in random.sample(pool, min(len(pool), random.choice((2, 3, 4, 6))))]
    if random.random() < 0.2:
        spoilt = random.randrange(len(rows))
        rows[spoilt] = replace(rows[spoilt], fault=random.choice(("value", "unknown")))
    if random.random() < 0.05:
        rows.append(rows[0])
    return Upload(
        name=random.choice(("a.csv", "a.csv", "b.csv")),
        rows=tuple(rows),
        at=moment(random),
        form=random.choice(("s3", "s3", "s3", "s3", "transfer", "transfer", "rename", "failed", "lost")),
        announced=_announced(random),
    )


def _announced(random: Random) -> tuple[float, ...]:
    times = (0.0,) * random.choice((1, 1, 1, 1, 2))
    return (*times, round(random.uniform(0, 200), 1)) if random.random() < 0.1 else times


def moment(random: Random) -> float:
    """Return a time in seconds: an undisturbed import takes about half a second."""
    return round(random.choice((0.0, 0.3, 0.8, 2.0, 60.0)) * random.random(), 2)


def orders_of(random: Random, pool: list[str], sessions: int) -> tuple[Order, ...]:
    identities = pool[: random.choice((1, 1, 2, 3))]
    all_sessions = [_session(random, number, random.choice(identities)) for number in range(sessions)]
    return tuple(order for session in all_sessions for order in session)


_HEAVY_PART: Final = 30
_UNDOES: Final = "compensate_error:dynamodb.TransactWriteItems"
TRIGGERS: Final = (
    *("BatchGetItem", "BatchExecuteStatement", "BatchExecuteStatement", _UNDOES, "import.json"),
    *("GetItem LIST#", "UpdateItem LIST#", "report.csv", "GetItem PAYMENT#", "DeleteItem PAYMENT#"),
)
"""Names of calls after which a command is likely to meet a list halfway."""

_SESSIONS: Final = (
    ("register", "delete"),
    ("register", "delete", "register"),
    ("verify",),
    ("delete",),
    ("delete", "register"),
    ("verify", "delete"),
    ("register", "verify"),
    ("register",),
)


def _session(random: Random, number: int, identity: str) -> list[Order]:
    kinds, at = random.choice(_SESSIONS), moment(random)
    versioned, triggered = random.random() < 0.3, random.random() < 0.6
    return [
        Order(
            function=f"{kind}_payment",
            identity=identity,
            key=f"key-{number}-{place}",
            at=at if place == 0 else 0.0,
            trigger=random.choice(TRIGGERS) if triggered else "",
            copies=random.choice((1, 1, 1, 1, 2)),
            version=random.choice((1, 2)) if versioned and kind != "register" else None,
            session=number,
            payer=f"Joe {number} {place}",
        )
        for place, kind in enumerate(kinds)
    ]


def _foreign(random: Random) -> tuple[Foreign, ...]:
    subject = random.choice(SUBSCRIPTIONS)
    return tuple(
        Foreign(subject, random.random() < 0.6, number + 1, moment(random), random.choice((1, 1, 2)))
        for number in range(random.choice((1, 2, 3)))
    )
