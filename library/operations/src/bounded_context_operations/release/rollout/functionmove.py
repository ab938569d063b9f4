"""The move of a function: create or adopt deployments until its alias is at the target version."""

from dataclasses import dataclass, replace
from typing import Self

from botocore.exceptions import ClientError

from bounded_context_cli.command.aws_errors import AWS_ERRORS, Expired, code, sentence

from .deployments import THROTTLED, Deployment, Shift, Steps, deployment_of, retried, unverified, wait_for_aws
from .releases import HOOKS, Ended, Function, Order, ReleasedPart, Result, only_version
from .survey import Finding, Position, Services

TRIES = 3
"""Attempts for a function if another run moves its alias, or if Lambda throttles CodeDeploy."""

ROLLBACK_POLLS = 6
"""Polls for the rollback of a failed deployment, which CodeDeploy creates with a delay."""

_DOING = {"Created": "created", "Queued": "queued", "InProgress": "shifting", "Baking": "watched", "Ready": "ready"}


@dataclass(frozen=True)
class Goal:
    """The version that a function of a survey moves to, and the versions that it may come from.

    Every other version is the work of another run, which this run does not reverse. `reversed_id` is the deployment
    that a return reverses.
    """

    finding: Finding
    target: str
    origins: frozenset[str] = frozenset()
    returns: bool = False
    reversed_id: str = ""

    @classmethod
    def forward(cls, finding: Finding) -> Self:
        """Return the goal of a release. Another run may have moved the alias forward meanwhile, but not back."""
        return cls(finding, finding.target, _from(finding.live, finding.target))

    def after(self, ended: Deployment) -> Self:
        """Return the goal after another release has moved the alias forward. A return invalidates that goal."""
        note = ended.note
        if self.returns or ended.status != "Succeeded" or note is None or note.returns:
            return self
        return replace(self, origins=_from(note.target, self.target))

    def refused_by(self, deployment: Deployment) -> bool:
        """Return whether a deployment of the target has failed, so a release does not deploy it again."""
        note = deployment.note
        return deployment.refuses and not self.returns and note is not None and note.target == self.target

    def may_end(self, active: Deployment) -> bool:
        """Return whether this run may wait for a deployment's end or stop it. A return ignores later releases."""
        surveyed = self.finding.active
        return not self.returns or active.reverses or (surveyed is not None and active.id == surveyed.id)

    def reaches_from(self, live: str) -> bool:
        """Return whether a deployment may move the alias from `live` to the target."""
        return live in self.origins - {self.target}


def _from(live: str, target: str) -> frozenset[str]:
    """Return the versions from `live` up to the version before `target`."""
    return frozenset(str(number) for number in range(int(live), int(target)))


