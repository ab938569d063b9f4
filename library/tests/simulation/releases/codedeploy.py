"""Simulated CodeDeploy: one active deployment a group, hooks, alarms, stops and automatic rollbacks.

From the CodeDeploy user guide: "Deployments on an AWS Lambda compute platform", "AppSpec 'hooks' section",
"Redeploy and roll back a deployment", and "Monitoring deployments with CloudWatch alarms".
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from bounded_context.configuration.strategy import Strategy

from ..scheduler import Activity, Scheduler
from ..services.client_errors import refused
from .aliases import Aliases
from .scenario import Quality

_HOOK_SECONDS: Final = 20.0
_ALARM_SECONDS: Final = 15.0
"""Seconds of traffic after which the alarm of a bad version fires."""


@dataclass(eq=False)
class Deployment:
    """A deployment of one function. ``run`` is the driver that created it."""

    id: str
    function: str
    current: int
    target: int
    hooks: bool
    heeds_alarms: bool
    at_once: bool
    rolls_back: bool
    description: str
    created: float
    run: str = ""
    status: str = "Created"
    weight: float = 0.0
    error: str = ""
    failed_event: str = ""
    rollback: "Deployment | None" = None
    rollback_of: "Deployment | None" = None
    stopping: bool | None = None
    """Whether a stop wants a rollback; None without a stop."""
    failed_at: float | None = None
    """The time from which its status is a failure. It ends when its rollback has begun."""
    ended_at: float | None = None
    holds: bool = True
    """Whether the group takes no other deployment."""
    activity: Activity | None = field(default=None, repr=False)

    @property
    def ended(self) -> bool:
        """Whether its status is final."""
        return self.status in ("Succeeded", "Failed", "Stopped")

    @property
    def forward(self) -> bool:
        """Whether it moves a function to a newer version."""
        return self.target > self.current and self.rollback_of is None


class _Ends(Exception):
    def __init__(self, status: str, code: str, event: str = "", *, rolls_back: bool = True) -> None:
        super().__init__(code)
        self.status, self.code, self.event, self.rolls_back = status, code, event, rolls_back


@dataclass
class Rules:
    """The conditions of the schedule that deployments meet."""

    strategy: Strategy
    quality: Callable[[str, int], Quality]
    firing: Callable[[], bool]
    rollbacks_fail: bool
    rollback_delay: float
    throttled: bool


class CodeDeploy:
    """The deployments of one application, in the order of their creation."""

    def __init__(self, scheduler: Scheduler, aliases: Aliases, rules: Rules) -> None:
        self.all: list[Deployment] = []
        self.created: list[Callable[[Deployment], None]] = []
        self.stopped: list[Callable[[Deployment, str], None]] = []
        self.rules = rules
        self._scheduler = scheduler
        self._aliases = aliases

    def of(self, function: str) -> Iterator[Deployment]:
        """Yield a function's deployments, the newest first."""
        return (one for one in reversed(self.all) if one.function == function)

    def active(self, function: str) -> Deployment | None:
        """Return the deployment of a function that has not ended."""
        return next((one for one in self.of(function) if not one.ended), None)

    def create(self, request: dict[str, Any], run: str) -> Deployment:
        """Do CreateDeployment. Raises ClientError if the group has an active deployment."""
        function = request["deploymentGroupName"].removeprefix("test-")
        if any(one.holds for one in self.of(function)):
            raise refused("CreateDeployment", "DeploymentLimitExceededException", f"{function} has an active one")
        document = json.loads(request["revision"]["appSpecContent"]["content"])
        [properties] = [resource["Properties"] for one in document["Resources"] for resource in one.values()]
        made = Deployment(
            id=f"d-{len(self.all) + 1:09}",
            function=function,
            current=int(properties["CurrentVersion"]),
            target=int(properties["TargetVersion"]),
            hooks="Hooks" in document,
            heeds_alarms=request.get("overrideAlarmConfiguration", {}).get("enabled", True),
            at_once="deploymentConfigName" in request,
            rolls_back=request.get("autoRollbackConfiguration", {}).get("enabled", True),
            description=request["description"],
            created=self._scheduler.now(),
            run=run,
        )
        self._begin(made)
        return made

    def stop(self, deployment: Deployment, run: str, *, rollback: bool) -> None:
        """Do StopDeployment for a driver, or for a person. Raises ClientError if the deployment has ended."""
        if deployment.ended:
            raise refused("StopDeployment", "DeploymentAlreadyCompletedException", deployment.id)
        for watch in self.stopped:
            watch(deployment, run)
        deployment.stopping = rollback
        if deployment.activity:
            self._scheduler.rouse(deployment.activity)

    def _begin(self, made: Deployment) -> None:
        self.all.append(made)
        for watch in self.created:
            watch(made)
        made.activity = self._scheduler.spawn(f"deployment-{made.id}", lambda: self._live(made))

    def _live(self, one: Deployment) -> None:
        try:
            self._run(one)
            one.status = "Succeeded"
        except _Ends as end:
            one.error, one.failed_event, one.failed_at = end.code, end.event, self._scheduler.now()
            self._roll_back(one, end)
        one.ended_at, one.holds = self._scheduler.now(), False

    def _run(self, one: Deployment) -> None:
        self._wait(one, self._pause())
        one.status = "InProgress"
        if one.rollback_of:
            return self._restore(one)
        alias = self._aliases.of[one.function]
        if alias.routed.split or alias.routed.live != one.current:
            raise _Ends("Failed", "INVALID_LAMBDA_CONFIGURATION", rolls_back=False)
        if self.rules.throttled and not any(other.ended for other in self.of(one.function)):
            raise _Ends("Failed", "THROTTLED")
        self._check_alarm(one)
        self._hook(one, "BeforeAllowTraffic", "pre")
        self._shift(one)
        self._hook(one, "AfterAllowTraffic", "post")

    def _restore(self, one: Deployment) -> None:
        assert one.rollback_of
        if self.rules.rollbacks_fail:
            raise _Ends("Failed", "INTERNAL_ERROR", rolls_back=False)
        if self._aliases.of[one.function].routed.weights != {one.target: 100}:
            self._aliases.move(one.function, {one.target: 100}, "rollback")

    def _hook(self, one: Deployment, event: str, quality: Quality) -> None:
        if not one.hooks:
            return
        self._wait(one, _HOOK_SECONDS * self._scheduler.own_random().random())
        if self.rules.quality(one.function, one.target) == quality:
            raise _Ends("Failed", "HOOK_EXECUTION_FAILURE", event)

    def _shift(self, one: Deployment) -> None:
        weights = (100,) if one.at_once else self.rules.strategy.weights
        for weight in weights:
            self._route(one, weight)
            if weight < 100:
                self._watch(one, self.rules.strategy.minutes * 60.0)

    def _route(self, one: Deployment, weight: int) -> None:
        one.weight = weight / 100
        routed = {one.target: 100.0} if weight == 100 else {one.current: 100.0 - weight, one.target: float(weight)}
        self._aliases.move(one.function, routed, one.id)

    def _watch(self, one: Deployment, seconds: float) -> None:
        """Let a weight last; the alarm of a function watches its newest version only."""
        newest = self._aliases.of[one.function].newest
        if self.rules.quality(one.function, one.target) == "alarm" and one.target == newest and one.heeds_alarms:
            self._wait(one, min(seconds, _ALARM_SECONDS))
            raise _Ends("Stopped", "ALARM_ACTIVE")
        half = seconds / 2
        self._wait(one, half)
        self._check_alarm(one)
        self._wait(one, half)
        self._check_alarm(one)

    def _check_alarm(self, one: Deployment) -> None:
        if one.heeds_alarms and self.rules.firing():
            raise _Ends("Stopped", "ALARM_ACTIVE")

    def _wait(self, one: Deployment, seconds: float) -> None:
        until = self._scheduler.clock + seconds
        while True:
            if self._aliases.of[one.function].removed:
                raise _Ends("Failed", "INVALID_LAMBDA_FUNCTION", rolls_back=False)
            if one.stopping is not None:
                raise _Ends("Stopped", "MANUAL_STOP", rolls_back=one.stopping)
            if self._scheduler.clock >= until:
                return
            self._scheduler.sleep(until - self._scheduler.clock)

    def _pause(self) -> float:
        return self._scheduler.own_random().choice((0.0, 1.0, 6.0))

    def _roll_back(self, one: Deployment, end: _Ends) -> None:
        one.status = end.status
        wanted = one.rolls_back if one.stopping is None else one.stopping
        if not (end.rolls_back and wanted) or one.rollback_of:
            return
        if self.rules.rollback_delay:
            self._scheduler.sleep(self.rules.rollback_delay)
        back = Deployment(
            id=f"d-{len(self.all) + 1:09}",
            function=one.function,
            current=one.target,
            target=one.current,
            hooks=False,
            heeds_alarms=False,
            at_once=True,
            rolls_back=False,
            description="",
            created=self._scheduler.now(),
            rollback_of=one,
        )
        one.rollback = back
        self._begin(back)


def info(one: Deployment) -> dict[str, Any]:
    """Return CodeDeploy's DeploymentInfo."""
    rollback = {
        "rollbackDeploymentId": one.rollback.id if one.rollback else "",
        "rollbackTriggeringDeploymentId": one.rollback_of.id if one.rollback_of else "",
    }
    times = {"completeTime": _time(one.ended_at)} if one.ended_at is not None else {}
    return {
        "deploymentId": one.id,
        "status": one.status,
        "description": one.description,
        "createTime": _time(one.created),
        "autoRollbackConfiguration": {"enabled": one.rolls_back},
        "rollbackInfo": {name: value for name, value in rollback.items() if value},
        **times,
        **({"errorInformation": {"code": one.error, "message": ""}} if one.error else {}),
    }


def target(one: Deployment) -> dict[str, Any]:
    """Return CodeDeploy's DeploymentTarget."""
    moved = {
        "currentVersion": str(one.current),
        "targetVersion": str(one.target),
        "targetVersionWeight": one.weight,
    }
    events = [{"lifecycleEventName": one.failed_event, "status": "Failed"}] if one.failed_event else []
    return {"lambdaTarget": {"lambdaFunctionInfo": moved, "lifecycleEvents": events}}


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
