"""Scenarios of children, as plain data: callers that add, list, register and remove, and the relay."""

from dataclasses import dataclass, replace
from random import Random
from typing import ClassVar, Final

from .. import profile
from ..pieces import Pieces
from ..profile import Profile

PARENTS: Final = ("p-1", "p-2")
MOST: Final = 4
"""The limit of the schedules' children."""

ADD, LIST, REGISTER, REMOVE, VERIFY = "add", "list", "register", "remove", "verify"
SEVERAL = "several"
"""A call whose rule makes several changes."""
STATUS: Final = "status"


@dataclass(frozen=True)
class Call:
    """A call of a caller, which repeats it until it is answered: ``copies`` callers have the same key.

    ``also`` is what the rule of `SEVERAL` changes besides the child: the status, or another parent.
    """

    number: int
    parent: str
    kind: str = ADD
    at: float = 0.0
    copies: int = 1
    also: str = "nothing"


@dataclass(frozen=True)
class Scenario(Pieces):
    """All of a schedule but its choices.

    Args:
        calls: the calls.
        batch: the largest batch of the relay.
        limit: the children of a page.
        registered: whether the parents are there from the start.
    """

    calls: tuple[Call, ...] = ()
    batch: int = 3
    limit: int = 2
    registered: bool = True

    PIECES: ClassVar[tuple[str, ...]] = ("calls",)
    SIMPLER: ClassVar = (
        lambda scenario: replace(scenario, batch=1),
        lambda scenario: replace(scenario, calls=tuple(replace(call, copies=1) for call in scenario.calls)),
    )


def drawn(random: Random) -> Scenario:
    """Return a scenario of some calls on one or two parents."""
    parents = random.choice((PARENTS[:1], PARENTS))
    calls = tuple(_call(random, number, random.choice(parents)) for number in range(random.choice((2, 4, 7, 12))))
    return Scenario(calls, random.choice((1, 3, 100)), random.choice((1, 2, 3)), random.random() < 0.7)


def _call(random: Random, number: int, parent: str) -> Call:
    kind = random.choice((ADD, ADD, ADD, ADD, LIST, LIST, REGISTER, REMOVE, VERIFY, SEVERAL))
    at = round(random.choice((0.0, 1.0, 30.0)) * random.random(), 2)
    also = random.choice((STATUS, *PARENTS)) if kind == SEVERAL else "nothing"
    return Call(number, parent, kind, at, random.choice((1, 1, 1, 2)), also)


_FAULTS: Final = (
    *(profile.UNANSWERED, profile.LATE, profile.FAILED, profile.THROTTLED),
    *(profile.KILLED_BEFORE, profile.KILLED_AFTER, profile.IN_FLIGHT, profile.LOST),
)


def profile_of(random: Random) -> Profile:
    """Return a profile: three of ten have no injected fault."""
    switch = random.choice((0.03, 0.1, 0.3, 0.6))
    if random.random() < 0.3:
        return Profile(switch=switch)
    kinds = random.sample(_FAULTS, random.choice((1, 1, 2, 3)))
    rate = random.choice((0.01, 0.03, 0.08))
    return Profile(
        switch=switch,
        faults=dict.fromkeys(kinds, rate / len(kinds)),
        budget=random.choice((1, 3, 8)),
        targets=random.choice(((), ("list_payments",), ("relay_events",), ("register_payment", "delete_payment"))),
        streak=random.choice((0.2, 0.6)),
        lost=random.choice((0.0, 0.1)),
        longest=random.choice((5.0, 60.0)),
    )
