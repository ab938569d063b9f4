"""Fault profiles: which faults a schedule injects, and how often its activities alternate."""

from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

THROTTLED: Final = "throttled"
FAILED: Final = "failed"
UNANSWERED: Final = "unanswered"
KILLED_BEFORE: Final = "killed-before"
KILLED_AFTER: Final = "killed-after"
EXPIRES: Final = "expires"
IN_FLIGHT: Final = "in-flight"
LATE: Final = "late"
SLOW: Final = "slow"
STALLED: Final = "stalled"
SKEWED: Final = "skewed"
LOST: Final = "lost"
BUSY: Final = "busy"
ABORTED: Final = "aborted"

TECHNICAL: Final = frozenset((FAILED, UNANSWERED, KILLED_BEFORE, KILLED_AFTER, EXPIRES, IN_FLIGHT, LATE, STALLED, LOST))
"""Faults that may use up a state's retries. A schedule without them must not end with a FAILED list."""

_FAULTS: Final = (UNANSWERED, LATE, FAILED, THROTTLED, KILLED_BEFORE, KILLED_AFTER, IN_FLIGHT, EXPIRES)
"""Kinds of faults of calls:

- throttled, failed: without effect.
- unanswered: with its effect, without its answer. Late: the effect comes up to 8 seconds after the error.
- killed-before, killed-after: the invocation ends. In-flight: its request takes effect up to 8 seconds later.
- expires: the invocation hangs until Lambda ends it.
"""

_TARGETS: Final = (
    (),
    (),
    ("import_list",),
    ("import_list", "compensate_error"),
    ("compensate_error",),
    ("validate_list", "verify_subscription"),
    ("register_list",),
    ("register_payment", "verify_payment", "delete_payment"),
    ("relay_events",),
    ("",),
)
_SLOWEST: Final = 2
"""Seconds that the answer to a throttled call takes at most."""
_LONGEST_STALL: Final = 900.0


@dataclass(frozen=True)
class Window:
    """A time in which calls are throttled: from ``start`` to ``end`` (virtual seconds), each with ``rate``."""

    start: float
    end: float
    rate: float
    slow: float
    """Seconds that the answer to a throttled call takes."""


@dataclass(frozen=True)
class Profile:
    """The rates of one schedule; each is a probability per call.

    Args:
        faults: rate by kind of fault.
        budget: the largest number of injected faults.
        switch: rate at which another runnable activity goes on.
        priorities: whether the activity of the highest drawn priority goes on instead (probabilistic concurrency
            testing, Burckhardt et al. 2010); ``switch`` is then the rate at which the current one loses its priority.
        streak: rate of faults that the next calls of the same name meet too: clients hide a single fault.
        slow: rate of calls that take up to 8 seconds.
        stall: rate of pauses of a function after a call.
        longest: seconds of the longest pause.
        lost: rate of invocations whose caller loses the connection.
        abort: rate of states at which somebody aborts the execution; it is redriven later.
        abort_written: rate of aborts at a state after the import of parts.
        busy: rate of invocations that Lambda throttles.
        windows: times in which DynamoDB throttles.
        targets: the functions whose calls meet faults; all of them, and the state machine, if there is none.
        skew: rate of invocations whose wall clock is up to 5 seconds wrong.
    """

    faults: dict[str, float] = field(default_factory=dict)
    budget: int = 0
    switch: float = 0.2
    priorities: bool = False
    streak: float = 0.0
    slow: float = 0.0
    stall: float = 0.0
    longest: float = 1.0
    lost: float = 0.0
    busy: float = 0.0
    abort: float = 0.0
    abort_written: float = 0.0
    windows: tuple[Window, ...] = ()
    targets: tuple[str, ...] = ()
    skew: float = 0.0

    @property
    def technical(self) -> bool:
        """Whether a state's retries may be used up."""
        return self.lost > 0 or self.stall > 0 or any(kind in TECHNICAL for kind in self.faults)


def drawn(random: Random, *, heavy: bool = False) -> Profile:
    """Return a profile: three of ten have no injected fault, one in ten throttles alone; of heavy scenarios, half."""
    kind = random.random()
    if heavy and kind < 0.5:
        return Profile(**_order(random), windows=(Window(0.1, 2400, random.choice((0.6, 0.7, 0.8)), _SLOWEST),))
    if kind < 0.3:
        return Profile(**_order(random), slow=random.choice((0.0, 0.0, 0.05)))
    return _throttling(random) if kind < 0.42 else _faulty(random)


def _order(random: Random) -> dict[str, Any]:
    if random.random() < 0.4:
        return {"priorities": True, "switch": random.choice((0.01, 0.05))}
    return {"switch": random.choice((0.03, 0.1, 0.3, 0.6))}


def _throttling(random: Random) -> Profile:
    start = random.choice((0.0, 0.2, 1.0)) * random.random()
    length, rate, slow = random.choice((60, 600, 2400)), random.choice((0.4, 0.7, 0.9)), random.choice((0, 1, _SLOWEST))
    return Profile(
        **_order(random),
        windows=(Window(start, start + length, rate, slow),),
        busy=random.choice((0.0, 0.1)),
    )


def _faulty(random: Random) -> Profile:
    kinds = random.sample(_FAULTS, random.choice((1, 1, 2, 3)))
    targets = random.choice(_TARGETS)
    rate = random.choice((0.05, 0.15, 0.3) if targets else (0.01, 0.03, 0.06))
    return Profile(
        **_order(random),
        faults=dict.fromkeys(kinds, rate / len(kinds)),
        budget=random.choice((2, 4, 12)),
        targets=targets,
        streak=random.choice((0.2, 0.6)),
        slow=random.choice((0.0, 0.02)),
        stall=random.choice((0.0, 0.02, 0.1)),
        longest=random.choice((5.0, 60.0, _LONGEST_STALL)),
        abort=random.choice((0.0, 0.0, 0.05)),
        lost=random.choice((0.0, 0.0, 0.1, 0.3)),
        busy=random.choice((0.0, 0.0, 0.05)),
        skew=random.choice((0.0, 0.0, 0.5)),
    )
