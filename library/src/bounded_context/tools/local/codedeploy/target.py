"""The target of a deployment: the function's versions, the weight and the lifecycle events."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from .appspec import AFTER, BEFORE, AppSpec
from .traffic import Traffic

ALLOW = "AllowTraffic"


class Target:
    """The single target of a Lambda deployment, as in BatchGetDeploymentTargets."""

    def __init__(self, deployment: str, appspec: AppSpec, traffic: Traffic) -> None:
        """Start with all lifecycle events pending."""
        self.identity = f"{appspec.function}:{appspec.alias}"
        self.status = "Pending"
        self._deployment = deployment
        self._appspec = appspec
        self._traffic = traffic
        self._events = [{"lifecycleEventName": name, "status": "Pending"} for name in (BEFORE, ALLOW, AFTER)]
        self._updated = _now()

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
        self.status = status
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
                "status": self.status,
                "lastUpdatedAt": self._updated,
                "lifecycleEvents": self._events,
                "lambdaFunctionInfo": {
                    "functionName": spec.function,
                    "functionAlias": spec.alias,
                    "currentVersion": spec.current,
                    "targetVersion": spec.target,
                    "targetVersionWeight": self._traffic.weight / 100,
                },
            },
        }

    def _set(self, name: str, **values: Any) -> None:
        self.status = "InProgress"
        self._updated = _now()
        [event] = [event for event in self._events if event["lifecycleEventName"] == name]
        event.update(values)


def _now() -> float:
    return datetime.now(UTC).timestamp()
