"""The outcome of a schedule, for all parts of the simulation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .history import Violation
from .profile import Profile
from .scheduler import Endless, Key, Scheduler

Trace = list[tuple[float, str, str, str]]
Choices = dict[Key, Any]


@dataclass
class Outcome:
    """How a schedule ended. ``violation`` is None if every invariant held.

    ``play`` runs another scenario with given choices, and returns its outcome.
    """

    seed: int
    scenario: Any
    profile: Profile
    choices: Choices
    trace: Trace
    play: Callable[[Any, Choices, frozenset[str]], "Outcome"]
    violation: Violation | None = None
    statuses: Sequence[Any] = field(default_factory=list)

    def judge(self, scheduler: Scheduler, run: Callable[[], None]) -> None:
        """Run a world, set the violation that it raises, and end every activity that is left."""
        try:
            run()
        except Violation as violation:
            self.violation = violation
        except Endless as endless:
            self.violation = Violation("endless", str(endless))
        finally:
            scheduler.calm = True
            scheduler.end()


def begun(
    play: Callable[..., Outcome], seed: int, scenario: Any, profile: Profile, kept: Choices | None
) -> tuple[Scheduler, Outcome]:
    """Return the scheduler of a schedule and its outcome; with ``kept``, it replays these choices.

    ``play`` runs a scenario for the arguments (seed, scenario, profile, choices, known violations).
    """
    scheduler = Scheduler(seed, profile, kept)

    def again(other: Any, choices: Choices, passed: frozenset[str]) -> Outcome:
        return play(seed, other, profile, choices, passed)

    choices = scheduler.made if kept is None else kept
    return scheduler, Outcome(seed, scenario, profile, choices, scheduler.trace, again)
