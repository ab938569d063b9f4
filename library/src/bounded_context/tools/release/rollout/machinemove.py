"""The release of the state machine. This module shifts its alias, because CodeDeploy only shifts Lambda."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from ...command.aws_errors import AWS_ERRORS, Expired, passes, sentence
from ...command.clock import Clock
from .alarms import Alarms
from .follow import GRACE, POLL
from .machinealias import PATIENCE, Changed, Heartbeat, MachineAlias
from .machines import Machines, Routing
from .model import Part, Result, Steps, first, patiently
from .notes import Note
from .orders import Order
from .survey import Survey

IF_GONE = "if that run is gone, pass --on-conflict stop"
"""The remedy for a shift whose run was killed."""


BACK_GONE = "if that run is gone, run `rollout back`"
"""The remedy for a mark whose run was killed."""


class _Ends(Exception):
    """Ends the shift with a result and a reason."""

    def __init__(self, result: Result, why: str) -> None:
        super().__init__(why)
        self.result: Result = result
        self.why = why


class MachineMove:
    """Moves the alias to the survey's target version. Restores the old version if it ends early.

    `obstacle` returns the reason why the functions prevent the move; empty if they do not.
    """

    def __init__(
        self,
        part: Part,
        order: Order,
        machines: Machines,
        alarms: Alarms,
        clock: Clock,
        survey: Survey,
        obstacle: Callable[[], str],
    ) -> None:
        self._part = part
        self._order = order
        self._machine = order.release.machine
        self._machines = machines
        self._alarms = alarms
        self._clock = clock
        self._survey = survey
        self._obstacle = obstacle
        self._waited = False
        self._in_the_way = ""
        self._taken_over = ""
        """The description that this run wrote to an abandoned alias. A return that began later still counts."""
        self._alias: MachineAlias | None = None
        """The alias while this run moves it."""

    def steps(self) -> Steps[None]:
        """Run all steps. AWS errors become the part's result."""
        try:
            yield from self._go()
        except _Ends as end:
            self._put_back(end.result, end.why)
        except Changed:
            self._part.finish("failed", "another run or a person changed its alias: see `rollout status`.")
        except Expired:
            self._put_back("timed out", f"its time was over{self._in_the_way}")
        except AWS_ERRORS as error:
            self._put_back("failed", sentence(error))
        except GeneratorExit:
            if self._alias or self._part.result is None:
                self._put_back("rolled back" if self._alias else "not started", "the run was interrupted")
            raise

    def _go(self) -> Steps[None]:
        routing = yield from self._free()
        old, target = routing.old, self._survey.machine_target
        self._part.before, self._part.live, self._part.target = old, old, target
        self._refuse_taken_back(routing)
        if int(old) > int(target):
            raise _Ends("failed", f"another run has moved it to version {old}")
        if why := self._obstacle():
            raise _Ends("not started", why)
        if old == target:
            self._part.finish("succeeded" if self._waited else "up to date", first(target))
            return
        yield from self._refuse_firing()
        yield from self._shift(routing)
        self._part.live = target
        self._part.finish("succeeded")

    def _free(self) -> Steps[Routing]:
        """Return the routing as soon as one version has all executions and no return is in progress."""
        alone, since = None, self._clock.now()
        while True:
            routing = yield from patiently(self._part, self._machines.routing)
            if not routing.shifting and not routing.returning:
                self._in_the_way = ""
                return routing
            if (routing, routing.changed) != alone:
                alone, since = (routing, routing.changed), self._clock.now()
            yield from self._conflict(routing, abandoned=self._clock.now() >= since + PATIENCE)

    def _conflict(self, routing: Routing, *, abandoned: bool) -> Steps[None]:
        if self._order.on_conflict == "fail":
            raise _Ends("refused", f"{shared(routing)}: wait for its end, or pass --on-conflict wait or stop.")
        self._waited = True
        if abandoned or (self._order.on_conflict == "stop" and not routing.returning):
            # The new id distinguishes this write from the writes of the dead run.
            name, newest = self._machine.name, max(routing.weights, key=int)
            note = replace(self._order.note(name, newest, routing.old), back=True)
            alias = MachineAlias(self._part, self._machines, routing)
            yield from alias.write(Routing({routing.old: 100}, str(note)))
            if not routing.returning or routing == self._survey.routing:
                self._taken_over = str(note)
            return
        self._part.before = self._part.live = routing.old
        self._part.doing = f"waiting, since {shared(routing)}"
        self._in_the_way = f" while {shared(routing)}: {BACK_GONE if routing.returning else IF_GONE}"
        yield None

    def _refuse_taken_back(self, routing: Routing) -> None:
        """Reject a version that another run has taken back since the survey."""
        seen, taken = self._survey.routing, routing.note is not None and routing.note.back
        if self._taken_over and routing.description == self._taken_over:
            return
        if (taken and routing != seen) or (seen.shifting and routing.weights == {seen.old: 100}):
            raise _Ends("rolled back", f"another run put version {routing.old} back: see that run's report")

    def _refuse_firing(self) -> Steps[None]:
        firing = yield from self._firing()
        if firing:
            raise _Ends(
                "failed" if self._taken_over else "refused",
                f"in ALARM before its first step: {', '.join(firing)}; end that first, or pass --ignore-alarms WHY.",
            )

    def _shift(self, routing: Routing) -> Steps[None]:
        strategy, old, new = self._order.release.strategy, routing.old, self._part.target
        note = str(self._order.note(self._machine.name, old, new))
        self._alias = MachineAlias(self._part, self._machines, routing)
        for weight in strategy.weights:
            yield from self._alias.write(
                Routing({old: 100 - weight, new: weight} if weight < 100 else {new: 100}, note)
            )
            self._part.doing, self._part.weight = "shifting", weight
            if weight < 100:
                yield from self._watch(strategy.minutes)
        now = yield from patiently(self._part, self._machines.routing)
        if now != self._alias.known:
            raise Changed
        self._alias = None

    def _watch(self, minutes: int) -> Steps[None]:
        """Wait for some minutes. Ends the shift if an alarm fires."""
        until = self._clock.now() + timedelta(minutes=minutes)
        assert self._alias  # noqa: S101 - this run moves it
        beat = Heartbeat(self._alias, self._machines, self._clock)
        while True:
            beat()
            firing = yield from self._firing()
            if firing:
                raise _Ends("rolled back", f"an alarm fired ({', '.join(firing)}): look at the failed executions")
            if self._clock.now() >= until:
                return
            yield None

    def _firing(self) -> Steps[list[str]]:
        if self._order.ignored_alarms or not self._machine.alarms:
            return []
        return (yield from patiently(self._part, lambda: self._alarms.firing(self._machine.alarms)))

    def _put_back(self, result: Result, why: str) -> None:
        """Give the old version all executions again, unless another run has written the alias. Does not yield."""
        if self._alias is None:
            self._part.finish(result, why)
            return
        until = self._clock.now() + timedelta(minutes=GRACE)
        while not self._is_put_back(self._alias, result, why, last=self._clock.now() >= until):
            self._clock.sleep(POLL)

    def _is_put_back(self, alias: MachineAlias, result: Result, why: str, *, last: bool) -> bool:
        old = self._part.before
        try:
            now = self._machines.routing()
            if now.weights == {old: 100} and not alias.pending:
                self._part.finish(result, f"{why}; version {old} has all executions, as before.")
                return True
            if not alias.put(Routing({old: 100}, str(self._note_of_return(now))), now):
                return self._fail_to_put_back(why, "AWS does not answer", last=last)
        except Changed:
            self._part.finish("failed", f"{why}; another run moves the alias now, so it stays as it is.")
            return True
        except AWS_ERRORS as error:
            return self._fail_to_put_back(why, sentence(error), last=last or not passes(error))
        self._part.finish(result, f"{why}; version {old} has all executions again.")
        return True

    def _fail_to_put_back(self, why: str, problem: str, *, last: bool) -> bool:
        if last:
            old = self._part.before
            self._part.finish("failed", f"{why}; version {old} could not be put back ({problem}): do it now.")
        return last

    def _note_of_return(self, routing: Routing) -> Note:
        return note_of_return(self._order, routing)


def note_of_return(order: Order, routing: Routing, *, going: bool = False) -> Note:
    """Return the note of an alias that returns to its old version."""
    name = order.release.machine.name
    note = routing.note or order.note(name, routing.old, max(routing.weights, key=int))
    if not note.back:
        note = Note(note.release_id, note.stack, note.name, note.target, note.before, back=True)
    return replace(note, going=going)


def shared(routing: Routing) -> str:
    """Describe another run's use of the alias."""
    if routing.returning:
        return "another run is taking a release back"
    shares = " and ".join(f"version {version} {weight} %" for version, weight in routing.weights.items())
    return f"another run is shifting its alias ({shares})"
