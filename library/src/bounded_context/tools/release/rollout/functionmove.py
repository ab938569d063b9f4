"""The move of a function: create or adopt deployments until its alias is at the target version."""

from dataclasses import dataclass

from botocore.exceptions import ClientError

from ...command.aws_errors import AWS_ERRORS, Expired, code, passes, sentence
from .alarms import Alarms
from .causes import cause, stopped_for_good
from .deployments import Deployment, Deployments, Shift, brought, unverified
from .functions import Functions, Position
from .goal import Goal
from .model import Part, Result, Steps, first, patiently
from .orders import Order
from .outputs import Function

TRIES = 3
"""Attempts for a function if another run moves its alias, or if Lambda throttles CodeDeploy."""

ROLLBACK_LOOKS = 6
"""Polls for the rollback of a failed deployment, which CodeDeploy creates with a delay."""

_DOING = {"Created": "created", "Queued": "queued", "InProgress": "shifting", "Baking": "watched", "Ready": "ready"}


@dataclass(frozen=True)
class Tools:
    """The services that read and move functions."""

    functions: Functions
    deployments: Deployments
    alarms: Alarms


class FunctionMove:
    """Moves a function's alias to its goal, and writes the result to `part`."""

    def __init__(self, part: Part, function: Function, order: Order, tools: Tools, goal: Goal) -> None:
        self._part = part
        self._function = function
        self._order = order
        self._tools = tools
        self._goal = goal
        self._waited_for = ""
        self._unanswered = False
        part.target = goal.target

    def steps(self) -> Steps[None]:
        """Move the function and set the part's result. Raises ClientError, BotoCoreError and NoVersion."""
        try:
            for _ in range(TRIES):
                self._part.result = None
                deployment_id = yield from self._deployment()
                if not deployment_id or (yield from self._ended_for_good(deployment_id)):
                    return
        except Expired:
            yield from self._give_up()

    def _deployment(self) -> Steps[str]:
        """Return the id of the deployment to follow, created or adopted; empty if no deployment is needed."""
        found: str | None = None
        while found is None:
            found = yield from self._tried()
        return found

    def _tried(self) -> Steps[str | None]:
        """Try once. None requests another attempt."""
        if self._unanswered and (own := (yield from self._own())):
            return own
        active, position = yield from self._look()
        if active:
            return (yield from self._behind(active, position))
        if position.shifting:
            return None if (yield from self._unified(position)) else ""
        if position.live == self._goal.target:
            return (yield from self._arrived(position))
        if not self._goal.reaches_from(position.live) or not (yield from self._may_create(position)):
            return self._overtaken(position)
        created = self._create(position)
        if not created:
            yield None
        return created or None

    def _may_create(self, position: Position) -> Steps[bool]:
        """Return whether a new deployment reverses no other run's change.

        A return reverses one deployment, and a later deployment may have the same version. A release that has waited
        may find that another run has returned the function.
        """
        if not self._goal.brought and not self._waited_for:
            return True
        history = yield from self._history()
        if self._goal.back:
            found = brought(history, position.live)
            return not self._goal.brought or (found is not None and found.id == self._goal.brought)
        newest = next((deployment.note for deployment in history if deployment.note and deployment.began), None)
        return newest is None or not newest.back

    def _own(self) -> Steps[str]:
        """Return the deployment whose creation was not answered, also if it has ended; empty if it does not exist."""
        history = yield from self._history()
        self._unanswered = False
        own = (
            deployment.id
            for deployment in history
            if self._order.owns(deployment.note) and deployment.id != self._part.deployment_id
        )
        return next(own, "")

    def _look(self) -> Steps[tuple[Deployment | None, Position]]:
        # A deployment that ends between the two reads has moved the alias before the second read.
        active = yield from self._active()
        position = yield from self._read()
        if not active and (position.shifting or position.live == self._goal.target):
            # A deployment that was created between the two reads has moved the alias already.
            active = yield from self._active()
        return active, position

    def _behind(self, active: Deployment, position: Position) -> Steps[str | None]:
        """Adopt an active deployment, reject it, or wait for its end."""
        adopted = yield from self._adopted(active, position)
        if adopted:
            return adopted
        if self._order.on_conflict == "fail":
            return self._refuse(active)
        if not self._goal.may_end(active):
            return self._overtaken(position)
        yield from self._wait_out(active)
        return None

    def _adopted(self, active: Deployment, position: Position) -> Steps[str]:
        """Return the active deployment, or the deployment that it rolls back, if it has the same goal; else empty."""
        leader, note = active.rollback_of or active.id, active.note
        if active.rollback_of:
            found = yield from patiently(self._part, lambda: self._tools.deployments.look([leader]))
            note = found[leader].note if leader in found else None
        if self._order.owns(note):
            return leader
        if self._order.on_conflict != "wait" and position.live != self._goal.target:
            return ""
        if note:
            return leader if self._order.takes(note) and note.target == self._goal.target else ""
        shift = yield from patiently(self._part, lambda: self._tools.deployments.shift(leader))
        return leader if shift and shift.target == self._goal.target and not self._order.ignored_alarms else ""

    def _refuse(self, active: Deployment) -> str:
        result: Result = "failed" if self._part.deployment_id else "refused"
        self._part.finish(result, f"{active.id} is active: wait for its end, or pass --on-conflict wait or stop.")
        return ""

    def _wait_out(self, active: Deployment) -> Steps[None]:
        self._waited_for = active.id
        if self._order.on_conflict == "stop" and not active.reverses:
            yield from patiently(self._part, lambda: self._tools.deployments.stop(active.id, rollback=True))
        ended, _ = yield from self._ends(active.id)
        self._goal = self._goal.after(ended)

    def _unified(self, position: Position) -> Steps[bool]:
        """Return the alias to the old version if no deployment continues its shift. A release fails here instead."""
        if not self._goal.back:
            self._part.before = self._part.before or position.live
            self._part.finish("failed", left_over(position))
            return False
        try:
            yield from patiently(self._part, lambda: self._tools.functions.unify(self._function, position))
        except ClientError as error:
            # The alias has changed since it was read.
            if code(error) != "PreconditionFailedException":
                raise
        self._part.before = max(position.live, *position.shifting, key=int)
        return True

    def _overtaken(self, position: Position) -> str:
        self._part.before = self._part.before or position.live
        self._part.finish("failed", f"another run has moved it (version {position.where}): see `rollout status`.")
        return ""

    def _arrived(self, position: Position) -> Steps[str]:
        problem = yield from self._unverified(position)
        if problem:
            self._part.finish("failed", problem)
        elif self._waited_for:
            self._part.finish("succeeded", f"it is at version {position.live} since {self._waited_for} ended.")
        elif self._part.before:
            self._part.finish("succeeded", "a deployment that this run did not follow moved the alias there.")
        else:
            self._part.finish("up to date", first(position.live))
        self._part.before = self._part.before or position.live
        return ""

    def _unverified(self, position: Position) -> Steps[str]:
        if self._goal.back:
            return ""
        if position.live == self._goal.seen and not self._goal.active:
            return self._goal.unverified
        history = yield from self._history()
        return unverified(history, position.live)

    def _create(self, position: Position) -> str:
        """Return the id of a new deployment; empty if a deployment is active, or if AWS did not answer."""
        self._part.before = position.live
        self._part.doing = "creating"
        request = self._order.request(self._function, position.live, self._goal.target)
        try:
            return self._tools.deployments.create(request) or ""
        except AWS_ERRORS as error:
            if not passes(error):
                raise
            # The deployment may exist all the same. The next attempt finds it by its release id.
            self._unanswered = True
            self._part.doing = f"waiting, since AWS does not answer ({sentence(error)})"
            return ""

    def _ended_for_good(self, deployment_id: str) -> Steps[bool]:
        """Follow a deployment and set the part's result. Return False if another attempt may succeed."""
        self._part.deployment_id = deployment_id
        ended, rollback = yield from self._ends(deployment_id)
        position = yield from self._read()
        shift = self._shift(deployment_id)
        self._part.before = shift.current if shift else self._part.before
        if ended.status == "Succeeded":
            self._part.finish("succeeded")
            return True
        why = f"{self._why(ended, rollback, shift)}{self._remains(position)}"
        self._part.finish(_result(ended, rollback), why)
        return ended.began and ended.error != "THROTTLED"

    def _ends(self, deployment_id: str) -> Steps[tuple[Deployment, Deployment | None]]:
        """Wait for the end of a deployment and of its rollback, and return both."""
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

    def _remains(self, position: Position) -> str:
        """Describe the remaining traffic of a target whose deployment failed; empty if it has none."""
        if position.shifting:
            return f" {left_over(position)}"
        if position.live != self._goal.target or self._goal.back:
            return ""
        return f" Version {position.live} is live all the same: `rollout back` returns to the version before."

    def _why(self, ended: Deployment, rollback: Deployment | None, shift: Shift | None) -> str:
        if stopped_for_good(ended):
            why = f"a person or another run stopped {ended.id}."
        else:
            firing = self._firing() if ended.error == "ALARM_ACTIVE" else []
            why = cause(self._order.release, self._function, ended, shift, firing)
        if rollback and rollback.status != "Succeeded":
            why += f" Its rollback {rollback.id} has not succeeded: look at the alias at once."
        return why

    def _give_up(self) -> Steps[None]:
        """Stop this run's deployment, and wait for its rollback."""
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
        if self._part.result is None and not (yield from self._succeeded_meanwhile()):
            self._part.finish("timed out", f"{why}.")

    def _succeeded_meanwhile(self) -> Steps[bool]:
        """Read the followed deployment once more, because it may have ended since the last poll."""
        followed = self._part.deployment_id
        seen = yield from patiently(self._part, lambda: self._tools.deployments.look(filter(None, [followed])))
        if followed not in seen or seen[followed].status != "Succeeded":
            return False
        self._part.finish("succeeded")
        return True

    def _history(self) -> Steps[list[Deployment]]:
        return (yield from patiently(self._part, lambda: self._tools.deployments.history(self._function.group)))

    def _active(self) -> Steps[Deployment | None]:
        return (yield from patiently(self._part, lambda: self._tools.deployments.active(self._function.group)))

    def _read(self) -> Steps[Position]:
        position = yield from patiently(self._part, lambda: self._tools.functions.read(self._function))
        self._part.live = position.live
        return position

    def _shift(self, deployment_id: str) -> Shift | None:
        """Return the progress of a deployment, or None if AWS does not answer. The progress is only displayed."""
        try:
            return self._tools.deployments.shift(deployment_id)
        except AWS_ERRORS:
            return None

    def _firing(self) -> list[str]:
        try:
            return self._tools.alarms.firing(self._tools.deployments.alarms(self._function.group))
        except AWS_ERRORS as error:
            return [f"the alarms cannot be read: {sentence(error)}"]


def left_over(position: Position) -> str:
    """Describe a shift that no deployment continues, and its remedy."""
    return f"The alias still gives {position.shares} of the traffic: `rollout back` ends that at once."


def _result(ended: Deployment, rollback: Deployment | None) -> Result:
    if stopped_for_good(ended):
        return "stopped"
    return "rolled back" if rollback and rollback.status == "Succeeded" else "failed"
