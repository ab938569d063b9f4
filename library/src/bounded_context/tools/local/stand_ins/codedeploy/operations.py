"""CodeDeploy's operations: moto's, and the operations that moto lacks or implements differently."""

from collections.abc import Callable
from typing import Any

from .appspec import sha256
from .configs import Configs
from .errors import Refused
from .fleet import Fleet
from .hooks import Hooks
from .moto_backend import MotoBackend

ALARMS_A_GROUP = 10
"""CodeDeploy's limit."""

Parameters = dict[str, Any]
Operation = Callable[[Parameters], Parameters]


class Operations:
    """The dispatcher of requests by operation."""

    def __init__(self, moto: MotoBackend, configs: Configs, hooks: Hooks, fleet: Fleet, arn_prefix: str) -> None:
        """Register the operations; `arn_prefix` is the prefix of the functions' ARNs."""
        self._moto = moto
        self._hooks = hooks
        self._fleet = fleet
        self._arn_prefix = arn_prefix
        self._own: dict[str, Operation] = {
            "BatchGetDeploymentTargets": self._targets,
            "BatchGetDeployments": self._deployments,
            "CreateDeployment": fleet.create,
            "CreateDeploymentConfig": configs.create,
            "CreateDeploymentGroup": self._create_group,
            "GetDeployment": self._deployment,
            "GetDeploymentConfig": configs.get,
            "GetDeploymentGroup": self._group,
            "ListDeploymentTargets": self._target_ids,
            "ListDeployments": self._newest_first,
            "PutLifecycleEventHookExecutionStatus": self._report,
            "StopDeployment": fleet.stop,
        }

    def answer(self, operation: str, parameters: Parameters) -> Parameters:
        """Handle an operation; return the response. Raises Refused."""
        own = self._own.get(operation)
        return own(parameters) if own else self._moto.answer(operation, parameters)

    def _report(self, parameters: Parameters) -> Parameters:
        self._fleet.deployment(parameters["deploymentId"])
        return self._hooks.report(parameters)

    def _create_group(self, parameters: Parameters) -> Parameters:
        if len((parameters.get("alarmConfiguration") or {}).get("alarms") or []) > ALARMS_A_GROUP:
            message = f"A deployment group has at most {ALARMS_A_GROUP} alarms"
            raise Refused("AlarmsLimitExceededException", message)
        return self._moto.answer("CreateDeploymentGroup", parameters)

    def _group(self, parameters: Parameters) -> Parameters:
        answer = self._moto.answer("GetDeploymentGroup", parameters)
        group = self._moto.group(parameters["applicationName"], parameters["deploymentGroupName"])
        answer["deploymentGroupInfo"]["alarmConfiguration"] = group.alarm_configuration or {}
        return answer

    def _deployment(self, parameters: Parameters) -> Parameters:
        answer = self._moto.answer("GetDeployment", parameters)
        return {"deploymentInfo": self._completed(answer["deploymentInfo"])}

    def _deployments(self, parameters: Parameters) -> Parameters:
        answer = self._moto.answer("BatchGetDeployments", parameters)
        return {"deploymentsInfo": [self._completed(info) for info in answer["deploymentsInfo"]]}

    def _completed(self, info: Parameters) -> Parameters:
        """Return a deployment with its error and rollback, and with the hash of the AppSpec, as CodeDeploy does."""
        deployment = self._fleet.deployment(info["deploymentId"])
        own = {"errorInformation": deployment.error, "rollbackInfo": deployment.rollback}
        revision = {
            key: {"sha256": sha256(value["content"])} if "content" in value else value
            for key, value in info["revision"].items()
        }
        return info | {key: value for key, value in own.items() if value} | {"revision": revision}

    def _newest_first(self, parameters: Parameters) -> Parameters:
        return {"deployments": self._moto.answer("ListDeployments", parameters)["deployments"][::-1]}

    def _target_ids(self, parameters: Parameters) -> Parameters:
        return {"targetIds": [self._fleet.deployment(parameters["deploymentId"]).target.identity]}

    def _targets(self, parameters: Parameters) -> Parameters:
        target = self._fleet.deployment(parameters["deploymentId"]).target
        if unknown := set(parameters.get("targetIds") or []) - {target.identity}:
            message = f"The deployment has no target {', '.join(sorted(unknown))}"
            raise Refused("DeploymentTargetDoesNotExistException", message)
        return {"deploymentTargets": [target.as_json(self._arn_prefix)]}
