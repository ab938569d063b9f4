"""The release of the state machine. This module shifts its alias, because CodeDeploy only shifts Lambda."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from bounded_context_cli.command.aws_errors import AWS_ERRORS, Expired, passes, sentence
from bounded_context_cli.command.operation import Clock

from .deployments import GRACE, POLL, Steps, retried
from .machines import PATIENCE, Changed, MachineAlias, Routing
from .releases import Ended, Note, Order, ReleasedPart, Result, only_version
from .survey import Services, Survey

ABANDONED_SHIFT = "if that run is gone, pass --on-conflict stop"
"""The remedy for a shift whose run was killed."""

ABANDONED_RETURN = "if that run is gone, run `rollout back`"
"""The remedy for a mark whose run was killed."""


@dataclass
class MachineMove:
    """Moves the alias to the survey's target version. Restores the old version if it ends early.

    `obstacle` returns the reason why the functions prevent the move; empty if they do not.
    """

    part: ReleasedPart
    order: Order
    services: Services
    clock: Clock
    survey: Survey
    obstacle: Callable[[], str]
    _waited: bool = False
    _conflicting: str = ""
    _taken_over: str = ""
    """The description that this run wrote to an abandoned alias. A return that began later still counts."""
    _alias: MachineAlias | None = None
    """The alias while this run moves it."""

    def steps(self) -> Steps[None]:
        """Run all steps. AWS errors become the part's result."""
        try:
            yield from self._go()
        except Ended as end:
            self._put_back(end.result, end.why)
        except Changed:
            self.part.finish("failed", "another run or a person changed its alias: see `rollout status`.")
        except Expired:
            self._put_back("timed out", f"its time was over{self._conflicting}")
        except AWS_ERRORS as error:
            self._put_back("failed", sentence(error))
        except GeneratorExit:
            if self._alias or self.part.result is None:
                self._put_back("rolled back" if self._alias else "not started", "the run was interrupted")
            raise

    def _go(self) -> Steps[None]:
        routing = yield from self._free()
        old, target = routing.old, self.survey.machine_target
        self.part.before, self.part.live, self.part.target = old, old, target
        self._refuse_taken_back(routing)
        if int(old) > int(target):
            raise Ended("failed", f"another run has moved it to version {old}")
        if why := self.obstacle():
            raise Ended("not started", why)
        if old == target:
            self.part.finish("succeeded" if self._waited else "up to date", only_version(target))
            return
        yield from self._refuse_firing()
        yield from self._shift(routing)
        self.part.live = target
        self.part.finish("succeeded")

    def _free(self) -> Steps[Routing]:
        """Return the routing as soon as one version has all executions and no return is in progress."""
        alone, since = None, self.clock.now()
        while True:
            routing = yield from retried(self.part, self.services.machines.routing)
            if not routing.shifting and not routing.returning:
                self._conflicting = ""
                return routing
            if (routing, routing.changed) != alone:
                alone, since = (routing, routing.changed), self.clock.now()
            yield from self._conflict(routing, abandoned=self.clock.now() >= since + PATIENCE)

    def _conflict(self, routing: Routing, *, abandoned: bool) -> Steps[None]:
        if self.order.on_conflict == "fail":
            raise Ended("refused", f"{conflict(routing)}: wait for its end, or pass --on-conflict wait or stop.")
        self._waited = True
        if abandoned or (self.order.on_conflict == "stop" and not routing.returning):
            # The new id distinguishes this write from the writes of the dead run.
            name, newest = self.order.release.machine.name, routing.new
            note = replace(self.order.note(name, newest, routing.old), returns=True)
            alias = MachineAlias(self.part, self.services.machines, self.clock, routing)
            yield from alias.write(Routing({routing.old: 100}, str(note)))
            if not routing.returning or routing == self.survey.routing:
                self._taken_over = str(note)
            return
        self.part.before = self.part.live = routing.old
        self.part.doing = f"waiting, since {conflict(routing)}"
        self._conflicting = f" while {conflict(routing)}: {ABANDONED_RETURN if routing.returning else ABANDONED_SHIFT}"
        yield None

    def _refuse_taken_back(self, routing: Routing) -> None:
        """Reject a version that another run has taken back since the survey."""
        before, is_taken_back = self.survey.routing, routing.note is not None and routing.note.returns
        if self._taken_over and routing.description == self._taken_over:
            return
        if (is_taken_back and routing != before) or (before.shifting and routing.weights == {before.old: 100}):
            raise Ended("rolled back", f"another run put version {routing.old} back: see that run's report")

    def _refuse_firing(self) -> Steps[None]:
        firing = yield from self._firing()
        if firing:
            raise Ended(
                "failed" if self._taken_over else "refused",
                f"in ALARM before its first step: {', '.join(firing)}; end that first, or pass --ignore-alarms WHY.",
            )

    def _shift(self, routing: Routing) -> Steps[None]:
        strategy, old, new = self.order.release.strategy, routing.old, self.part.target
        note = str(self.order.note(self.order.release.machine.name, old, new))
        self._alias = MachineAlias(self.part, self.services.machines, self.clock, routing)
        for weight in strategy.weights:
            yield from self._alias.write(
                Routing({old: 100 - weight, new: weight} if weight < 100 else {new: 100}, note)
            )
            self.part.doing, self.part.weight = "shifting", weight
            if weight < 100:
                yield from self._watch(strategy.minutes)
        now = yield from retried(self.part, self.services.machines.routing)
        if now != self._alias.known:
            raise Changed
        self._alias = None

    def _watch(self, minutes: int) -> Steps[None]:
        """Wait for some minutes. Ends the shift if an alarm fires."""
        until = self.clock.now() + timedelta(minutes=minutes)
        assert self._alias  # noqa: S101 - this run moves it
        while True:
            self._alias.beat()
            firing = yield from self._firing()
            if firing:
                raise Ended("rolled back", f"an alarm fired ({', '.join(firing)}): look at the failed executions")
            if self.clock.now() >= until:
                return
            yield None

    def _firing(self) -> Steps[list[str]]:
        if self.order.ignored_alarms or not self.order.release.machine.alarms:
            return []
        return (yield from retried(self.part, lambda: self.services.alarms.firing(self.order.release.machine.alarms)))

    def _put_back(self, result: Result, why: str) -> None:
        """Give the old version all executions again, unless another run has written the alias. Does not yield."""
        if self._alias is None:
            self.part.finish(result, why)
            return
        until, old = self.clock.now() + timedelta(minutes=GRACE), self.part.before
        while True:
            last, problem = self.clock.now() >= until, "AWS does not answer"
            try:
                if end := self._put_back_once(self._alias, old):
                    return self.part.finish(result, f"{why}; version {old} has all executions{end}.")
            except Changed:
                return self.part.finish("failed", f"{why}; another run moves the alias now, so it stays as it is.")
            except AWS_ERRORS as error:
                problem, last = sentence(error), last or not passes(error)
            if last:
                return self.part.finish("failed", f"{why}; version {old} could not be put back ({problem}): do it now.")
            self.clock.sleep(POLL)

    def _put_back_once(self, alias: MachineAlias, old: str) -> str:
        """Return how the old version has all executions; empty if another attempt is needed."""
        now = self.services.machines.routing()
        if now.weights == {old: 100} and not alias.pending:
            return ", as before"
        return " again" if alias.put(Routing({old: 100}, str(note_of_return(self.order, now))), now) else ""


def note_of_return(order: Order, routing: Routing, *, active: bool = False) -> Note:
    """Return the note of an alias that returns to its old version."""
    name = order.release.machine.name
    note = routing.note or order.note(name, routing.old, routing.new)
    if not note.returns:
        note = Note(note.release_id, note.stack, note.name, note.target, note.before, returns=True)
    return replace(note, active_return=active)


def conflict(routing: Routing) -> str:
    """Describe another run's use of the alias."""
    if routing.returning:
        return "another run is taking a release back"
    shares = " and ".join(f"version {version} {weight} %" for version, weight in routing.weights.items())
    return f"another run is shifting its alias ({shares})"
