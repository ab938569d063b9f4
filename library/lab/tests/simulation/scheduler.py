"""The scheduler: activities as greenlets, virtual time, and every choice drawn from one seed.

An activity runs alone until its next call of a simulated service, or until it sleeps. Each choice other than the
default is kept under the activity's name and the number of its call. A schedule is its scenario and these choices:
a shrunk schedule has fewer of them.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, TypeVar

from greenlet import getcurrent, greenlet

from . import profile as faults
from .profile import Profile

T = TypeVar("T")
Key = tuple[str, int, str]
"""An activity's name, the number of its call, and the kind of choice."""

TICK: Final = 0.01
"""Seconds that a call takes if nothing delays it."""
EPOCH: Final = 1_769_860_800.0
"""The schedule's start: 2026-01-31T12:00:00Z."""
LONGEST_FLIGHT: Final = 8.0
"""Seconds from a request to its effect, below the shortest timeout of a client (10 seconds, `adapters.systems`)."""
_LONGEST_WAIT: Final = 30.0
"""Seconds after which an activity no longer waits for its trigger."""
_MOST_STEPS: Final = 50_000
"""A schedule of more steps does not end."""


class Killed(BaseException):
    """The process of an invocation has ended. No handler catches it."""


class Endless(BaseException):
    """The schedule does not come to its end."""


@dataclass(eq=False)
class Activity:
    """A piece of work that alternates with others: an invocation, an execution, a caller.

    ``deadline`` is the virtual time at which Lambda ends the invocation. ``skew`` is the error of its wall clock in
    seconds. ``made_by`` describes the work for the history of writes.
    """

    name: str
    order: int
    work: Callable[[], Any]
    deadline: float = math.inf
    variables: Mapping[str, str] = field(default_factory=dict)
    function: str = ""
    made_by: Any = None
    wake: float = 0.0
    skew: float = 0.0
    calls: int = 0
    turns: int = 0
    done: bool = False
    dead: str = ""
    result: Any = None
    error: BaseException | None = None
    environment: dict[Any, Any] = field(default_factory=dict)
    counted: list[str] = field(default_factory=list)
    waiting: list["Activity"] = field(default_factory=list)
    priority: float = 0.0
    started: float = 0.0
    ended: float = math.inf

    def __post_init__(self) -> None:
        self.greenlet: Any = None
        self.draws: Random | None = None


