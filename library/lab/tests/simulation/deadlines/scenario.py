"""Scenarios of deadlines: which payments enter a status, which commands come meanwhile, and when passes begin."""

from dataclasses import dataclass, replace
from random import Random
from typing import ClassVar

from ..scenario import Order, Row, Scenario, Upload

PERIOD = 900.0
"""Seconds between two calls of the schedule."""
LAST = 9000.0
"""Seconds from the start after which the last payment is due that a command brings."""


@dataclass(frozen=True)
class Waiting(Scenario):
    """A schedule of deadlines.

    ``both`` is whether verified payments have a deadline too. ``calls`` are the times at which the schedule calls the
    function, besides every quarter of an hour. If ``older``, some payments are verified by a release without deadlines.
    ``page`` is the size of an index's page. ``most`` is the number of aggregates after which a pass has no time left.
    """

    both: bool = True
    calls: tuple[float, ...] = ()
    older: bool = False
    page: int = 100
    most: int = 100

    PIECES: ClassVar[tuple[str, ...]] = ("uploads", "orders", "calls")
    SIMPLER: ClassVar = (
        lambda scenario: replace(scenario, older=False),
        lambda scenario: replace(scenario, page=100),
        lambda scenario: replace(scenario, most=100),
        lambda scenario: replace(scenario, uploads=tuple(replace(upload, at=0.0) for upload in scenario.uploads)),
        lambda scenario: replace(scenario, orders=tuple(replace(order, copies=1) for order in scenario.orders)),
    )


_SESSIONS = (
    ("register",),
    ("register",),
    ("register",),
    ("register", "verify"),
    ("register", "delete"),
    ("register", "delete", "register"),
    ("register", "verify", "delete", "register"),
)
_LATER = (("verify",), ("delete",), ("delete", "register"), ("delete", "register"))
_TRIGGERS = ("GetItem PAYMENT#{identity}", "Query by_due", "PutItem payment.verify", "UpdateItem PAYMENT#{identity}")
"""Calls of a pass after which another command is likely to change a payment."""
_BEFORE = (2699.5, 2699.5, 3599.5, 4499.5, 5399.5)
"""Times shortly before a pass in which payments are due."""


def drawn(random: Random) -> Waiting:
    """Return a scenario of at most six payments."""
    pool = [f"P-{number}" for number in random.sample(range(6), random.choice((2, 3, 4, 6)))]
    orders = [order for number, identity in enumerate(pool) for order in _session(random, number, identity)]
    later = [
        order
        for number in range(random.choice((0, 0, 1, 2, 3)))
        for order in _disturbance(random, len(pool) + number, random.choice(pool))
    ]
    imported = random.random() < 0.3
    return Waiting(
        uploads=(_upload(random, pool),) if imported else (),
        orders=(*(orders if not imported or random.random() < 0.5 else orders[:1]), *later),
        both=random.random() < 0.6,
        calls=tuple(_moment(random) for _ in range(random.choice((0, 0, 1, 2, 4)))),
        older=random.random() < 0.15,
        page=random.choice((1, 2, 100)),
        most=random.choice((1, 2, 100, 100)),
        batch=random.choice((2, 100)),
    )


def _moment(random: Random) -> float:
    """Return a time about which payments are due."""
    return round(random.choice((1800.0, 2700.0, 4500.0, 5400.0)) + random.choice((0.0, 0.0, 1.0, 30.0)), 2)


def _session(random: Random, number: int, identity: str) -> list[Order]:
    at = round(random.choice((0.0, 1.0, 60.0, 1500.0)) * random.random(), 2)
    return _orders(number, identity, random.choice(_SESSIONS), at)


def _disturbance(random: Random, number: int, identity: str) -> list[Order]:
    """Return commands at about the time of a pass, or after a call of the pass."""
    wait = random.choice(("", "", *_TRIGGERS, _TRIGGERS[0])).format(identity=identity)
    at = random.choice(_BEFORE) if wait else _moment(random)
    orders = _orders(number, identity, random.choice(_LATER), at)
    first: Order = Later(**vars(orders[0]) | {"wait": wait and f"meet_deadlines:dynamodb.{wait}"})
    return [first, *orders[1:]]


def _orders(number: int, identity: str, kinds: tuple[str, ...], at: float) -> list[Order]:
    return [
        Later(f"{kind}_payment", identity, f"key-{number}-{place}", at if place == 0 else 0.0, session=number)
        for place, kind in enumerate(kinds)
    ]


@dataclass(frozen=True)
class Later(Order):
    """A command that is sent after a time, and then after the next call named ``wait``, if it has one."""

    wait: str = ""


def _upload(random: Random, pool: list[str]) -> Upload:
    rows = tuple(Row(identity) for identity in pool)
    return Upload("a.csv", rows, at=round(random.choice((0.0, 60.0, 1700.0)) * random.random(), 2))