@dataclass
class FunctionMove:
    """Moves a function's alias to its goal, and writes the result to `part`."""

    part: ReleasedPart
    order: Order
    services: Services
    goal: Goal
    _waited_for: str = ""
    _unanswered: bool = False
    _failed: Deployment | None = None
    """A deployment of the target that failed after the survey."""

    def steps(self) -> Steps[None]:
        """Move the function and set the part's result. Raises Ended, ClientError, BotoCoreError and NoVersion."""
        self.part.target = self.goal.target
        try:
            for _ in range(TRIES):
                self.part.result = None
                while not (deployment_id := (yield from self._attempt())):
                    pass
                if (yield from self._ended_for_good(deployment_id)):
                    return
        except Expired:
            yield from self._give_up()

    def _attempt(self) -> Steps[str]:
        """Return the id of the deployment to follow, created or adopted; empty if another attempt is needed."""
        if self._unanswered and (own := (yield from self._own())):
            return own
        active, position = yield from self._active_and_position()
        if active:
            return (yield from self._resolve_conflict(active, position))
        if position.shifting:
            yield from self._unify(position)
            return ""
        if position.live == self.goal.target:
            raise (yield from self._arrival(position))
        if self._failed:
            raise Ended(self._refused, f"version {self.goal.target} failed meanwhile ({self._failed.summary}).")
        if not self.goal.reaches_from(position.live) or not (yield from self._may_create(position)):
            raise _overtaken(position)
        created = self._create(position)
        if not created:
            yield None
        return created

    def _may_create(self, position: Position) -> Steps[bool]:
        """Return whether a new deployment reverses no other run's change.

        A return reverses one deployment, and a later deployment may have the same version. A release that has waited
        may find that another run has returned the function.
        """
        if not self.goal.reversed_id and not self._waited_for:
            return True
        history = yield from self._history()
        if self.goal.returns:
            current = deployment_of(history, position.live)
            return not self.goal.reversed_id or (current is not None and current.id == self.goal.reversed_id)
        newest = next((deployment.note for deployment in history if deployment.note and deployment.started), None)
        return newest is None or not newest.returns

    def _own(self) -> Steps[str]:
        """Return the deployment whose creation was not answered, also if it has ended; empty if it does not exist."""
        history = yield from self._history()
        self._unanswered = False
        own = (
            deployment.id
            for deployment in history
            if self.order.owns(deployment.note) and deployment.id != self.part.deployment_id
        )
        return next(own, "")

    def _active_and_position(self) -> Steps[tuple[Deployment | None, Position]]:
        # A deployment that ends between the two reads has moved the alias before the second read.
        active = yield from self._active()
        position = yield from self._read()
        if not active and (position.shifting or position.live == self.goal.target):
            # A deployment that was created between the two reads has moved the alias already.
            active = yield from self._active()
        return active, position

    def _resolve_conflict(self, active: Deployment, position: Position) -> Steps[str]:
        """Adopt an active deployment, reject it, or wait for its end."""
        adopted = yield from self._adopted(active, position)
        if adopted:
            return adopted
        if self.order.on_conflict == "fail":
            raise Ended(self._refused, f"{active.id} is active: wait for its end, or pass --on-conflict wait or stop.")
        if not self.goal.may_end(active):
            raise _overtaken(position)
        yield from self._wait_out(active)
        return ""

    @property
    def _refused(self) -> Result:
        """The result of a move that ends in front of a creation."""
        return "failed" if self.part.deployment_id else "refused"

    def _adopted(self, active: Deployment, position: Position) -> Steps[str]:
        """Return the active deployment, or the deployment that it rolls back, if it has the same goal; else empty."""
        leader, note = active.rollback_of or active.id, active.note
        if active.rollback_of:
            deployments = yield from retried(self.part, lambda: self.services.deployments.read([leader]))
            note = deployments[leader].note if leader in deployments else None
        if self.order.owns(note):
            return leader
        if self.order.on_conflict != "wait" and position.live != self.goal.target:
            return ""
        if note:
            return leader if self.order.accepts(note) and note.target == self.goal.target else ""
        shift = yield from retried(self.part, lambda: self.services.deployments.shift(leader))
        return leader if shift and shift.target == self.goal.target and not self.order.ignored_alarms else ""

    def _wait_out(self, active: Deployment) -> Steps[None]:
        self._waited_for = active.id
        if self.order.on_conflict == "stop" and not active.reverses:
            yield from retried(self.part, lambda: self.services.deployments.stop(active.id, rollback=True))
        ended, _ = yield from self._ends(active.id)
        self.goal = self.goal.after(ended)

    def _unify(self, position: Position) -> Steps[None]:
        """Return the alias to the old version if no deployment continues its shift. A release fails here instead."""
        if not self.goal.returns:
            raise Ended("failed", position.leftover)
        try:
            yield from retried(self.part, lambda: self.services.functions.unify(self.goal.finding.function, position))
        except ClientError as error:
            # The alias has changed since it was read.
            if code(error) != "PreconditionFailedException":
                raise
        self.part.before = position.new

    def _arrival(self, position: Position) -> Steps[Ended]:
        problem = yield from self._unverified(position)
        if problem:
            return Ended("failed", problem)
        if self._waited_for:
            return Ended("succeeded", f"it is at version {position.live} since {self._waited_for} ended.")
        if self.part.before:
            return Ended("succeeded", "a deployment that this run did not follow moved the alias there.")
        return Ended("up to date", only_version(position.live))

    def _unverified(self, position: Position) -> Steps[str]:
        if self.goal.returns:
            return ""
        if position.live == self.goal.finding.live and not self.goal.finding.active:
            return self.goal.finding.unverified
        history = yield from self._history()
        return unverified(history, position.live)

    def _create(self, position: Position) -> str:
        """Return the id of a new deployment; empty if a deployment is active, or if AWS did not answer."""
        self.part.before = position.live
        self.part.doing = "creating"
        request = self.order.request(self.goal.finding.function, position.live, self.goal.target)
        try:
            created = self.services.deployments.create(request) or ""
            # An active deployment may be this run's own: boto3 repeats a request without an answer.
            self._unanswered = not created
            return created
        except AWS_ERRORS as error:
            wait_for_aws(self.part, error)
            # The deployment may exist all the same. The next attempt finds it by its release id.
            self._unanswered = True
            return ""

    def _ended_for_good(self, deployment_id: str) -> Steps[bool]:
        """Follow a deployment and set the part's result. Return False if another attempt may succeed."""
        self.part.deployment_id = deployment_id
        ended, rollback = yield from self._ends(deployment_id)
        position = yield from self._read()
        shift = self._shift(deployment_id)
        self.part.before = shift.current if shift else self.part.before
        if ended.status == "Succeeded":
            self.part.finish("succeeded")
            return True
        why = _cause(self.services, self.order, self.goal.finding.function, ended, shift)
        if rollback and rollback.status != "Succeeded":
            why += f" Its rollback {rollback.id} has not succeeded: look at the alias at once."
        self.part.finish(_result(ended, rollback), f"{why}{self._remaining_traffic(position)}")
        return ended.started and ended.error != THROTTLED

    def _ends(self, deployment_id: str) -> Steps[tuple[Deployment, Deployment | None]]:
        """Wait for the end of a deployment and of its rollback, and return both."""
        ended = yield from self._watched(deployment_id)
        if ended.status == "Succeeded" or not ended.may_roll_back:
            return ended, None
        for _ in range(ROLLBACK_POLLS):
            if ended.rollback_id:
                return ended, (yield from self._watched(ended.rollback_id))
            ended = (yield deployment_id) or ended
        return ended, None

    def _watched(self, deployment_id: str) -> Steps[Deployment]:
        while True:
            deployment = yield deployment_id
            if deployment is None:
                continue
            self._show(deployment)
            if deployment.ended:
                return deployment

    def _show(self, deployment: Deployment) -> None:
        if deployment.rollback_of:
            self.part.doing, self.part.weight = f"rolling back ({deployment.id})", None
        elif deployment.id == self.part.deployment_id:
            shift = None if deployment.ended else self._shift(deployment.id)
            self.part.doing = _DOING.get(deployment.status, deployment.status.lower())
            self.part.weight = shift.weight if shift else self.part.weight
        else:
            self.part.doing = f"waiting for the end of {deployment.id}"

    def _remaining_traffic(self, position: Position) -> str:
        """Describe the remaining traffic of a target whose deployment failed; empty if it has none."""
        if position.shifting:
            return f" {position.leftover}"
        if position.live != self.goal.target or self.goal.returns:
            return ""
        return f" Version {position.live} is live all the same: `rollout back` returns to the version before."

    def _give_up(self) -> Steps[None]:
        """Stop this run's deployment, and wait for its rollback."""
        active = yield from self._active()
        why = "its time was over"
        if active and self.order.owns(active.note):
            yield from retried(
                self.part, lambda: self.services.deployments.stop(active.id, rollback=not self.order.returns)
            )
            why += f": {active.id} was stopped"
        elif active and not active.rollback_of:
            raise Ended("timed out", f"{why} while {active.id}, which another run created, went on.")
        succeeded = False
        if active:
            ended, _ = yield from self._ends(active.id)
            succeeded = ended.status == "Succeeded" and not active.rollback_of
        yield from self._read()
        if succeeded or (yield from self._succeeded_meanwhile()):
            raise Ended("succeeded")
        raise Ended("timed out", f"{why}.")

    def _succeeded_meanwhile(self) -> Steps[bool]:
        """Read the followed deployment once more, because it may have ended since the last poll."""
        followed = self.part.deployment_id
        deployments = yield from retried(self.part, lambda: self.services.deployments.read(filter(None, [followed])))
        return followed in deployments and deployments[followed].status == "Succeeded"

    def _history(self) -> Steps[list[Deployment]]:
        return retried(self.part, lambda: self.services.deployments.history(self.goal.finding.function.group))

    def _active(self) -> Steps[Deployment | None]:
        group, known = self.goal.finding.function.group, self.goal.finding.ended
        recent = yield from retried(self.part, lambda: self.services.deployments.history(group, known))
        self._failed = next(filter(self.goal.refused_by, recent), None)
        return next((deployment for deployment in recent if not deployment.ended), None)

    def _read(self) -> Steps[Position]:
        position = yield from retried(self.part, lambda: self.services.functions.read(self.goal.finding.function))
        self.part.live = position.live
        return position

    def _shift(self, deployment_id: str) -> Shift | None:
        """Return the progress of a deployment, or None if AWS does not answer. The progress is only displayed."""
        try:
            return self.services.deployments.shift(deployment_id)
        except AWS_ERRORS:
            return None


