"""Scenarios of requests: what callers read and change, what they page through, and events of other contexts."""

from dataclasses import dataclass, replace
from random import Random
from typing import ClassVar, Final
from zlib import crc32

from bounded_context.declaration.structure import INDEX_SHARDS

from .. import scenario as base
from ..scenario import SUBSCRIPTIONS, Foreign, Row, Scenario, Upload

READ: Final = "read"
AGAIN: Final = "again"
MISUSE: Final = "misuse"


@dataclass(frozen=True)
class Act:
    """A request of a visit.

    ``kind`` is ``read``, a function of a command, ``again`` (the last command with its key) or ``misuse`` (another
    command with that key). A ``conditional`` act names the tag that the visitor read last, by ``number`` the version
    alone. ``note`` is the value of the field that only the newer model has.
    """

    kind: str
    conditional: bool = False
    number: bool = False
    note: str = ""


@dataclass(frozen=True)
class Visit:
    """Requests of one caller on one identity, one after the other, by HTTP or by messages."""

    name: str
    identity: str
    acts: tuple[Act, ...]
    at: float = 0.0
    trigger: str = ""
    http: bool = True
    tries: int = 3


@dataclass(frozen=True)
class Paging:
    """A caller that reads the rows of an upload's list, page by page."""

    upload: int
    limit: int
    at: float = 0.0
    trigger: str = ""
    status: str = ""
    http: bool = True


@dataclass(frozen=True)
class NotedRow(Row):
    """A row with the field that only the newer model has."""

    note: str = ""

    @property
    def text(self) -> str:
        """The row as the partner writes it."""
        return f"{super().text},{self.note}"


@dataclass(frozen=True)
class NotedUpload(Upload):
    """A file with the column that only the newer model has."""

    @property
    def header(self) -> str:
        """The file's first line."""
        return f"{super().header},note"


@dataclass(frozen=True)
class Letter(Foreign):
    """A message of the inbound queue. ``poison`` names what makes it unreadable, so that it counts for nothing."""

    poison: str = ""


@dataclass(frozen=True)
class Requests(Scenario):
    """A scenario of requests.

    With ``other``, some invocations run the other version of this name, which validates the lists: ``note`` has a
    field more, ``keys`` writes to the 16 index keys of earlier versions.
    """

    visits: tuple[Visit, ...] = ()
    pagings: tuple[Paging, ...] = ()
    other: str = ""

    PIECES: ClassVar[tuple[str, ...]] = (*Scenario.PIECES, "visits", "pagings")


def drawn(random: Random) -> Requests:
    """Return a scenario about commands, pages, inbound events or uploads that are hard to tell apart."""
    return random.choice((_commands, _commands, _commands, _pages, _keys, _letters, _uploads))(random)


# Commands.

_VISITS: Final = (
    ("read", "delete?"),
    ("read", "verify?"),
    ("read", "read?"),
    ("read", "read?", "delete?"),
    ("register", "read?"),
    ("register", "again", "misuse"),
    ("register", "verify?", "delete?"),
    ("delete", "again", "register"),
    ("register", "delete?", "register", "read?"),
    ("verify", "again"),
    ("verify", "misuse"),
)
"""Acts of a visit; a question mark names the tag that was read last."""


def _commands(random: Random) -> Requests:
    pool = ["P-1", "P-2"][: random.choice((1, 1, 2))]
    two = random.random() < 0.5
    orders = base.orders_of(random, pool, sessions=random.choice((0, 1, 2)))
    uploads = (_file(random, pool, two),) if random.random() < (0.5 if two else 0.2) else ()
    return Requests(
        uploads=uploads,
        orders=orders,
        visits=tuple(_visit(random, number, random.choice(pool), two) for number in range(random.choice((1, 2, 2, 3)))),
        existing=tuple(pool[:1]) if random.random() < 0.5 and not uploads else (),
        batch=random.choice((2, 100)),
        other="note" if two else "",
    )


def _file(random: Random, pool: list[str], two: bool) -> Upload:
    if not two:
        return Upload("a.csv", tuple(Row(identity) for identity in pool))
    return NotedUpload("a.csv", tuple(NotedRow(identity, note=random.choice(("", "blue"))) for identity in pool))


def _visit(random: Random, number: int, identity: str, two: bool = False) -> Visit:
    number_alone = random.random() < 0.1
    return Visit(
        name=f"visit-{number}",
        identity=identity,
        acts=tuple(_act(random, kind, two, number_alone) for kind in random.choice(_VISITS)),
        at=base.moment(random),
        trigger=random.choice(("", "", *_TRIGGERS)),
        http=random.random() < 0.7,
    )


_TRIGGERS: Final = ("GetItem PAYMENT#", "PutItem PAYMENT#", "UpdateItem PAYMENT#", "TransactWriteItems", "Query")


