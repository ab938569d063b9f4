"""Scenarios of reactions, as plain data: claims, events of policies, commands of callers, and lists that close."""

from dataclasses import dataclass, replace
from random import Random
from typing import ClassVar, Final

from .. import profile
from ..pieces import Pieces
from ..profile import Profile

POLICIES: Final = ("p-1", "p-2")
CANCELLED, REINSTATED, RENAMED = "PolicyCancelled", "PolicyReinstated", "PolicyRenamed"
MOST_HOPS: Final = 8


@dataclass(frozen=True)
class Row:
    """A claim that is there from the start, ``status`` and ``policy`` its own; ``listed`` if its list is open."""

    number: int
    policy: str
    status: str = "OPEN"
    listed: bool = False

    @property
    def id(self) -> str:
        """The claim's identity."""
        return f"c-{self.number:02d}"


@dataclass(frozen=True)
class News:
    """An event of a policy: its place among all events, its copies, and when they come into the queue.

    In a schedule of identities, ``policy`` is a claim, and the event is about this claim alone.
    """

    number: int
    policy: str
    kind: str = CANCELLED
    at: tuple[float, ...] = (0.0,)
    hops: int = 0

    @property
    def id(self) -> str:
        """The event's id."""
        return f"e-{self.number:02d}"

    @property
    def reacts(self) -> bool:
        """Whether claims react to it."""
        return self.kind != RENAMED and self.hops < MOST_HOPS


@dataclass(frozen=True)
class Call:
    """A command of a caller on a claim; the command that creates has a policy.

    ``read`` lets it wait until a reaction reads the claim.
    """

    claim: str
    function: str
    at: float = 0.0
    policy: str = ""
    read: bool = False


@dataclass(frozen=True)
class Scenario(Pieces):
    """All of a schedule but its choices.

    Args:
        page: claims of a page.
        short: the rate at which a call finds that its time is nearly over.
        pollers: concurrent readers of the queue.
        closes: the second at which the open list closes.
        identities: whether the events are about single claims: then no reaction waits.
    """

    rows: tuple[Row, ...] = ()
    news: tuple[News, ...] = ()
    calls: tuple[Call, ...] = ()
    page: int = 2
    short: float = 0.0
    pollers: int = 2
    closes: float = 0.0
    identities: bool = False

    @property
    def field(self) -> str:
        """The field of claims that has the events' subject."""
        return "claim_id" if self.identities else "policy_id"

    def type_of(self, news: News) -> str:
        """Return the type of an event."""
        return news.kind.replace("Policy", "Claim") if self.identities else news.kind

    PIECES: ClassVar[tuple[str, ...]] = ("rows", "news", "calls")
    SIMPLER: ClassVar = (
        lambda scenario: replace(scenario, short=0.0),
        lambda scenario: replace(scenario, pollers=1),
        lambda scenario: replace(scenario, closes=0.0),
        lambda scenario: replace(scenario, news=tuple(replace(news, at=news.at[:1]) for news in scenario.news)),
    )


def drawn(random: Random) -> Scenario:
    """Return a scenario of at most a dozen claims, and some events and commands."""
    rows = tuple(_row(random, number) for number in range(random.choice((1, 2, 4, 7, 12))))
    if random.random() < 0.2:
        return _of_a_claim(random)
    return Scenario(
        rows=rows,
        news=tuple(_news(random, number) for number in range(1, 1 + random.choice((1, 1, 2, 3, 4)))),
        calls=tuple(_call(random, rows) for _ in range(random.choice((0, 0, 2, 5)))),
        page=random.choice((1, 2, 3, 25)),
        short=random.choice((0.0, 0.0, 0.1, 0.4)),
        pollers=random.choice((1, 2, 3)),
        closes=random.choice((0.0, 1.0, 100.0, 500.0, 1500.0)),
    )


def _of_a_claim(random: Random) -> Scenario:
    """Return events about one claim that come nearly at once, in any order."""
    numbers = range(1, 1 + random.choice((2, 3, 4)))
    kinds = [random.choice((CANCELLED, REINSTATED)) for _ in numbers]
    times = [round(1.0 + random.choice((0.05, 0.3, 2.0)) * random.random(), 2) for _ in numbers]
    news = [News(number, "c-00", kind, (at,)) for number, kind, at in zip(numbers, kinds, times, strict=True)]
    row = Row(0, POLICIES[0], random.choice(("OPEN", "REJECTED")))
    short = random.choice((0.0, 0.1))
    return Scenario(rows=(row,), news=tuple(news), pollers=3, short=short, identities=True)


def _row(random: Random, number: int) -> Row:
    status = random.choice(("OPEN", "OPEN", "ASSESSED", "PAID", "REJECTED"))
    listed = status == "OPEN" and random.random() < 0.2
    return Row(number, random.choice((POLICIES[0], *POLICIES)), status, listed)


def _news(random: Random, number: int) -> News:
    kind = random.choice((CANCELLED, CANCELLED, REINSTATED, RENAMED))
    copies = tuple(
        round(random.choice((0.0, 0.5, 3.0, 200.0)) * random.random(), 2) for _ in range(random.choice((1, 1, 2)))
    )
    return News(number, random.choice((POLICIES[0], *POLICIES)), kind, copies, random.choice((0, 0, 0, 3, MOST_HOPS)))


def _call(random: Random, rows: tuple[Row, ...]) -> Call:
    at = round(random.choice((0.0, 0.0, 30.5)) + random.choice((0.5, 3.0, 60.0)) * random.random(), 2)
    if random.random() < 0.4:
        return Call(f"n-{random.randrange(100):02d}", "register_claim", at, random.choice(POLICIES))
    return Call(
        random.choice(rows).id,
        random.choice(("assess_claim", "assess_claim", "pay_claim")),
        at,
        read=random.random() < 0.3,
    )


_FAULTS: Final = (
    *(profile.UNANSWERED, profile.LATE, profile.FAILED, profile.THROTTLED),
    *(profile.KILLED_BEFORE, profile.KILLED_AFTER, profile.IN_FLIGHT, profile.EXPIRES),
)


def profile_of(random: Random) -> Profile:
    """Return a profile: three of ten have no injected fault."""
    switch = random.choice((0.03, 0.1, 0.3, 0.6))
    if random.random() < 0.3:
        return Profile(switch=switch, slow=random.choice((0.0, 0.0, 0.05)))
    kinds = random.sample(_FAULTS, random.choice((1, 1, 2, 3)))
    rate = random.choice((0.01, 0.03, 0.08))
    return Profile(
        switch=switch,
        faults=dict.fromkeys(kinds, rate / len(kinds)),
        budget=random.choice((1, 3, 8)),
        targets=random.choice((("on_event",), ("",))),
        streak=random.choice((0.2, 0.6)),
        slow=random.choice((0.0, 0.02)),
        stall=random.choice((0.0, 0.0, 0.02)),
        longest=random.choice((5.0, 60.0)),
    )
