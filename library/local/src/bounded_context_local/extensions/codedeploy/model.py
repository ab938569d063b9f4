"""CodeDeploy's deployments of Lambda functions: their course, stops and rollbacks, without a clock of their own.

A front adds the clock, the scheduler, the aliases, the alarms and the hooks. The fronts are the emulator's service
(`service.py`), the simulation of releases, and the unit tests of the rollout. The rules are in the CodeDeploy user
guide: "Deployments on an AWS Lambda compute platform", "AppSpec 'hooks' section", "Redeploy and roll back a deployment
with CodeDeploy" and "Monitoring deployments with CloudWatch alarms in CodeDeploy".
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Generic, TypeVar

from bounded_context_infra.configuration.strategy import Strategy

from .appspec import AFTER, BEFORE, AppSpec, Ended, RefusedRequest

ALLOW: Final = "AllowTraffic"
ENDED: Final = ("Succeeded", "Failed", "Stopped")
POLLS_A_MINUTE: Final = 5
AT_ONCE: Final = Strategy.parse("AllAtOnce")

ROLLBACK_EVENTS: Final = {"ALARM_ACTIVE": "DEPLOYMENT_STOP_ON_ALARM", "MANUAL_STOP": "DEPLOYMENT_STOP_ON_REQUEST"}
"""Error codes and their events in `autoRollbackConfiguration`; other codes map to DEPLOYMENT_FAILURE."""

Parameters = Mapping[str, Any]
Course = Iterator[float]
"""The course of a deployment. It yields the seconds until its next step; an early continuation does no harm."""


@dataclass(eq=False, kw_only=True)
class Deployment:
    """One deployment of a function. Times are seconds of the front's clock, `weight` is in percent.

    `request` has the parameters of CreateDeployment, completed by the group's settings. `events` are the times and
    the status of each lifecycle event, by name. `ended_at` is None until its rollback has begun, if it has deployment.
    """

    id: str
    spec: AppSpec
    strategy: Strategy
    request: dict[str, Any]
    created: float
    status: str = "Created"
    weight: int = 0
    events: dict[str, dict[str, Any]] = field(default_factory=lambda: {name: {} for name in (BEFORE, ALLOW, AFTER)})
    error: str = ""
    message: str = ""
    rollback: "Deployment | None" = None
    rollback_of: "Deployment | None" = None
    stop: Parameters | None = None
    """The parameters of StopDeployment, if it was called."""
    began_at: float | None = None
    failed_at: float | None = None
    ended_at: float | None = None

    @property
    def group(self) -> tuple[str, str]:
        """The names of its application and its group."""
        return self.request["applicationName"], self.request["deploymentGroupName"]

    @property
    def function(self) -> str:
        """The name of its function."""
        return self.spec.function

    @property
    def current(self) -> int:
        """The version that has the traffic before."""
        return self.spec.current

    @property
    def target(self) -> int:
        """The version that gets the traffic."""
        return self.spec.target

    @property
    def ended(self) -> bool:
        """Whether its status is final."""
        return self.status in ENDED

    @property
    def heeds_alarms(self) -> bool:
        """Whether an active alarm stops it."""
        return bool(self.request["alarmConfiguration"].get("enabled"))

    def rolls_back(self, code: str) -> bool:
        """Return whether an end with this error causes a rollback. A stop may decide, then the group's settings."""
        if self.stop and "autoRollbackEnabled" in self.stop:
            return self.stop["autoRollbackEnabled"]
        settings = self.request["autoRollbackConfiguration"]
        return bool(settings.get("enabled")) and ROLLBACK_EVENTS.get(code, "DEPLOYMENT_FAILURE") in settings["events"]


D = TypeVar("D", bound=Deployment)


