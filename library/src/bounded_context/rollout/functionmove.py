"""One function's way to another version: deployments are created or adopted until its alias is there or cannot be."""

from dataclasses import dataclass

from .alarms import Alarms
from .causes import cause, stopped_for_good
from .deployments import Deployment, Deployments, Shift
from .errors import AWS_ERRORS, Expired, passes, sentence
from .functions import Functions, Position
from .model import Part, Result, Steps, patiently
from .orders import Order
from .outputs import Function

TRIES = 3
"""How often a function is tried if somebody else moves its alias, or if Lambda throttles CodeDeploy."""

ROLLBACK_LOOKS = 6
"""How often to look for the rollback of a failed deployment: CodeDeploy creates it a moment later."""

_DOING = {"Created": "created", "Queued": "queued", "InProgress": "shifting", "Baking": "watched", "Ready": "ready"}


@dataclass(frozen=True)
class Tools:
    """What functions are read and moved with."""

    functions: Functions
    deployments: Deployments
    alarms: Alarms


class FunctionMove:
    """Moves one function's alias to `target`, or to its newest version, and writes down in `part` how that goes."""

    def __init__(self, part: Part, function: Function, order: Order, tools: Tools, target: str = "") -> None:
        self._part = part
        self._function = function
        self._order = order
        self._tools = tools
        self._target = target
        self._waited_for = ""

    def steps(self) -> Steps[None]:
        """Go all the way. Raises ClientError, BotoCoreError and NoVersion."""
        try:
            for _ in range(TRIES):
                self._part.result = None
                deployment_id = yield from self._deployment()
                if not deployment_id or (yield from self._ended_for_good(deployment_id)):
                    return
        except Expired:
            yield from self._give_up()

    def _deployment(self) -> Steps[str]:
        """The deployment to follow, created or adopted; empty if there is nothing to follow."""
        while True:
            # In this order: a deployment that ends in between has moved the alias by the time it is read.
            active = yield from self._active()
            position = yield from self._read()
            self._part.target = self._target or max(position.live, position.newest, key=int)
            if active:
                adopted = yield from self._adopted(active, position)
                if adopted or self._order.on_conflict == "fail":
                    return adopted or self._refuse(active)
                yield from self._wait_out(active)
            elif position.live == self._part.target:
                return self._arrived(position)
            elif created := self._create(position):
                return created
            else:
                yield None

    def _adopted(self, active: Deployment, position: Position) -> Steps[str]:
        """The active deployment if it is this run's or does the same, or the one that it rolls back; or else empty."""
        leader = active.rollback_of or active.id
        if self._order.owns(active.note):
            return leader
        if self._order.on_conflict != "wait" and position.live != self._part.target:
            return ""
        shift = yield from patiently(self._part, lambda: self._tools.deployments.shift(leader))
        return leader if shift and shift.target == self._part.target else ""

    def _refuse(self, active: Deployment) -> str:
        self._part.finish("refused", f"{active.id} is active: wait for its end, or pass --on-conflict wait or stop.")
        return ""

    def _wait_out(self, active: Deployment) -> Steps[None]:
        self._waited_for = active.id
        if self._order.on_conflict == "stop" and not active.rollback_of:
            yield from patiently(self._part, lambda: self._tools.deployments.stop(active.id, rollback=True))
        yield from self._ends(active.id)

    def _arrived(self, position: Position) -> str:
        if self._waited_for:
            self._part.finish("succeeded", f"it is at version {position.live} since {self._waited_for} ended.")
        elif self._part.before:
            self._part.finish("succeeded", "a deployment that this run did not follow moved the alias there.")
        elif position.newest == "1":
            self._part.finish("up to date", "version 1 is its only one: what is deployed first is live at once.")
        else:
            self._part.finish("up to date")
        self._part.before = self._part.before or position.live
        return ""

    def _create(self, position: Position) -> str:
        """The id of a new deployment; empty if there is an active one, or AWS did not answer."""
        self._part.before = position.live
        self._part.doing = "creating"
        request = self._order.request(self._function, position.live, self._part.target)
        try:
            return self._tools.deployments.create(request) or ""
        except AWS_ERRORS as error:
            if not passes(error):
                raise
            # It may have been created all the same: the next look finds it by its release id.
            self._part.doing = f"waiting, since AWS does not answer ({sentence(error)})"
            return ""

    def _ended_for_good(self, deployment_id: str) -> Steps[bool]:
        """Follow a deployment and write down how it ended; False if another try may do better."""
        self._part.deployment_id = deployment_id
        ended, rollback = yield from self._ends(deployment_id)
        position = yield from self._read()
        shift = self._shift(deployment_id)
        self._part.before = shift.current if shift else self._part.before
        if ended.status == "Succeeded":
            self._part.finish("succeeded")
            return True
        why = f"{self._why(ended, rollback, shift)}{_left_over(position)}"
        self._part.finish(_result(ended, rollback), why)
        return ended.error != "THROTTLED" and not self._moved_by_another(position.live, rollback)

    def _ends(self, deployment_id: str) -> Steps[tuple[Deployment, Deployment | None]]:
        """A deployment when it has ended, and its rollback when that has ended too."""
        ended = yield from self._watched(deployment_id)
        if ended.status == "Succeeded" or not ended.may_roll_back:
            return ended, None
        for _ in range(ROLLBACK_LOOKS):
            if ended.rollback_id:
                return ended, (yield from self._watched(ended.rollback_id))
            ended = (yield deployment_id) or ended
        return ended, None

    def _watched(self, deployment_id: str) -> Steps[Deployment]:
        while True:
            seen = yield deployment_id
            if seen is None:
                continue
            self._show(seen)
            if seen.ended:
                return seen

    def _show(self, seen: Deployment) -> None:
        if seen.rollback_of:
            self._part.doing, self._part.weight = f"rolling back ({seen.id})", None
        elif seen.id == self._part.deployment_id:
            shift = None if seen.ended else self._shift(seen.id)
            self._part.doing = _DOING.get(seen.status, seen.status.lower())
            self._part.weight = shift.weight if shift else self._part.weight
        else:
            self._part.doing = f"waiting for the end of {seen.id}"

    def _moved_by_another(self, live: str, rollback: Deployment | None) -> bool:
        """Whether the alias is neither where the deployment took it from nor where its rollback put it."""
        explained = {self._part.before}
        if rollback and (shift := self._shift(rollback.id)):
            explained.add(shift.target)
        return live not in explained

    def _why(self, ended: Deployment, rollback: Deployment | None, shift: Shift | None) -> str:
        if stopped_for_good(ended):
            why = f"somebody stopped {ended.id}."
        else:
            firing = self._firing() if ended.error == "ALARM_ACTIVE" else []
            why = cause(self._order.release, self._function, ended, shift, firing)
        if rollback and rollback.status != "Succeeded":
            why += f" Its rollback {rollback.id} has not succeeded: look at the alias at once."
        return why

    def _give_up(self) -> Steps[None]:
        """Stop what this run has created, and wait for the rollback."""
        active = yield from self._active()
        why = "its time was over"
        if active and self._order.owns(active.note):
            yield from patiently(
                self._part, lambda: self._tools.deployments.stop(active.id, rollback=not self._order.back)
            )
            why += f": {active.id} was stopped"
        elif active and not active.rollback_of:
            why += f" while {active.id}, which another run created, went on"
            self._part.finish("timed out", f"{why}.")
            return
        if active:
            ended, _ = yield from self._ends(active.id)
            if ended.status == "Succeeded" and not active.rollback_of:
                self._part.finish("succeeded")
        yield from self._read()
        if self._part.result is None:
            self._part.finish("timed out", f"{why}.")

    def _active(self) -> Steps[Deployment | None]:
        return (yield from patiently(self._part, lambda: self._tools.deployments.active(self._function.group)))

    def _read(self) -> Steps[Position]:
        position = yield from patiently(self._part, lambda: self._tools.functions.read(self._function))
        self._part.live = position.live
        return position

    def _shift(self, deployment_id: str) -> Shift | None:
        """How far a deployment is, None if that is not known: what only explains must not end a run."""
        try:
            return self._tools.deployments.shift(deployment_id)
        except AWS_ERRORS:
            return None

    def _firing(self) -> list[str]:
        try:
            return self._tools.alarms.firing(self._tools.deployments.alarms(self._function.group))
        except AWS_ERRORS as error:
            return [f"which one cannot be asked: {sentence(error)}"]


def _left_over(position: Position) -> str:
    """Say that a version still shares the traffic although its deployment has ended; empty if none does."""
    shares = " and ".join(f"version {version} {100 * share:g} %" for version, share in position.shifting.items())
    return f" The alias still gives {shares} of the traffic: stop that at once." if shares else ""


def _result(ended: Deployment, rollback: Deployment | None) -> Result:
    if stopped_for_good(ended):
        return "stopped"
    return "rolled back" if rollback and rollback.status == "Succeeded" else "failed"