def _act(random: Random, kind: str, two: bool, number: bool) -> Act:
    names = {"register": "register_payment", "verify": "verify_payment", "delete": "delete_payment"}
    name = kind.removesuffix("?")
    note = random.choice(("", "blue", "green")) if two and name == "register" else ""
    return Act(names.get(name, name), kind.endswith("?"), number, note)


# Pages.


_CROWDED: Final = [f"P-{number}" for number in range(120) if crc32(f"P-{number}".encode()) % INDEX_SHARDS in (3, 25)]
"""Identities of two shards: a page ends within a shard. The shard of some depends on the number of keys."""


def _pages(random: Random) -> Requests:
    pool = random.sample(_CROWDED, random.choice((3, 5, 6)))
    writers = range(random.choice((0, 1, 2)))
    triggers = ("import_list:", "MarkImported", "Query", "Query", "UpdateItem LIST#")
    pagings = [
        Paging(
            upload=0,
            limit=random.choice((1, 1, 2, 3)),
            at=round(random.choice((1.0, 3.0, 15.0)) * random.random(), 2),
            trigger=random.choice(("", *triggers)),
            status=random.choice(("", "", "REGISTERED", "VERIFIED")),
            http=random.random() < 0.7,
        )
        for _ in range(random.choice((1, 1, 2)))
    ]
    return Requests(
        uploads=(Upload("a.csv", tuple(Row(identity) for identity in pool)),),
        visits=tuple(_visit(random, number, random.choice(pool)) for number in writers),
        pagings=tuple(pagings),
        orders=base.orders_of(random, pool, sessions=random.choice((0, 1))),
        settings=((random.choice((2, 6)), "0.5"),),
    )


def _keys(random: Random) -> Requests:
    """Return pages of an imported list whose rows two versions with different numbers of keys change."""
    pages = _pages(random)
    [upload] = pages.uploads
    visits = (
        Visit(f"visit-{row.identity}", row.identity, (Act("verify_payment"),), trigger="Query") for row in upload.rows
    )
    pagings = tuple(replace(paging, at=round(2 + random.random(), 2), trigger="") for paging in pages.pagings)
    return replace(pages, visits=tuple(visits), pagings=pagings, orders=(), other="keys")


# Inbound events.

POISONS: Final = ("not-json", "no-event", "source", "subject", "order")


def _letters(random: Random) -> Requests:
    subjects = SUBSCRIPTIONS[: random.choice((1, 1, 2))]
    numbers = random.sample(range(1, 9), random.choice((2, 3, 4, 6)))
    return Requests(foreign=tuple(_letter(random, number, random.choice(subjects)) for number in numbers))


def _letter(random: Random, number: int, subject: str) -> Letter:
    poison = random.choice(POISONS) if random.random() < 0.2 else ""
    at = round(random.choice((0.0, 0.5, 40.0)) * random.random(), 2)
    return Letter(subject, random.random() < 0.5, number, at, random.choice((1, 1, 2)), poison)


# Uploads that are hard to tell apart.


def _uploads(random: Random) -> Requests:
    """Return the remains of a broken upload, its whole file under a renamed name, and a newer file of that name."""
    rows = tuple(Row(f"P-{number}") for number in range(4))
    late = random.choice((60.0, 400.0, 3000.0))
    renamed = Upload("a.csv", rows, at=20.0, form="rename", announced=(0.0, round(random.uniform(1, late), 1)))
    half = Upload("a.csv", rows[: random.choice((1, 2))], at=round(10 * random.random(), 2), form="failed")
    at, waits = round(random.uniform(21, late), 1), (random.choice((0.0, 5.0, late)),)
    newer = Upload("a.csv", _others(random), at=at, form=random.choice(_FORMS), announced=waits)
    uploads = random.choice(((half, renamed), (half, renamed, newer), (renamed, newer), (renamed,), (renamed,)))
    return Requests(uploads=uploads if len(uploads) > 1 else _then_broken(random, renamed))


def _then_broken(random: Random, renamed: Upload) -> tuple[Upload, Upload]:
    """Return a renamed file, whose event may be late, and the remains of a second upload of that name."""
    delays = (0.0, round(random.choice(_DELAYS) * random.random(), 1))
    at = round(renamed.at + random.choice(_DELAYS) * random.random(), 1)
    again = replace(renamed, announced=delays[random.choice((0, 1)) :])
    waits, rows = (random.choice(_DELAYS),), renamed.rows[: random.choice((1, 2))]
    return again, Upload("a.csv", rows, at=at, form="failed", announced=waits)


_DELAYS: Final = (0.5, 5.0, 30.0)
"""Seconds of an event's delay, shorter than the time in which another event is awaited."""
_FORMS: Final = ("s3", "transfer", "rename")


def _others(random: Random) -> tuple[Row, ...]:
    return tuple(Row(f"P-{number}") for number in range(4, random.choice((6, 7))))
