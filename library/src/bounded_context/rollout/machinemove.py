"""The state machine's way to another version: its alias is shifted here, since CodeDeploy shifts Lambda only."""

from collections.abc import Mapping
from datetime import timedelta

from .alarms import Alarms
from .clock import Clock
from .errors import AWS_ERRORS, Expired, code, passes, sentence
from .follow import GRACE, POLL
from .machines import Machines, Routing
from .model import Part, Result, Steps, patiently
from .notes import Note
from .orders import Order

IF_GONE = "if that run is gone, pass --on-conflict stop"
"""What to do about a shift that nobody ends, since its run was killed."""


class _Ends(Exception):
    """The shift ends here, for this reason."""

    def __init__(self, result: Result, why: str) -> None:
        super().__init__(why)
        self.result: Result = result
        self.why = why


class MachineMove:
    """Moves the alias to `target`, or to the newest version; puts the old version back whenever it ends early."""

    def __init__(
        self,
        part: Part,
        order: Order,
        machines: Machines,
        alarms: Alarms,
        clock: Clock,
        target: str = "",
    ) -> None:
        self._part = part
        self._order = order
        self._machine = order.release.machine
        self._machines = machines
        self._alarms = alarms
        self._clock = clock
        self._target = target
        self._waited = False
        self._in_the_way = ""
        # What the alias may be at if nobody else has moved it; empty while this run has not.
        self._mine: list[Mapping[str, int]] = []
        self._note = ""

    def steps(self) -> Steps[None]:
        """Go all the way. Raises nothing that AWS raises: the part has the result."""
        try:
            yield from self._go()
        except _Ends as end:
            self._put_back(end.result, end.why)
        except Expired:
            self._put_back("timed out", f"its time was over{self._in_the_way}")
        except AWS_ERRORS as error:
            self._put_back("failed", sentence(error))
        except GeneratorExit:
            self._put_back("rolled back" if self._mine else "not started", "the run was interrupted")
            raise

    def _go(self) -> Steps[None]:
        routing = yield from self._free()
        newest = yield from patiently(self._part, self._machines.newest)
        self._part.before = self._part.live = routing.old
        self._part.target = self._target or max(routing.old, newest, key=int)
        if routing.old == self._part.target:
            self._part.finish("succeeded" if self._waited else "up to date", _first(newest))
            return
        yield from self._refuse_firing()
        yield from self._shift(routing)
        self._part.live = self._part.target
        self._part.finish("succeeded")

    def _free(self) -> Steps[Routing]:
        """The routing once one version has all executions."""
        while True:
            routing = yield from patiently(self._part, self._machines.routing)
            if not routing.shifting:
                self._in_the_way = ""
                return routing
            yield from self._conflict(routing)

    def _conflict(self, routing: Routing) -> Steps[None]:
        match self._order.on_conflict:
            case "fail":
                raise _Ends("refused", f"{shared(routing)}: wait for its end, or pass --on-conflict wait or stop.")
            case "stop":
                self._waited = True
                weights = {routing.old: 100}
                yield from patiently(self._part, lambda: self._machines.route(weights, self._note_of_return(routing)))
            case "wait":
                self._waited = True
                self._part.before = self._part.live = routing.old
                self._part.doing = f"waiting, since {shared(routing)}"
                self._in_the_way = f" while {shared(routing)}: {IF_GONE}"
                yield None
                yield from self._refuse_rolled_back(routing)

    def _refuse_rolled_back(self, before: Routing) -> Steps[None]:
        """What another run has just put back is not started again."""
        now = yield from patiently(self._part, self._machines.routing)
        newest = yield from patiently(self._part, self._machines.newest)
        if newest in before.weights and now.weights == {before.old: 100}:
            self._part.before, self._part.target, self._part.live = before.old, newest, before.old
            raise _Ends("rolled back", f"another run put version {before.old} back: look at what that run says.")

    def _refuse_firing(self) -> Steps[None]:
        firing = yield from self._firing()
        if firing:
            raise _Ends(
                "refused",
                f"in ALARM before its first step: {', '.join(firing)}; end that first, or pass --ignore-alarms WHY.",
            )

    def _shift(self, routing: Routing) -> Steps[None]:
        strategy, old, new = self._order.release.strategy, routing.old, self._part.target
        note = self._order.note(self._machine.name, old, new)
        self._mine, self._note = [routing.weights], str(note)
        for weight in (100,) if self._order.back else strategy.weights:
            yield from self._step({old: 100 - weight, new: weight} if weight < 100 else {new: 100}, note)
            self._part.doing, self._part.weight = "shifting", weight
            if weight < 100:
                yield from self._watch(strategy.minutes)
        self._mine = []

    def _step(self, weights: Mapping[str, int], note: Note) -> Steps[None]:
        now = yield from patiently(self._part, self._machines.routing)
        if now.weights != self._mine[-1] or not self._is_mine(now):
            raise _Ends("failed", "somebody else changed its alias")
        self._mine.append(weights)
        yield from patiently(self._part, lambda: self._machines.route(weights, note))

    def _is_mine(self, now: Routing) -> bool:
        """Whether nobody else has moved the alias: two runs of one strategy set the same weights, not the same note."""
        if now.weights == self._mine[0]:
            return True
        return now.weights in self._mine and str(now.note or "") == self._note

    def _watch(self, minutes: int) -> Steps[None]:
        """Let minutes pass in which no alarm fires."""
        until = self._clock.now() + timedelta(minutes=minutes)
        while True:
            firing = yield from self._firing()
            if firing:
                raise _Ends("rolled back", f"an alarm fired ({', '.join(firing)}): look at the failed executions")
            if self._clock.now() >= until:
                return
            yield None

    def _firing(self) -> Steps[list[str]]:
        if self._order.ignored_alarms or self._order.back or not self._machine.alarms:
            return []
        return (yield from patiently(self._part, lambda: self._alarms.firing(self._machine.alarms)))

    def _put_back(self, result: Result, why: str) -> None:
        """Give the old version all executions again, unless somebody else has the alias now. Does not yield."""
        if not self._mine:
            self._part.finish(result, why)
            return
        until = self._clock.now() + timedelta(minutes=GRACE)
        while not self._is_put_back(result, why, last=self._clock.now() >= until):
            self._clock.sleep(POLL)

    def _is_put_back(self, result: Result, why: str, *, last: bool) -> bool:
        old = self._part.before
        try:
            now = self._machines.routing()
            if not self._is_mine(now):
                self._part.finish("failed", f"{why}; the alias is left as it is, since somebody else moves it now.")
                return True
            if now.weights == {old: 100}:
                self._part.finish(result, f"{why}; version {old} has all executions, as before.")
                return True
            self._machines.route({old: 100}, self._note_of_return(now))
        except AWS_ERRORS as error:
            if not last and (passes(error) or code(error) == "ConflictException"):
                return False
            self._part.finish("failed", f"{why}; version {old} could not be put back ({sentence(error)}): do it now.")
            return True
        self._part.finish(result, f"{why}; version {old} has all executions again.")
        return True

    def _note_of_return(self, routing: Routing) -> Note:
        """What the alias says after it went back to its old version."""
        note = routing.note or self._order.note(self._machine.name, routing.old, max(routing.weights, key=int))
        if note.back:
            return note
        return Note(note.release_id, note.stack, note.name, note.target, note.before, back=True)


def shared(routing: Routing) -> str:
    """Say which versions share the executions."""
    shares = " and ".join(f"version {version} {weight} %" for version, weight in routing.weights.items())
    return f"another run is shifting its alias ({shares})"


def _first(newest: str) -> str:
    return "version 1 is its only one: what is deployed first is live at once." if newest == "1" else ""
