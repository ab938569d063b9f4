"""CodeDeploy's API for Lambda: applications, groups, and the requests and answers about deployments."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from .appspec import Configs, RefusedRequest, sha256
from .model import CodeDeploy, Deployment

ALARMS_A_GROUP: Final = 10
"""CodeDeploy's limit (CodeDeploy user guide, "CodeDeploy quotas")."""

BATCH: Final = 25
"""CodeDeploy's limit (CodeDeploy API reference, "BatchGetDeployments")."""

Parameters = dict[str, Any]
Operation = Callable[[Parameters], Parameters]


class Operations:
    """The dispatcher of requests by operation. A request waits for the one before."""

    def __init__(self, deploys: CodeDeploy[Any], report: Callable[[str, str, str], None], arn_prefix: str) -> None:
        """Start without applications; `report` stores the status of a hook, `arn_prefix` begins the functions' ARNs."""
        self._deploys = deploys
        self._report_hook = report
        self._arn_prefix = arn_prefix
        self._configs = Configs()
        self._groups: dict[str, dict[str, Parameters]] = {}
        self._operations: dict[str, Operation] = {
            "BatchGetDeploymentTargets": self._targets,
            "BatchGetDeployments": self._deployments,
            "CreateApplication": self._create_application,
            "CreateDeployment": self._create,
            "CreateDeploymentConfig": self._configs.create,
            "CreateDeploymentGroup": self._create_group,
            "GetDeployment": self._deployment,
            "GetDeploymentConfig": self._configs.get,
            "GetDeploymentGroup": lambda parameters: {"deploymentGroupInfo": self._group(parameters)},
            "ListDeploymentTargets": self._target_ids,
            "ListDeployments": self._list,
            "PutLifecycleEventHookExecutionStatus": self._report,
            "StopDeployment": self._stop,
        }

    def answer(self, operation: str, parameters: Parameters) -> Parameters:
        """Handle an operation; return the response, with times in seconds. Raises RefusedRequest."""
        if operation not in self._operations:
            raise RefusedRequest("UnsupportedOperation", f"CodeDeploy on this machine has no {operation}.")
        with self._deploys.lock:
            return self._operations[operation](parameters)

    # Applications and groups.

    def _create_application(self, parameters: Parameters) -> Parameters:
        name = parameters["applicationName"]
        if name in self._groups:
            raise RefusedRequest("ApplicationAlreadyExistsException", f"The application {name} already exists")
        self._groups[name] = {}
        return {"applicationId": str(uuid.uuid4())}

    def _create_group(self, parameters: Parameters) -> Parameters:
        groups, name = self._application(parameters), parameters["deploymentGroupName"]
        if name in groups:
            raise RefusedRequest("DeploymentGroupAlreadyExistsException", f"The deployment group {name} already exists")
        if len((parameters.get("alarmConfiguration") or {}).get("alarms") or []) > ALARMS_A_GROUP:
            raise RefusedRequest(
                "AlarmsLimitExceededException", f"A deployment group has at most {ALARMS_A_GROUP} alarms"
            )
        groups[name] = {"deploymentGroupId": str(uuid.uuid4()), **parameters}
        return {"deploymentGroupId": groups[name]["deploymentGroupId"]}

    def _application(self, parameters: Parameters) -> dict[str, Parameters]:
        name = parameters["applicationName"]
        if name not in self._groups:
            raise RefusedRequest("ApplicationDoesNotExistException", f"The application {name} does not exist")
        return self._groups[name]

    def _group(self, parameters: Parameters) -> Parameters:
        name = parameters["deploymentGroupName"]
        if name not in (groups := self._application(parameters)):
            raise RefusedRequest("DeploymentGroupDoesNotExistException", f"The deployment group {name} does not exist")
        return groups[name]

    # Deployments.

    def _create(self, parameters: Parameters) -> Parameters:
        group = self._group(parameters)
        config = parameters.get("deploymentConfigName") or group["deploymentConfigName"]
        request = parameters | {
            "deploymentConfigName": config,
            "serviceRoleArn": group["serviceRoleArn"],
            "alarmConfiguration": parameters.get("overrideAlarmConfiguration") or group.get("alarmConfiguration") or {},
            "autoRollbackConfiguration": parameters.get("autoRollbackConfiguration")
            or group.get("autoRollbackConfiguration")
            or {},
        }
        return {"deploymentId": self._deploys.create(request, self._configs.strategy(config)).id}

    def _stop(self, parameters: Parameters) -> Parameters:
        self._deploys.stop(self._deploys.deployment(parameters["deploymentId"]), parameters)
        return {"status": "Pending", "statusMessage": "The deployment is being stopped"}

    def _report(self, parameters: Parameters) -> Parameters:
        execution = parameters["lifecycleEventHookExecutionId"]
        self._report_hook(self._deploys.deployment(parameters["deploymentId"]).id, execution, parameters["status"])
        return {"lifecycleEventHookExecutionId": execution}

    def _deployment(self, parameters: Parameters) -> Parameters:
        return {"deploymentInfo": info(self._deploys.deployment(parameters["deploymentId"]))}

    def _deployments(self, parameters: Parameters) -> Parameters:
        if len(parameters["deploymentIds"]) > BATCH:
            raise RefusedRequest("BatchLimitExceededException", f"At most {BATCH} deployments are returned")
        return {
            "deploymentsInfo": [info(self._deploys.deployment(identity)) for identity in parameters["deploymentIds"]]
        }

    def _list(self, parameters: Parameters) -> Parameters:
        self._group(parameters)
        statuses = parameters.get("includeOnlyStatuses") or []
        deployments = self._deploys.of((parameters["applicationName"], parameters["deploymentGroupName"]))
        return {
            "deployments": [
                deployment.id for deployment in deployments if not statuses or deployment.status in statuses
            ]
        }

    def _target_ids(self, parameters: Parameters) -> Parameters:
        return {"targetIds": [target_id(self._deploys.deployment(parameters["deploymentId"]))]}

    def _targets(self, parameters: Parameters) -> Parameters:
        deployment = self._deploys.deployment(parameters["deploymentId"])
        if unknown := set(parameters.get("targetIds") or []) - {target_id(deployment)}:
            message = f"The deployment has no target {', '.join(sorted(unknown))}"
            raise RefusedRequest("DeploymentTargetDoesNotExistException", message)
        return {"deploymentTargets": [target(deployment, self._arn_prefix)]}