class Scheduler:
    """Runs activities and decides which goes on; it is the gate of the simulated services.

    Args:
        seed: of every choice.
        profile: which faults, and how often.
        kept: replays these choices, and takes the default for all others.
    """

    def __init__(self, seed: int, profile: Profile, kept: Mapping[Key, Any] | None = None) -> None:
        self.seed = seed
        self.profile = profile
        self.random = Random(seed)  # noqa: S311
        self.replayed = kept
        self.made: dict[Key, Any] = {}
        self.clock = 0.0
        self.calm = False
        self.late = False
        self.trace: list[tuple[float, str, str, str]] = []
        self.me: Activity | None = None
        self.injected: set[str] = set()
        self._live: list[Activity] = []
        self._names: dict[str, int] = {}
        self._left = profile.budget
        self._steps = 0
        self._order = 0
        self._streak: tuple[str, str, float] = ("", "", 0.0)
        self._streak_left = 0
        self._lowest = 0.0
        self._triggers: dict[Activity, str] = {}
        self._rates = sorted(profile.faults.items())
        self._total = sum(rate for _, rate in self._rates)
        self.observers: list[Callable[[Activity, str], None]] = []

    # Time.

    def now(self) -> float:
        """Return the seconds since 1970 in virtual time."""
        return EPOCH + self.clock

    def wall(self) -> float:
        """Return the wall clock that the current activity reads."""
        return EPOCH + self.clock + (self.me.skew if self.me else 0.0)

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass for the current activity."""
        me = self._inside()
        if me is None:
            self.clock += seconds
            return
        self._check(me)
        me.wake = self.clock + max(0.0, seconds)
        self._yield(me)

    def wait_for(self, trigger: str, seconds: float) -> None:
        """Let the current activity wait for a call of another one, or for a time.

        ``trigger`` is a part of the function's name, a colon, and the call's name.
        """
        me = self.me
        if trigger and me is not None:
            self._triggers[me] = trigger
            self.sleep(max(seconds, _LONGEST_WAIT))
            self._triggers.pop(me, None)
        else:
            self.sleep(seconds)

    # Activities.

    def spawn(self, name: str, work: Callable[[], Any], **facts: Any) -> Activity:
        """Add an activity that runs from now on; a repeated name gets a number."""
        number = self._names[name] = self._names.get(name, 0) + 1
        self._order += 1
        unique = name if number == 1 else f"{name}~{number}"
        activity = Activity(unique, self._order, work, wake=self.clock, **facts)
        activity.greenlet = greenlet(lambda: self._work(activity), getcurrent() if self.me is None else self._root)
        if self.profile.priorities and self.replayed is None:
            activity.priority = self.random.random()
        self._live.append(activity)
        return activity

    def _work(self, activity: Activity) -> None:
        try:
            self._check(activity)
            activity.result = activity.work()
        except Killed:
            pass
        except Exception as error:
            if not activity.function:
                # The simulator itself is at fault.
                raise
            activity.error = error
        activity.done = True
        self._live.remove(activity)
        for waiting in activity.waiting:
            waiting.wake = min(waiting.wake, self.clock)

    def join(self, others: Sequence[Activity], until: float = math.inf) -> bool:
        """Wait until one of the others is done, or until a virtual time; return whether one is done."""
        me = self._inside()
        assert me is not None
        while not any(other.done for other in others):
            if self.clock >= until:
                return False
            for other in others:
                other.waiting.append(me)
            me.wake = until
            self._yield(me)
            for other in others:
                other.waiting.remove(me)
        return True

    def rest(self) -> None:
        """Let the current activity wait until `rouse` names it."""
        me = self._inside()
        assert me is not None
        me.wake = math.inf
        self._yield(me)

    def hold(self, activity: Activity, seconds: float) -> None:
        """Let an activity that is about to go on wait for a while."""
        activity.wake = max(activity.wake, self.clock + seconds)

    def rouse(self, activity: Activity) -> None:
        """Let an activity that rests go on."""
        activity.wake = min(activity.wake, self.clock)

    def run(self) -> None:
        """Run all activities to their end.

        Raises:
            Endless: an activity waits for ever, or there are too many steps.
        """
        self._root = getcurrent()
        last: Activity | None = None
        while self._live:
            self.me = self._next(last)
            self.me.greenlet.switch()
            last = self.me
        self.me = None

    def end(self) -> None:
        """End every activity that is left, so that its greenlet is freed."""
        for activity in list(self._live):
            activity.dead = "end"
            self.me = activity
            while not activity.done and not activity.greenlet.dead:
                activity.greenlet.switch()
        self.me = None

    # Choices.

    def pick(self, kind: str, draw: Callable[[Random], Any]) -> Any:
        """Return a choice of the current activity, None for the default."""
        me = self.me
        if me is None or self.calm:
            return None
        me.calls += 1
        return self._pick((me.name, me.calls, kind), draw)

    def fault(self, kind: str, draw: Callable[[Random], Any]) -> Any:
        """Return the details of a fault that is not one of a call, None for no fault."""
        value = self.pick(kind, draw)
        if value is not None:
            self.injected.add(kind)
        return value

    def _pick(self, key: Key, draw: Callable[[Random], Any]) -> Any:
        if self.replayed is not None:
            return self.replayed.get(key)
        value = draw(self.random)
        if value is not None:
            self.made[key] = value
        return value

    def chance(self, probability: float) -> bool:
        """Tell whether something happens that has this probability."""
        if self.calm or self.me is None:
            return False
        me = self.me
        me.calls += 1
        return bool(
            self._pick((me.name, me.calls, "chance"), lambda random: True if random.random() < probability else None)
        )

    def choose(self, options: Sequence[T]) -> T:
        """Return one of the options; the first is the default."""
        if self.me is None or len(options) < 2:
            return options[0]
        me = self.me
        me.calls += 1
        index = self._pick((me.name, me.calls, "choose"), lambda random: random.randrange(len(options)) or None)
        return options[(index or 0) % len(options)]

    def own_random(self) -> Random:
        """Return the current activity's own source of random numbers, for jitter and tokens."""
        me = self.me
        if me is None:
            return self.random
        if me.draws is None:
            me.draws = Random(f"{self.seed}:{me.name}")  # noqa: S311
        return me.draws

    # Calls.

    def call(self, name: str, effect: Callable[[], T], errors: Any = None) -> T:
        """Run one call of a simulated service: others may run before it, and it may fail."""
        me = self._inside()
        if me is None:
            return effect()
        self._check(me)
        me.calls += 1
        fault = None if self.calm else self._fault(me, name)
        self._pass(me, fault)
        if fault is not None:
            return self._faulty(me, name, effect, errors, fault)
        try:
            return self._do(me, name, effect)
        finally:
            if self._triggers:
                self._trigger(me, name)

    def _trigger(self, me: Activity, name: str) -> None:
        """Let the activities go on that wait for this call, most often before this activity's next call."""
        named = f"{me.function}:{name}"
        for waiting, trigger in list(self._triggers.items()):
            if trigger in named and waiting is not me:
                self._triggers.pop(waiting, None)
                self.rouse(waiting)
                pause = self.pick("pause", lambda random: round(random.choice((0.0, 0.03, 0.05, 0.08, 0.2)), 2) or None)
                if pause:
                    self.sleep(pause)

    def _do(self, me: Activity, name: str, effect: Callable[[], T], outcome: str = "") -> T:
        try:
            result = effect()
        except Exception as error:
            self.trace.append((self.clock, me.name, name, outcome or _code(error)))
            self._after(me)
            raise
        self.trace.append((self.clock, me.name, name, outcome or "ok"))
        self._after(me)
        return result

    def _after(self, me: Activity) -> None:
        for observer in self.observers:
            observer(me, self.trace[-1][2])

    def _faulty(self, me: Activity, name: str, effect: Callable[[], T], errors: Any, fault: tuple[str, float]) -> T:
        kind, value = fault
        if kind == faults.SLOW:
            return self._do(me, name, effect)
        self.injected.add(kind)
        if kind == faults.STALLED:
            return self._stall(me, name, effect, value)
        if kind in (faults.THROTTLED, faults.FAILED):
            self.trace.append((self.clock, me.name, name, kind))
            raise errors.throttled() if kind == faults.THROTTLED else errors.failed()
        if kind == faults.UNANSWERED:
            return self._unanswered(me, name, effect, errors)
        if kind == faults.LATE:
            self._fly(me, name, effect, value)
            raise errors.unanswered()
        return self._die(me, name, effect, kind, value)

    def _stall(self, me: Activity, name: str, effect: Callable[[], T], seconds: float) -> T:
        try:
            return self._do(me, name, effect)
        finally:
            self.sleep(seconds)

    def _unanswered(self, me: Activity, name: str, effect: Callable[[], T], errors: Any) -> T:
        with suppress(Exception):
            self._do(me, name, effect, faults.UNANSWERED)
        raise errors.unanswered()

    def _fly(self, me: Activity, name: str, effect: Callable[[], T], seconds: float) -> None:
        """Let a request take effect later, when its sender has an error, or is dead."""
        self.trace.append((self.clock, me.name, name, "sent"))

        def land() -> None:
            self.sleep(seconds)
            self.late = True
            with suppress(Exception):
                self._do(me, name, effect, "late effect")
            self.late = False

        self.spawn(f"{me.name}/request", land)

    def _die(self, me: Activity, name: str, effect: Callable[[], T], kind: str, value: float) -> T:
        if kind == faults.KILLED_BEFORE:
            self.trace.append((self.clock, me.name, name, kind))
        elif kind == faults.IN_FLIGHT:
            self._fly(me, name, effect, value)
        else:
            with suppress(Exception):
                self._do(me, name, effect, kind)
        if kind == faults.EXPIRES:
            self.sleep(max(0.0, me.deadline - self.clock))
        me.dead = me.dead or "killed"
        raise Killed

    def _fault(self, me: Activity, name: str) -> tuple[str, float] | None:
        key = (me.name, me.calls, "fault")
        if self.replayed is not None:
            return self.replayed.get(key)
        drawn = self._drawn(me, name)
        if drawn is not None:
            self.made[key] = drawn
        return drawn

    def _drawn(self, me: Activity, name: str) -> tuple[str, float] | None:
        profile, random = self.profile, self.random
        for window in profile.windows:
            if window.start <= self.clock < window.end and "dynamodb" in name and random.random() < window.rate:
                return faults.THROTTLED, window.slow
        if self._streak_left and self._streak[0] == name and (me.function or self._streak[1] not in _OF_FUNCTIONS):
            self._streak_left -= 1
            return self._streak[1:]
        draw = random.random()
        if draw < self._total:
            return self._begun(name, self._injected(me, draw))
        draw -= self._total
        if draw < profile.slow:
            return faults.SLOW, round(random.uniform(0, LONGEST_FLIGHT), 2)
        if draw < profile.slow + profile.stall and me.function:
            return faults.STALLED, round(profile.longest ** random.random(), 2)
        return None

    def _injected(self, me: Activity, draw: float) -> tuple[str, float] | None:
        kind = self._kind(draw)
        aside = bool(self.profile.targets) and me.function not in self.profile.targets
        if aside or self._left <= 0 or (kind in _OF_FUNCTIONS and not me.function):
            return None
        self._left -= 1
        low, high = _DETAILS.get(kind, (0.0, 0.0))
        return kind, round(self.random.uniform(low, high), 2)

    def _kind(self, draw: float) -> str:
        for kind, rate in self._rates:
            if draw < rate:
                return kind
            draw -= rate
        return self._rates[-1][0]

    def _begun(self, name: str, fault: tuple[str, float] | None) -> tuple[str, float] | None:
        if fault and fault[0] in _REPEATABLE and self.random.random() < self.profile.streak:
            self._streak, self._streak_left = (name, *fault), self.random.randint(2, 8)
        return fault

    # Switching.

    def _inside(self) -> Activity | None:
        me = self.me
        return me if me is not None and getcurrent() is me.greenlet else None

    def inside(self) -> bool:
        """Tell whether the caller is an activity of this scheduler."""
        return self._inside() is not None

    def _check(self, me: Activity) -> None:
        if self.clock >= me.deadline:
            me.dead = me.dead or "timeout"
        if me.dead:
            raise Killed

    def _pass(self, me: Activity, fault: tuple[str, float] | None) -> None:
        self.clock += TICK
        if fault is not None and fault[0] in (faults.SLOW, faults.THROTTLED):
            me.wake = self.clock + fault[1]
        else:
            me.wake = self.clock
        self._yield(me)

    def _yield(self, me: Activity) -> None:
        chosen = self._next(me)
        if chosen is not me:
            self.me = chosen
            chosen.greenlet.switch()
        self._check(me)

    def _next(self, last: Activity | None) -> Activity:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise Endless("too many steps")
        clock = self.clock
        ready = [activity for activity in self._live if activity.wake <= clock or activity.deadline <= clock]
        if not ready:
            ready = self._later()
        default = last if last is not None and last in ready else ready[0]
        if len(ready) == 1 or last is None:
            return default
        return self._chosen(last, ready, default)

    def _later(self) -> list[Activity]:
        self.clock = min(min(activity.wake, activity.deadline) for activity in self._live)
        if self.clock == math.inf:
            raise Endless("activities wait for each other: " + ", ".join(activity.name for activity in self._live))
        return [activity for activity in self._live if min(activity.wake, activity.deadline) <= self.clock]

    def _chosen(self, last: Activity, ready: list[Activity], default: Activity) -> Activity:
        last.turns += 1
        key = (last.name, last.turns, "next")
        if self.replayed is not None:
            name = self.replayed.get(key)
            return next((activity for activity in ready if activity.name == name), default)
        chosen = self._by_priority(last, ready) if self.profile.priorities else self._drawn_next(ready, default)
        if chosen is not default:
            self.made[key] = chosen.name
        return chosen

    def _drawn_next(self, ready: list[Activity], default: Activity) -> Activity:
        if self.random.random() >= self.profile.switch:
            return default
        return ready[self.random.randrange(len(ready))]

    def _by_priority(self, last: Activity, ready: list[Activity]) -> Activity:
        if self.random.random() < self.profile.switch:
            self._lowest -= 1
            last.priority = self._lowest
        return max(ready, key=lambda activity: activity.priority)


_REPEATABLE: Final = frozenset(
    (faults.FAILED, faults.UNANSWERED, faults.THROTTLED, faults.KILLED_AFTER, faults.KILLED_BEFORE)
)
_OF_FUNCTIONS: Final = frozenset((faults.KILLED_BEFORE, faults.KILLED_AFTER, faults.IN_FLIGHT, faults.EXPIRES))
_DETAILS: Final = {
    faults.LATE: (0.0, LONGEST_FLIGHT),
    faults.IN_FLIGHT: (0.0, LONGEST_FLIGHT),
}
"""The seconds by which a fault skews or delays."""


def _code(error: Exception) -> str:
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return code or type(error).__name__
