"""The target of a deployment: the alias of a function, its routing between two versions, and the lifecycle events."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from .appspec import AFTER, BEFORE, AppSpec
from .errors import Ended

ALLOW = "AllowTraffic"


class Target:
    """The single target of a Lambda deployment, as in BatchGetDeploymentTargets."""

    def __init__(self, deployment: str, appspec: AppSpec, functions: Any) -> None:
        """Start with all lifecycle events pending. `functions` is a Lambda client with the group's service role."""
        self.identity = f"{appspec.function}:{appspec.alias}"
        self._status = "Pending"
        self._weight = 0
        self._deployment = deployment
        self._appspec = appspec
        self._functions = functions
        self._alias = {"FunctionName": appspec.function, "Name": appspec.alias}
        self._events = [{"lifecycleEventName": name, "status": "Pending"} for name in (BEFORE, ALLOW, AFTER)]
        self._updated = _now()

    def check(self) -> None:
        """Raise Ended with CodeDeploy's message unless the alias points to the AppSpec's current version."""
        version = self._functions.get_alias(**self._alias)["FunctionVersion"]
        if version != self._appspec.current:
            raise Ended(
                "Failed",
                "INVALID_LAMBDA_CONFIGURATION",
                "The deployment failed because the AppSpec file that specifies the AWS Lambda deployment configuration "
                "is missing or has an invalid configuration. The Lambda function alias version does not match the "
                f"current version in AppSpec file. ({version}, not {self._appspec.current})",
            )

    def shift(self, weight: int) -> None:
        """Route `weight` percent to the target version; with 100 the alias points to it."""
        current, target = self._appspec.current, self._appspec.target
        version, others = (target, {}) if weight == 100 else (current, {target: weight / 100})
        routing = {"AdditionalVersionWeights": others}
        self._functions.update_alias(**self._alias, FunctionVersion=version, RoutingConfig=routing)
        self._weight = weight

    @contextmanager
    def event(self, name: str) -> Iterator[None]:
        """Record a lifecycle event around the block; an exception makes it Failed."""
        self._set(name, status="InProgress", startTime=_now())
        try:
            yield
        except Exception:
            self._set(name, status="Failed", endTime=_now())
            raise
        self._set(name, status="Succeeded", endTime=_now())

    def end(self, status: str) -> None:
        """Set the final status; pending events become Skipped."""
        self._status = status
        for event in self._events:
            if event["status"] == "Pending":
                event["status"] = "Skipped"

    def as_json(self, arn_prefix: str) -> dict[str, Any]:
        """Return the target; the weight is a fraction of 1, as CodeDeploy returns it (its documentation differs)."""
        spec = self._appspec
        return {
            "deploymentTargetType": "LambdaTarget",
            "lambdaTarget": {
                "deploymentId": self._deployment,
                "targetId": self.identity,
                "targetArn": f"{arn_prefix}{self.identity}",
                "status": self._status,
                "lastUpdatedAt": self._updated,
                "lifecycleEvents": self._events,
                "lambdaFunctionInfo": {
                    "functionName": spec.function,
                    "functionAlias": spec.alias,
                    "currentVersion": spec.current,
                    "targetVersion": spec.target,
                    "targetVersionWeight": self._weight / 100,
                },
            },
        }

    def _set(self, name: str, **values: Any) -> None:
        self._status = "InProgress"
        self._updated = _now()
        [event] = [event for event in self._events if event["lifecycleEventName"] == name]
        event.update(values)


def _now() -> float:
    return datetime.now(UTC).timestamp()
