"""CodeDeploy in memory: deployments that go as planned and really move the aliases of moto's Lambda."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from tests.rollout.clients import Client, FakeClock, error

Plan = Literal["succeeds", "alarm", "hook", "post", "hangs", "throttled"]

CANARY_MINUTES = 5
ALARM_AFTER = 2
MISMATCH = "The Lambda function alias version does not match the current version in AppSpec file."


@dataclass
class Deployment:
    id: str
    group: str
    plan: Plan
    created: datetime
    function: str
    current: str
    target: str
    request: dict[str, Any] = field(default_factory=dict)
    status: str = "Created"
    weight: float = 0.0
    events: dict[str, str] = field(default_factory=dict)
    error: dict[str, str] = field(default_factory=dict)
    rollback_id: str = ""
    rollback_of: str = ""

    @property
    def ended(self) -> bool:
        return self.status in ("Succeeded", "Failed", "Stopped")


class CodeDeploy(Client):
    """One application. `plans` says how the next deployments of a group go; `tick` lets them go on."""

    service = "codedeploy"

    def __init__(self, clock: FakeClock, functions: Any) -> None:
        super().__init__()
        self.plans: dict[str, list[Plan]] = {}
        self.deployments: dict[str, Deployment] = {}
        self.rollbacks_fail = False
        self.rolls_back = True
        self._clock = clock
        self._functions = functions

    def begin(self, group: str, function: str, current: str, target: str, plan: Plan = "succeeds") -> Deployment:
        """Create a deployment as somebody else would."""
        return self._add(Deployment("", group, plan, self._clock.now(), function, current, target))

    def of(self, group: str) -> list[Deployment]:
        return [deployment for deployment in self.deployments.values() if deployment.group == group]

    def tick(self) -> None:
        with self._lock:
            for deployment in [one for one in self.deployments.values() if not one.ended]:
                self._go_on(deployment)

    def _add(self, deployment: Deployment) -> Deployment:
        deployment.id = f"d-{len(self.deployments) + 1:09d}"
        self.deployments[deployment.id] = deployment
        return deployment

    def _go_on(self, deployment: Deployment) -> None:
        minutes = (self._clock.now() - deployment.created).total_seconds() / 60
        if deployment.rollback_of:
            self._end_rollback(deployment)
        elif deployment.status == "Created":
            self._start(deployment)
        elif deployment.plan == "alarm" and minutes >= ALARM_AFTER and self._heeds_alarms(deployment):
            deployment.events["AllowTraffic"] = "Failed"
            self._fail(deployment, "Stopped", "ALARM_ACTIVE", f"Activated alarms: {deployment.group}-errors")
        elif deployment.plan == "post" and minutes >= CANARY_MINUTES:
            self._move(deployment, deployment.target, {})
            deployment.events["AfterAllowTraffic"] = "Failed"
            self._fail(deployment, "Failed", "HOOK_EXECUTION_FAILURE", "A validation function failed.")
        elif deployment.plan != "hangs" and minutes >= CANARY_MINUTES:
            self._succeed(deployment)

    def _start(self, deployment: Deployment) -> None:
        deployment.status = "InProgress"
        alias = self._functions.get_alias(FunctionName=deployment.function, Name="live")
        if alias["FunctionVersion"] != deployment.current:
            self._fail(deployment, "Failed", "INVALID_LAMBDA_CONFIGURATION", MISMATCH, rolls_back=False)
        elif deployment.plan == "throttled":
            self._fail(deployment, "Failed", "THROTTLED", "Lambda has too many requests.")
        elif deployment.plan == "hook":
            deployment.events["BeforeAllowTraffic"] = "Failed"
            self._fail(deployment, "Failed", "HOOK_EXECUTION_FAILURE", "A validation function failed.")
        elif "deploymentConfigName" in deployment.request:
            self._succeed(deployment)
        else:
            deployment.weight = 0.1
            self._move(deployment, deployment.current, {deployment.target: 0.1})

    def _succeed(self, deployment: Deployment) -> None:
        deployment.status, deployment.weight = "Succeeded", 1.0
        self._move(deployment, deployment.target, {})

    def _fail(self, deployment: Deployment, status: str, code: str, message: str, *, rolls_back: bool = True) -> None:
        deployment.status, deployment.error = status, {"code": code, "message": message}
        wanted = deployment.request.get("autoRollbackConfiguration", {}).get("enabled", True)
        if rolls_back and wanted and self.rolls_back:
            back = Deployment("", deployment.group, "succeeds", self._clock.now(), deployment.function, "", "")
            back.current, back.target, back.rollback_of = deployment.target, deployment.current, deployment.id
            deployment.rollback_id = self._add(back).id

    def _end_rollback(self, rollback: Deployment) -> None:
        rollback.status = "Failed" if self.rollbacks_fail else "Succeeded"
        if not self.rollbacks_fail:
            self._move(rollback, rollback.target, {})

    def _move(self, deployment: Deployment, version: str, weights: dict[str, float]) -> None:
        self._functions.update_alias(
            FunctionName=deployment.function,
            Name="live",
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": weights},
        )

    def _heeds_alarms(self, deployment: Deployment) -> bool:
        return deployment.request.get("overrideAlarmConfiguration", {}).get("enabled", True)

    def _create_deployment(self, **request: Any) -> dict[str, Any]:
        group, content = request["deploymentGroupName"], request["revision"]["appSpecContent"]
        assert hashlib.sha256(content["content"].encode()).hexdigest() == content["sha256"]
        assert len(request["description"]) <= 256
        if any(not deployment.ended for deployment in self.of(group)):
            raise error("CreateDeployment", "DeploymentLimitExceededException", f"{group} has an active one")
        [resource] = json.loads(content["content"])["Resources"]
        [properties] = [value["Properties"] for value in resource.values()]
        plan = self.plans[group].pop(0) if self.plans.get(group) else "succeeds"
        made = self.begin(group, properties["Name"], properties["CurrentVersion"], properties["TargetVersion"], plan)
        made.request = request
        return {"deploymentId": made.id}

    def _list_deployments(
        self,
        applicationName: str,  # noqa: N803
        deploymentGroupName: str,  # noqa: N803
        includeOnlyStatuses: tuple[str, ...],  # noqa: N803
        nextToken: str = "0",  # noqa: N803
    ) -> dict[str, Any]:
        assert applicationName == "test"
        found = [one.id for one in self.of(deploymentGroupName) if one.status in includeOnlyStatuses]
        start = int(nextToken)
        more = {"nextToken": str(start + 2)} if len(found) > start + 2 else {}
        return {"deployments": found[start : start + 2], **more}

    def _batch_get_deployments(self, deploymentIds: list[str]) -> dict[str, Any]:  # noqa: N803
        if len(deploymentIds) > 25:
            raise error("BatchGetDeployments", "BatchLimitExceededException")
        if not set(deploymentIds) <= set(self.deployments):
            raise error("BatchGetDeployments", "InvalidDeploymentIdException")
        return {"deploymentsInfo": [self._info(self.deployments[one]) for one in deploymentIds]}

    def _get_deployment(self, deploymentId: str) -> dict[str, Any]:  # noqa: N803
        if deploymentId not in self.deployments:
            raise error("GetDeployment", "DeploymentDoesNotExistException")
        return {"deploymentInfo": self._info(self.deployments[deploymentId])}

    def _info(self, deployment: Deployment) -> dict[str, Any]:
        rollback = {
            "rollbackDeploymentId": deployment.rollback_id,
            "rollbackTriggeringDeploymentId": deployment.rollback_of,
        }
        return {
            "deploymentId": deployment.id,
            "status": deployment.status,
            "description": deployment.request.get("description", ""),
            "createTime": deployment.created,
            "autoRollbackConfiguration": deployment.request.get("autoRollbackConfiguration", {"enabled": True}),
            "rollbackInfo": {name: one for name, one in rollback.items() if one},
            **({"errorInformation": deployment.error} if deployment.error else {}),
        }

    def _list_deployment_targets(self, deploymentId: str) -> dict[str, Any]:  # noqa: N803
        deployment = self.deployments[deploymentId]
        if deployment.status == "Created":
            raise error("ListDeploymentTargets", "DeploymentNotStartedException")
        return {"targetIds": [f"{deployment.function}:live"]}

    def _batch_get_deployment_targets(self, deploymentId: str, targetIds: list[str]) -> dict[str, Any]:  # noqa: N803
        deployment = self.deployments[deploymentId]
        assert targetIds == [f"{deployment.function}:live"]
        target = {
            "lambdaFunctionInfo": {
                "functionName": deployment.function,
                "functionAlias": "live",
                "currentVersion": deployment.current,
                "targetVersion": deployment.target,
                "targetVersionWeight": deployment.weight,
            },
            "lifecycleEvents": [
                {"lifecycleEventName": event, "status": status} for event, status in deployment.events.items()
            ],
        }
        return {"deploymentTargets": [{"deploymentTargetType": "LambdaTarget", "lambdaTarget": target}]}

    def _stop_deployment(self, deploymentId: str, autoRollbackEnabled: bool = False) -> dict[str, Any]:  # noqa: N803
        deployment = self.deployments[deploymentId]
        if deployment.ended:
            raise error("StopDeployment", "DeploymentAlreadyCompletedException")
        self._fail(deployment, "Stopped", "MANUAL_STOP", "It was stopped.", rolls_back=autoRollbackEnabled)
        return {"status": "Pending"}

    def _get_deployment_group(self, applicationName: str, deploymentGroupName: str) -> dict[str, Any]:  # noqa: N803
        assert applicationName == "test"
        alarms = [{"name": f"{deploymentGroupName}-errors"}, {"name": f"{deploymentGroupName}-slow"}]
        return {"deploymentGroupInfo": {"alarmConfiguration": {"enabled": True, "alarms": alarms}}}