class CodeDeploy(Generic[D]):
    """The deployments of an account, in the order of their creation."""

    minute: float = 60.0
    """The duration of a minute in seconds of the front's clock."""
    rollback_delay: float = 0.0
    """The seconds between a failure and the creation of its rollback."""
    lock: AbstractContextManager[Any] = nullcontext()
    kind: ClassVar[type[Any]] = Deployment

    def __init__(self) -> None:
        self.all: list[D] = []

    # The front.

    def now(self) -> float:
        """Return the time."""
        raise NotImplementedError

    def monotonic(self) -> float:
        """Return the seconds of the clock that measures waits."""
        return self.now()

    def start(self, deployment: D, course: Course) -> None:
        """Let the course of a deployment begin."""
        raise NotImplementedError

    def version(self, deployment: D) -> int:
        """Return the version of the alias. Raises Ended."""
        raise NotImplementedError

    def route(self, deployment: D, weight: int) -> None:
        """Route a percentage to the target version; with 100 the alias points to it. Raises Ended."""
        raise NotImplementedError

    def active_alarms(self, deployment: D) -> list[str]:
        """Return the active alarms of a deployment that heeds alarms. Raises Ended."""
        raise NotImplementedError

    def hook(self, deployment: D, event: str) -> Course:
        """Run the hook of a lifecycle event. Raises Ended if it fails."""
        raise NotImplementedError

    def pause(self) -> float:
        """Return the seconds before a deployment begins."""
        return 0.0

    def check(self, deployment: D) -> None:
        """Check whether a deployment can go on. Raises Ended."""

    def admit(self, deployment: D) -> None:
        """Check whether a deployment can begin, after the check of its alias. Raises Ended."""

    # Operations.

    def of(self, group: tuple[str, str]) -> Iterator[D]:
        """Yield a group's deployments, the newest first."""
        return (deployment for deployment in reversed(self.all) if deployment.group == group)

    def deployment(self, identity: str) -> D:
        """Return a deployment. Raises RefusedRequest."""
        for deployment in self.all:
            if deployment.id == identity:
                return deployment
        raise RefusedRequest("DeploymentDoesNotExistException", f"The deployment {identity} does not exist")

    def create(self, request: dict[str, Any], strategy: Strategy) -> D:
        """Create and start a deployment. Raises RefusedRequest if the group has one that has not ended."""
        deployment = self._new(AppSpec.of_revision(request.get("revision") or {}), strategy, request)
        for existing in self.of(deployment.group):
            if existing.ended_at is None:
                message = (
                    f"The Deployment Group '{deployment.group[1]}' already has an active Deployment '{existing.id}'"
                )
                raise RefusedRequest("DeploymentLimitExceededException", message)
        self.begin(deployment)
        return deployment

    def stop(self, deployment: D, parameters: Parameters) -> None:
        """Stop a deployment at its next step. Raises RefusedRequest if it has ended."""
        if deployment.ended:
            raise RefusedRequest(
                "DeploymentAlreadyCompletedException", f"The deployment {deployment.id} has ended already"
            )
        deployment.stop = parameters

    def begin(self, deployment: D) -> None:
        """Store and start a deployment."""
        self.all.append(deployment)
        self.start(deployment, self._course(deployment))

    def _new(self, spec: AppSpec, strategy: Strategy, request: dict[str, Any], **more: Any) -> D:
        identity = f"d-{len(self.all) + 1:09}"
        return self.kind(id=identity, spec=spec, strategy=strategy, request=request, created=self.now(), **more)

    # The course.

    def _course(self, deployment: D) -> Course:
        try:
            yield from self._run(deployment)
        except Ended as end:
            yield from self._fail(deployment, end)
        else:
            deployment.ended_at, deployment.status = self.now(), "Succeeded"

    def _run(self, deployment: D) -> Course:
        yield from self.wait(deployment, self.pause())
        deployment.status, deployment.began_at = "InProgress", self.now()
        if not deployment.rollback_of and (version := self.version(deployment)) != deployment.current:
            message = f"{_MISMATCH} ({version}, not {deployment.current})"
            raise Ended("Failed", "INVALID_LAMBDA_CONFIGURATION", message, rolls_back=False)
        self.admit(deployment)
        if not deployment.rollback_of:
            self.check_alarms(deployment)
        yield from self._during(deployment, BEFORE, self._hook(deployment, BEFORE))
        yield from self._during(deployment, ALLOW, self._shift(deployment))
        yield from self._during(deployment, AFTER, self._hook(deployment, AFTER))

    def _during(self, deployment: D, event: str, course: Course) -> Course:
        deployment.events[event] = {"status": "InProgress", "startTime": self.now()}
        try:
            yield from course
        except Ended:
            deployment.events[event] |= {"status": "Failed", "endTime": self.now()}
            raise
        deployment.events[event] |= {"status": "Succeeded", "endTime": self.now()}

    def _hook(self, deployment: D, event: str) -> Course:
        if event in deployment.spec.hooks:
            yield from self.hook(deployment, event)

    def _shift(self, deployment: D) -> Course:
        for weight in deployment.strategy.weights:
            deployment.weight = weight
            self.route(deployment, weight)
            if weight < 100:
                yield from self.bake(deployment, deployment.strategy.minutes * self.minute)

    def bake(self, deployment: D, seconds: float) -> Course:
        """Let a weight last, and check the alarms meanwhile. Raises Ended."""
        until = self.monotonic() + seconds
        while (remaining := until - self.monotonic()) > 0:
            yield from self.wait(deployment, min(remaining, self.minute / POLLS_A_MINUTE))
            self.check_alarms(deployment)

    def check_alarms(self, deployment: D) -> None:
        """Check the alarms that a deployment heeds. Raises Ended with CodeDeploy's message."""
        if deployment.heeds_alarms and (active := self.active_alarms(deployment)):
            raise Ended("Stopped", "ALARM_ACTIVE", f"{_ACTIVE} Activated alarms: {' '.join(sorted(active))}")

    def wait(self, deployment: D, seconds: float) -> Course:
        """Wait. Raises Ended if the deployment is stopped or cannot go on."""
        until = self.monotonic() + seconds
        while True:
            self.check(deployment)
            if deployment.stop is not None:
                raise Ended("Stopped", "MANUAL_STOP", "The deployment was stopped.")
            if (remaining := until - self.monotonic()) <= 0:
                return
            yield remaining

    def _fail(self, deployment: D, end: Ended) -> Course:
        rolls_back = end.rolls_back and not deployment.rollback_of and deployment.rolls_back(end.code)
        delay = self.rollback_delay if rolls_back else 0.0
        if delay:
            self._set_failure(deployment, end)
            yield delay
        with self.lock:
            if not delay:
                self._set_failure(deployment, end)
            if rolls_back:
                self._roll_back(deployment)
            deployment.ended_at = self.now()

    def _set_failure(self, deployment: D, end: Ended) -> None:
        deployment.error, deployment.message, deployment.failed_at, deployment.status = (
            end.code,
            end.message,
            self.now(),
            end.status,
        )

    def _roll_back(self, deployment: D) -> None:
        """Create the deployment that routes all traffic back. No alarm stops it, and it has no hooks."""
        application, group = deployment.group
        request = {
            "applicationName": application,
            "deploymentGroupName": group,
            "deploymentConfigName": f"CodeDeployDefault.Lambda{AT_ONCE.name}",
            "alarmConfiguration": {},
            "autoRollbackConfiguration": {"enabled": False},
        }
        deployment.rollback = self._new(deployment.spec.reversed(), AT_ONCE, request, rollback_of=deployment)
        self.begin(deployment.rollback)


_MISMATCH: Final = (
    "The deployment failed because the AppSpec file that specifies the AWS Lambda deployment configuration is missing "
    "or has an invalid configuration. The Lambda function alias version does not match the current version in AppSpec "
    "file."
)
_ACTIVE: Final = (
    "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected "
    "deployments have been stopped."
)
