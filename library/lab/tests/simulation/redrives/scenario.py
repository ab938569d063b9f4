"""Scenarios of redrives, as plain data: dead letters, uploads, and the persons who redrive them."""

from dataclasses import dataclass, replace
from random import Random
from typing import ClassVar, Final, Literal

from ..pieces import Pieces

Kind = Literal["subscriber", "inbound", "uploads", "stream", "unseen"]
HIDDEN: Final = 900


@dataclass(frozen=True)
class Letter:
    """A dead letter, or an upload without a list.

    Args:
        number: of the event.
        chosen: whether the condition of persons matches it, if they have one.
        age: seconds from when it was first sent until the start.
        at: seconds from the start until it comes into the queue.
        poison: whether its consumer fails on it each time.
        hidden: seconds for which a reader that was killed hides it.
        copies: messages for it, which are words of one object or one event.
    """

    number: int
    chosen: bool = True
    age: float = 3600.0
    at: float = 0.0
    poison: bool = False
    hidden: float = 0.0
    copies: int = 1


@dataclass(frozen=True)
class Person:
    """A person who starts a redrive at a time. ``stop`` is the second at which Ctrl-C is pressed; 0 for never."""

    at: float = 0.0
    go: bool = True
    where: bool = False
    most: int | None = None
    rate: int = 10
    stop: float = 0.0
    skew: float = 0.0
    give_up: bool = False


@dataclass(frozen=True)
class Scenario(Pieces):
    """All of a schedule but its choices.

    Args:
        kind: of the queue.
        slow: seconds of each delivery.
        ordered: whether the queue gives the oldest messages first, as SQS often does.
        in_flight: how many messages of the queue can be in flight.
        consumer: seconds between two looks of the consumer into its queue; 0 for none.
        page: uploads of an answer of SweepUploads.
    """

    kind: Kind = "subscriber"
    letters: tuple[Letter, ...] = ()
    persons: tuple[Person, ...] = (Person(),)
    slow: float = 0.0
    ordered: bool = True
    in_flight: int = 120_000
    consumer: float = 0.0
    page: int = 2

    PIECES: ClassVar[tuple[str, ...]] = ("letters", "persons")
    SIMPLER: ClassVar = (
        lambda scenario: replace(scenario, slow=0.0),
        lambda scenario: replace(scenario, consumer=0.0),
        lambda scenario: replace(scenario, ordered=True),
        lambda scenario: replace(scenario, in_flight=120_000),
        lambda scenario: replace(
            scenario, letters=tuple(replace(letter, at=0.0, hidden=0.0, copies=1) for letter in scenario.letters)
        ),
        lambda scenario: replace(scenario, letters=tuple(replace(letter, poison=False) for letter in scenario.letters)),
        lambda scenario: replace(
            scenario, persons=tuple(replace(person, at=0.0, skew=0.0) for person in scenario.persons)
        ),
        lambda scenario: replace(
            scenario, persons=tuple(replace(person, most=None, stop=0.0) for person in scenario.persons)
        ),
    )


def drawn(random: Random) -> Scenario:
    """Return a scenario of at most three persons and about a dozen messages."""
    if random.random() < 0.03:
        return _slow(random)
    kind: Kind = random.choice(("subscriber", "subscriber", "uploads", "inbound", "stream", "stream", "unseen"))
    chosen = random.choice((1.0, 0.7, 0.3, 0.15))
    poison = random.choice((0.0, 0.0, 0.3))
    letters = tuple(_letter(random, number, chosen, poison) for number in range(random.choice((1, 3, 6, 12, 16))))
    return Scenario(
        kind=kind,
        letters=letters,
        persons=tuple(_person(random) for _ in range(random.choice((1, 1, 1, 2, 2, 3)))),
        slow=random.choice((0.0, 0.0, 0.0, 5.0, 100.0, 300.0, 500.0, 950.0)),
        ordered=random.random() < 0.5,
        in_flight=random.choice((120_000, 120_000, 120_000, 2, 5)),
        consumer=random.choice((0.0, 1.0, 20.0, 200.0)),
        page=random.choice((1, 2, 3, 500)),
    )


def _slow(random: Random) -> Scenario:
    """Return a few slow messages among many that are visible again before the last slow one is received."""
    chosen = random.sample(range(40), 4)
    neighbours = {number + random.choice((0, 1)) for number in chosen}
    letters = tuple(Letter(number, chosen=number in {*chosen, *neighbours}) for number in range(40))
    return Scenario(letters=letters, persons=(Person(where=True),), slow=random.choice((300.0, 500.0)))


def _letter(random: Random, number: int, chosen: float, poison: float) -> Letter:
    return Letter(
        number=number,
        chosen=random.random() < chosen,
        age=random.choice((1200.0, 3600.0, 86_400.0)),
        at=round(random.uniform(0, 1500), 1) if random.random() < 0.1 else 0.0,
        poison=random.random() < poison,
        hidden=round(random.uniform(0, HIDDEN), 1) if random.random() < 0.05 else 0.0,
        copies=2 if random.random() < 0.05 else 1,
    )


def _person(random: Random) -> Person:
    return Person(
        at=round(random.choice((0.0, 0.0, 2.0, 60.0, 1000.0)) * random.random(), 1),
        go=random.random() < 0.85,
        where=random.random() < 0.6,
        most=random.choice((None, None, None, None, 1, 3)),
        rate=random.choice((1, 10, 10)),
        stop=round(random.choice((3.0, 60.0, 1500.0)) * random.random(), 1) if random.random() < 0.15 else 0.0,
        skew=round(random.uniform(-30, 30), 1) if random.random() < 0.1 else 0.0,
        give_up=random.random() < 0.3,
    )
