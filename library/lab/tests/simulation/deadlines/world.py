"""One schedule of deadlines: callers, lists, and the passes of the schedule, run to rest and judged."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from unittest.mock import patch
from zlib import crc32

from bounded_context.adapters import deadlines as index
from bounded_context.adapters import items
from bounded_context.application import deadlines as application
from bounded_context.declaration.structure import MEET_DEADLINES
from bounded_context.handlers import relay_events

from .. import functions as lambda_functions
from ..callers import Caller
from ..history import Sent, Write
from ..outcome import Choices, Outcome
from ..profile import Profile
from ..scheduler import Key, Scheduler
from ..world import World
from ..world import play as play_world
from .contexts import AFTER, ASKED, BOTH, HANDLERS, ONE
from .invariants import AtEnd, AtWrites
from .scenario import LAST, PERIOD, Later, Waiting

_FINAL: Final = 12
"""Passes without faults at the end, at most: a pass may take one aggregate only."""
SHARDS: Final = 2
"""Shards of a status in the index."""
_BEHIND: Final = 20.0
"""Seconds after which the index has every write."""


class DeadlinesWorld(World):
    """A schedule of deadlines."""

    scenario: Waiting  # pyrefly: ignore[bad-override-mutable-attribute] (no code changes it)

    def __init__(self, scheduler: Scheduler, scenario: Waiting, known: frozenset[str] = frozenset()) -> None:
        super().__init__(scheduler, scenario, known)
        self.context = BOTH if scenario.both else ONE
        self.statuses = tuple(self.context.deadline_by_status)
        self.answers: list[dict[str, Any]] = []
        self.asked = ASKED
        self._older: set[Any] = set()
        ASKED.clear()
        at_writes = AtWrites(self)
        self.history.watchers.clear()
        self.history.watchers.append(lambda write: self._check(partial(at_writes, write)))

    @property
    def in_time(self) -> bool:
        """Whether nothing delays a pass, and the schedule calls the function every quarter of an hour."""
        slow = self.scheduler.profile.slow or self.scheduler.profile.windows
        calm = self.scheduler.calm or self.scenario.uploads
        return self.undisturbed and not slow and self.scenario.most == 100 and not calm

    @property
    def changed_meanwhile(self) -> bool:
        """Whether a caller changes a payment about the time of a pass: the command may conflict, and is sent again."""
        return any(order.at >= AFTER["REGISTERED"] for order in self.scenario.orders)

    def by_older(self, write: Write) -> bool:
        """Return whether a release without deadlines made a write."""
        return write.by in self._older

    # Activities.

    def _handler(self, name: str) -> Callable[[Any, Any], Any]:
        if name == "verify_payment" and self.scenario.older and self.scheduler.choose((False, True)):
            return partial(self._by_older, lambda_functions.handler(name))
        return HANDLERS[self.context].get(name) or lambda_functions.handler(name)

    def _by_older(self, handler: Callable[[Any, Any], Any], event: Any, context: Any) -> Any:
        self._older.add(self.scheduler.me)
        return handler(event, context)

    def _begin(self) -> None:
        periods = (PERIOD * number for number in range(2, int(LAST / PERIOD)))
        for at in sorted((*periods, *self.scenario.calls)):
            self._add("schedule", partial(self._call, at))

    def _call(self, at: float) -> None:
        self.scheduler.sleep(at)
        self._pass()

    def _pass(self) -> None:
        time = datetime.fromtimestamp(self.scheduler.now(), UTC).isoformat()
        call = self.functions.invoke(MEET_DEADLINES, {"time": time})
        self.scheduler.join([call])
        if not call.dead and call.error is None:
            self.answers.append(call.result)

    def _settle(self) -> None:
        """Let all time pass, and let the schedule call the function as often as there may be payments."""
        for _ in self.statuses:
            self.scheduler.sleep(LAST)
            for _ in range(_FINAL):
                self._pass()
                self.scheduler.sleep(_BEHIND)
                if not any(self.answers[-1][outcome] for outcome in application.Outcome):
                    break

    def _checks(self) -> Iterator[Callable[[], None]]:
        return AtEnd(self).checks()

    def _caller(self, session: list[Sent]) -> Caller:
        return WaitingCaller(self.scheduler, self.functions, session)


class WaitingCaller(Caller):
    """A caller whose first command comes after a time, and then after a call of a pass."""

    def run(self) -> None:
        """Wait, and send the commands."""
        first = self._session[0].order
        if not (isinstance(first, Later) and first.wait):
            super().run()
            return
        self._scheduler.sleep(first.at)
        self._scheduler.wait_for(first.wait, 0.0)
        for sent in self._session:
            self._insist(sent)


class _Time:
    """The remaining time of a pass that has none after a number of aggregates."""

    def __init__(self, scheduler: Scheduler, most: int, real: Callable[[], float]) -> None:
        self._scheduler, self._most, self._real = scheduler, most, real
        self._counts: dict[Any, int] = {}

    def __call__(self) -> float:
        me = self._scheduler.me
        self._counts[me] = self._counts.get(me, 0) + 1
        return self._real() if self._counts[me] <= self._most else 0.0


def play(
    seed: int,
    scenario: Waiting,
    profile: Profile,
    kept: dict[Key, Any] | None = None,
    known: frozenset[str] = frozenset(),
) -> Outcome:
    """Run one schedule; with ``kept``, replay these choices. The patches have to be installed."""
    worlds: list[DeadlinesWorld] = []

    def made(scheduler: Scheduler, scenario: Any, known: frozenset[str]) -> DeadlinesWorld:
        worlds.append(DeadlinesWorld(scheduler, scenario, known))
        time = _Time(scheduler, scenario.most, application.seconds_to_spare)
        stack.enter_context(patch.object(application, "seconds_to_spare", time))
        return worlds[-1]

    def again(other: Any, choices: Choices, passed: frozenset[str]) -> Outcome:
        return play(seed, other, profile, choices, passed)

    with ExitStack() as stack:
        stack.enter_context(patch.object(index, "PAGE", scenario.page))
        # A pass of a schedule sends few queries.
        stack.enter_context(patch.object(index, "INDEX_SHARDS", SHARDS))
        stack.enter_context(patch.object(items, "shard_of", lambda identity, _: crc32(identity.encode()) % SHARDS))
        stack.enter_context(patch.object(relay_events, "CONTEXT", BOTH if scenario.both else ONE))
        outcome = play_world(seed, scenario, profile, kept, known, made)  # pyrefly: ignore[bad-argument-type]
    outcome.play = again
    outcome.statuses = worlds[-1].answers
    return outcome