def _overtaken(position: Position) -> Ended:
    return Ended("failed", f"another run has moved it (version {position.where}): see `rollout status`.")


def _result(ended: Deployment, rollback: Deployment | None) -> Result:
    if ended.stopped_by_request:
        return "stopped"
    return "rolled back" if rollback and rollback.status == "Succeeded" else "failed"


def _cause(services: Services, order: Order, function: Function, ended: Deployment, shift: Shift | None) -> str:
    """Return the cause of a failed deployment, from CodeDeploy's error, the failed hook and the alarms in ALARM.

    The sentence names the log to read.
    """
    if ended.stopped_by_request:
        return f"a person or another run stopped {ended.id}."
    message = " ".join(ended.message.split()).rstrip(".")
    reported = f"CodeDeploy reports {ended.error or ended.status}" + (f": {message}" if message else "")
    for name, event in HOOKS.items():
        if shift and shift.failed_event == event:
            return f"the hook {event} failed: look at the log of {order.release.hooks[name]} ({reported})."
    if ended.error == "ALARM_ACTIVE":
        names = _firing(services, function) or f"of the deployment group {function.group}, quiet again by now"
        return f"an alarm fired ({names}): look at the log of {function.aws_name} ({reported})."
    return f"{reported}: look at the deployment {ended.id}."


def _firing(services: Services, function: Function) -> str:
    try:
        return ", ".join(services.alarms.firing(services.deployments.alarms(function.group)))
    except AWS_ERRORS as error:
        return f"the alarms cannot be read: {sentence(error)}"
