"""Simulated CodeDeploy: the model of `extensions/codedeploy` with the simulation's clock, scheduler and aliases."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from bounded_context_infra.configuration.strategy import Strategy
from bounded_context_local.extensions.codedeploy import model, operations
from bounded_context_local.extensions.codedeploy.appspec import Ended, RefusedRequest
from bounded_context_local.extensions.codedeploy.model import AT_ONCE, ROLLBACK_EVENTS, Course

from ..scheduler import Activity, Scheduler
from ..services.client_errors import refused
from .aliases import Aliases
from .scenario import Quality

_HOOK_SECONDS: Final = 20.0
_ALARM_SECONDS: Final = 15.0
"""Seconds of traffic after which the alarm of a bad version fires."""
_QUALITIES: Final = {model.BEFORE: "pre", model.AFTER: "post"}
_GROUP: Final = {
    "alarmConfiguration": {"enabled": True},
    "autoRollbackConfiguration": {"enabled": True, "events": ["DEPLOYMENT_FAILURE", *ROLLBACK_EVENTS.values()]},
}


@dataclass(eq=False, kw_only=True)
class Deployment(model.Deployment):
    """A deployment of one function. ``run`` is the driver that created it."""

    run: str = ""
    activity: Activity | None = field(default=None, repr=False)

    @property
    def function(self) -> str:
        """The name of its function in the stack."""
        return self.spec.function.removeprefix("test-")

    @property
    def description(self) -> str:
        """The description in the request."""
        return self.request.get("description", "")

    @property
    def hooks(self) -> bool:
        """Whether it has hooks."""
        return bool(self.spec.hooks)

    @property
    def forward(self) -> bool:
        """Whether it moves a function to a newer version."""
        return self.target > self.current and self.rollback_of is None


@dataclass
class Rules:
    """The conditions of the schedule that deployments meet."""

    strategy: Strategy
    quality: Callable[[str, int], Quality]
    firing: Callable[[], bool]
    rollbacks_fail: bool
    rollback_delay: float
    throttled: bool


class CodeDeploy(model.CodeDeploy[Deployment]):
    """The deployments of one application, in the order of their creation."""

    kind = Deployment

    def __init__(self, scheduler: Scheduler, aliases: Aliases, rules: Rules) -> None:
        super().__init__()
        self.created: list[Callable[[Deployment], None]] = []
        self.stopped: list[Callable[[Deployment, str], None]] = []
        self.rules = rules
        self.rollback_delay = rules.rollback_delay
        self._scheduler = scheduler
        self._aliases = aliases

    def of_function(self, function: str) -> Iterator[Deployment]:
        """Yield a function's deployments, the newest first."""
        return (deployment for deployment in reversed(self.all) if deployment.function == function)

    def active(self, function: str) -> Deployment | None:
        """Return the deployment of a function that has not ended."""
        return next((deployment for deployment in self.of_function(function) if not deployment.ended), None)

    def create_by(self, request: dict[str, Any], run: str) -> Deployment:
        """Do CreateDeployment for a driver. Raises ClientError if the group has an active deployment."""
        strategy = AT_ONCE if "deploymentConfigName" in request else self.rules.strategy
        alarms = request.get("overrideAlarmConfiguration") or _GROUP["alarmConfiguration"]
        try:
            return self.create({**_GROUP, **request, "alarmConfiguration": alarms, "run": run}, strategy)
        except RefusedRequest as error:
            raise refused("CreateDeployment", error.code, error.message) from error

    def stop_by(self, deployment: Deployment, run: str, *, rollback: bool) -> None:
        """Do StopDeployment for a driver, or for a person. Raises ClientError if the deployment has ended."""
        try:
            if not deployment.ended:
                for watch in self.stopped:
                    watch(deployment, run)
            self.stop(deployment, {"autoRollbackEnabled": rollback})
        except RefusedRequest as error:
            raise refused("StopDeployment", error.code, deployment.id) from error
        if deployment.activity:
            self._scheduler.rouse(deployment.activity)

    # The front of the model.

    def now(self) -> float:
        """Return the time of the schedule."""
        return self._scheduler.now()

    def monotonic(self) -> float:
        """Return the seconds since the start of the schedule."""
        return self._scheduler.clock

    def start(self, deployment: Deployment, course: Course) -> None:
        """Run the course as an activity."""
        deployment.run = deployment.request.get("run", "")
        for watch in self.created:
            watch(deployment)
        deployment.activity = self._scheduler.spawn(f"deployment-{deployment.id}", lambda: self._follow(course))

    def _follow(self, course: Course) -> None:
        for seconds in course:
            self._scheduler.sleep(seconds)

    def pause(self) -> float:
        """Draw the seconds before a deployment begins."""
        return self._scheduler.own_random().choice((0.0, 1.0, 6.0))

    def check(self, deployment: Deployment) -> None:
        """End a deployment whose function is removed."""
        if self._aliases.of[deployment.function].removed:
            raise Ended("Failed", "INVALID_LAMBDA_FUNCTION", rolls_back=False)

    def version(self, deployment: Deployment) -> int:
        """Return the version of an alias, or 0 if two versions share its traffic."""
        routed = self._aliases.of[deployment.function].routed
        return 0 if routed.split else routed.live

    def admit(self, deployment: Deployment) -> None:
        """End a rollback that fails, and a function's first deployment if it is throttled."""
        if deployment.rollback_of and self.rules.rollbacks_fail:
            raise Ended("Failed", "INTERNAL_ERROR", rolls_back=False)
        if (
            not deployment.rollback_of
            and self.rules.throttled
            and not any(other.ended for other in self.of_function(deployment.function))
        ):
            raise Ended("Failed", "THROTTLED")

    def active_alarms(self, deployment: Deployment) -> list[str]:  # noqa: ARG002
        """Return an alarm while every alarm fires."""
        return ["alarm"] if self.rules.firing() else []

    def route(self, deployment: Deployment, weight: int) -> None:
        """Move the alias; a rollback moves it only if that is needed."""
        routed = (
            {deployment.target: 100.0}
            if weight == 100
            else {deployment.current: 100.0 - weight, deployment.target: float(weight)}
        )
        if not deployment.rollback_of or self._aliases.of[deployment.function].routed.weights != {
            deployment.target: 100
        }:
            self._aliases.move(deployment.function, routed, "rollback" if deployment.rollback_of else deployment.id)

    def hook(self, deployment: Deployment, event: str) -> Course:
        """Wait for a drawn time, and fail if the version is bad for this hook."""
        yield from self.wait(deployment, _HOOK_SECONDS * self._scheduler.own_random().random())
        if self.rules.quality(deployment.function, deployment.target) == _QUALITIES[event]:
            raise Ended("Failed", "HOOK_EXECUTION_FAILURE")

    def bake(self, deployment: Deployment, seconds: float) -> Course:
        """Let a weight last; the alarm of a function watches its newest version only."""
        newest = self._aliases.of[deployment.function].newest
        if (
            self.rules.quality(deployment.function, deployment.target) == "alarm"
            and deployment.target == newest
            and deployment.heeds_alarms
        ):
            yield from self.wait(deployment, min(seconds, _ALARM_SECONDS))
            raise Ended("Stopped", "ALARM_ACTIVE")
        for _ in range(2):
            yield from self.wait(deployment, seconds / 2)
            self.check_alarms(deployment)


def info(deployment: Deployment) -> dict[str, Any]:
    """Return CodeDeploy's DeploymentInfo, as boto3 does."""
    answer = operations.info(deployment)
    return {name: _time(value) if name.endswith("Time") else value for name, value in answer.items()}


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