def info(deployment: Deployment) -> Parameters:
    """Return CodeDeploy's DeploymentInfo. As on AWS, the revision has only the hash of the AppSpec."""
    overview_state = {"Created": "Pending", "Stopped": "Failed"}.get(deployment.status, deployment.status)
    content = _content(deployment)
    return {
        **{key: value for key, value in deployment.request.items() if key in _OF_THE_REQUEST},
        "deploymentId": deployment.id,
        "status": deployment.status,
        "createTime": deployment.created,
        **({"startTime": deployment.began_at} if deployment.began_at is not None else {}),
        **({"completeTime": deployment.ended_at} if deployment.ended_at is not None else {}),
        "creator": "codeDeployRollback" if deployment.rollback_of else "user",
        "computePlatform": "Lambda",
        "revision": {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": sha256(content)}},
        "deploymentOverview": {state: int(state == overview_state) for state in _STATES},
        "rollbackInfo": _rollback(deployment),
        **({"errorInformation": {"code": deployment.error, "message": deployment.message}} if deployment.error else {}),
    }


_STATES: Final = ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready")
_OF_THE_REQUEST: Final = (
    "applicationName",
    "deploymentGroupName",
    "deploymentConfigName",
    "description",
    "autoRollbackConfiguration",
    "overrideAlarmConfiguration",
)


def _content(deployment: Deployment) -> str:
    """Return the AppSpec of the request, or of the rollback."""
    revision: Mapping[str, Any] = deployment.request.get("revision") or {}
    return next((part["content"] for part in revision.values() if isinstance(part, dict)), deployment.spec.text())


def _rollback(deployment: Deployment) -> Parameters:
    own = deployment.id
    if deployment.rollback:
        new = deployment.rollback.id
        message = f"Deployment {own} terminated. Automatic rollback is triggered with a DeploymentId {new}."
        return {"rollbackDeploymentId": new, "rollbackMessage": message}
    if failed := deployment.rollback_of:
        message = f"Deployment {own} is triggered to roll back deployment {failed.id}."
        return {"rollbackTriggeringDeploymentId": failed.id, "rollbackMessage": message}
    return {}


def target_id(deployment: Deployment) -> str:
    """Return the id of the single target of a deployment for Lambda."""
    return f"{deployment.spec.function}:{deployment.spec.alias}"


def target(deployment: Deployment, arn_prefix: str = "") -> Parameters:
    """Return CodeDeploy's DeploymentTarget; the weight is a fraction of 1, as CodeDeploy returns it."""
    pending = "Skipped" if deployment.ended else "Pending"
    events = [{"lifecycleEventName": name, "status": pending, **event} for name, event in deployment.events.items()]
    return {
        "deploymentTargetType": "LambdaTarget",
        "lambdaTarget": {
            "deploymentId": deployment.id,
            "targetId": target_id(deployment),
            "targetArn": f"{arn_prefix}{target_id(deployment)}",
            "status": {"Created": "Pending", "Stopped": "Failed"}.get(deployment.status, deployment.status),
            "lifecycleEvents": events,
            "lambdaFunctionInfo": {
                "functionName": deployment.spec.function,
                "functionAlias": deployment.spec.alias,
                "currentVersion": str(deployment.spec.current),
                "targetVersion": str(deployment.spec.target),
                "targetVersionWeight": deployment.weight / 100,
            },
        },
    }
