"""CodeDeploy in memory: the model of CodeDeploy, with deployments that go as planned and move moto's aliases."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from bounded_context_infra.configuration.strategy import Strategy
from bounded_context_local.extensions.codedeploy import model, operations
from bounded_context_local.extensions.codedeploy.appspec import AFTER, BEFORE, AppSpec, Ended, RefusedRequest
from bounded_context_local.extensions.codedeploy.model import AT_ONCE, ROLLBACK_EVENTS, Course
from tests.rollout.clients import Client, FakeClock, error
from tests.simulation.services.codedeploy import Due

Plan = Literal["succeeds", "alarm", "hook", "post", "hangs", "throttled"]

BEGINS_AFTER = 5.0
ALARM_AFTER = 120.0
CANARY: Final = Strategy.parse("Canary10Percent5Minutes")
_HOOKS: Final = {BEFORE: "hook", AFTER: "post"}
"""The plan with which the hook of an event fails."""


@dataclass(eq=False, kw_only=True)
class Deployment(model.Deployment):
    plan: Plan = "succeeds"


class _Deploys(Due[Deployment]):
    """The front of the model."""

    kind = Deployment

    def __init__(self, client: "CodeDeploy", clock: FakeClock, functions: Any) -> None:
        super().__init__(lambda: clock.now().timestamp())
        self._client = client
        self._functions = functions

    def stop(self, deployment: Deployment, parameters: model.Parameters) -> None:
        super().stop(deployment, parameters)
        self.start(deployment, self.steps[deployment][1])
        self.advance()

    def pause(self) -> float:
        return BEGINS_AFTER

    def version(self, deployment: Deployment) -> int:
        return int(self._functions.get_alias(FunctionName=deployment.function, Name="live")["FunctionVersion"])

    def route(self, deployment: Deployment, weight: int) -> None:
        version, weights = (
            (deployment.target, {}) if weight == 100 else (deployment.current, {str(deployment.target): weight / 100})
        )
        routing = {"AdditionalVersionWeights": weights}
        alias = {"FunctionName": deployment.function, "Name": "live", "FunctionVersion": str(version)}
        self._functions.update_alias(**alias, RoutingConfig=routing)

    def admit(self, deployment: Deployment) -> None:
        if deployment.plan == "throttled":
            raise Ended("Failed", "THROTTLED", "Lambda has too many requests.")
        if deployment.rollback_of and self._client.rollbacks_fail:
            raise Ended("Failed", "INTERNAL_ERROR")

    def active_alarms(self, deployment: Deployment) -> list[str]:
        return (
            [f"{deployment.group[1]}-errors"]
            if deployment.plan == "alarm" and self.now() >= deployment.created + ALARM_AFTER
            else []
        )

    def hook(self, deployment: Deployment, event: str) -> Course:
        if deployment.plan == _HOOKS[event]:
            raise Ended("Failed", "HOOK_EXECUTION_FAILURE", "A validation function failed.")
        yield from ()

    def bake(self, deployment: Deployment, seconds: float) -> Course:
        while deployment.plan == "hangs":
            yield from self.wait(deployment, seconds)
        yield from super().bake(deployment, seconds)

    def _roll_back(self, deployment: Deployment) -> None:
        if self._client.rolls_back:
            super()._roll_back(deployment)

    def add(self, spec: AppSpec, plan: Plan, request: dict[str, Any]) -> Any:
        """Create a deployment, also beside another deployment of its group."""
        events = ["DEPLOYMENT_FAILURE", *ROLLBACK_EVENTS.values()]
        group = {"applicationName": "test", "autoRollbackConfiguration": {"enabled": True, "events": events}}
        alarms = request.get("overrideAlarmConfiguration", {"enabled": True})
        strategy = AT_ONCE if "deploymentConfigName" in request else CANARY
        deployment = self._new(spec, strategy, {**group, **request, "alarmConfiguration": alarms}, plan=plan)
        self.begin(deployment)
        return deployment


class CodeDeploy(Client):
    """One application. `plans` says how the next deployments of a group go; `tick` lets them go on."""

    service = "codedeploy"

    def __init__(self, clock: FakeClock, functions: Any) -> None:
        super().__init__()
        self.plans: dict[str, list[Plan]] = {}
        self.rollbacks_fail = False
        self.rolls_back = True
        self._deploys = _Deploys(self, clock, functions)

    @property
    def deployments(self) -> dict[str, Any]:
        return {deployment.id: deployment for deployment in self._deploys.all}

    def begin(self, group: str, function: str, current: str, target: str, plan: Plan = "succeeds") -> Any:
        """Create a deployment as somebody else would."""
        spec = AppSpec("function", function, "live", int(current), int(target), dict.fromkeys(_HOOKS, "hook"))
        return self._deploys.add(spec, plan, {"deploymentGroupName": group})

    def of(self, group: str) -> list[Any]:
        return [*self._deploys.of(("test", group))][::-1]

    def tick(self, ahead: float = 0.0) -> None:
        """Do the steps that are due now, or so many seconds later."""
        with self._lock:
            self._deploys.advance(ahead)

    def _create_deployment(self, **request: Any) -> dict[str, Any]:
        group, content = request["deploymentGroupName"], request["revision"]["appSpecContent"]
        assert hashlib.sha256(content["content"].encode()).hexdigest() == content["sha256"]
        assert len(request["description"]) <= 256
        if any(not deployment.ended for deployment in self.of(group)):
            raise error("CreateDeployment", "DeploymentLimitExceededException", f"{group} has an active deployment")
        plan = self.plans[group].pop(0) if self.plans.get(group) else "succeeds"
        return {"deploymentId": self._deploys.add(AppSpec.of_revision(request["revision"]), plan, request).id}

    def _list_deployments(
        self,
        applicationName: str,  # noqa: N803
        deploymentGroupName: str,  # noqa: N803
        includeOnlyStatuses: tuple[str, ...],  # noqa: N803
        nextToken: str = "0",  # noqa: N803
    ) -> dict[str, Any]:
        assert applicationName == "test"
        ids = [deployment.id for deployment in self.of(deploymentGroupName) if deployment.status in includeOnlyStatuses]
        start = int(nextToken)
        more = {"nextToken": str(start + 2)} if len(ids) > start + 2 else {}
        return {"deployments": ids[start : start + 2], **more}

    def _batch_get_deployments(self, deploymentIds: list[str]) -> dict[str, Any]:  # noqa: N803
        if len(deploymentIds) > 25:
            raise error("BatchGetDeployments", "BatchLimitExceededException")
        if not set(deploymentIds) <= set(self.deployments):
            raise error("BatchGetDeployments", "InvalidDeploymentIdException")
        return {"deploymentsInfo": [_info(self.deployments[deployment]) for deployment in deploymentIds]}

    def _get_deployment(self, deploymentId: str) -> dict[str, Any]:  # noqa: N803
        return {"deploymentInfo": _info(self._one("GetDeployment", deploymentId))}

    def _list_deployment_targets(self, deploymentId: str) -> dict[str, Any]:  # noqa: N803
        deployment = self._one("ListDeploymentTargets", deploymentId)
        if deployment.status == "Created":
            raise error("ListDeploymentTargets", "DeploymentNotStartedException")
        return {"targetIds": [operations.target_id(deployment)]}

    def _batch_get_deployment_targets(self, deploymentId: str, targetIds: list[str]) -> dict[str, Any]:  # noqa: N803
        deployment = self._one("BatchGetDeploymentTargets", deploymentId)
        assert targetIds == [operations.target_id(deployment)]
        return {"deploymentTargets": [operations.target(deployment)]}

    def _stop_deployment(self, **parameters: Any) -> dict[str, Any]:
        try:
            self._deploys.stop(self._one("StopDeployment", parameters["deploymentId"]), parameters)
        except RefusedRequest as refused:
            raise error("StopDeployment", refused.code) from refused
        return {"status": "Pending"}

    def _get_deployment_group(self, applicationName: str, deploymentGroupName: str) -> dict[str, Any]:  # noqa: N803
        assert applicationName == "test"
        alarms = [{"name": f"{deploymentGroupName}-errors"}, {"name": f"{deploymentGroupName}-slow"}]
        return {"deploymentGroupInfo": {"alarmConfiguration": {"enabled": True, "alarms": alarms}}}

    def _one(self, operation: str, identity: str) -> Any:
        try:
            return self._deploys.deployment(identity)
        except RefusedRequest as refused:
            raise error(operation, refused.code) from refused


def _info(deployment: model.Deployment) -> dict[str, Any]:
    answer = operations.info(deployment)
    return {name: datetime.fromtimestamp(at, UTC) if name.endswith("Time") else at for name, at in answer.items()}
