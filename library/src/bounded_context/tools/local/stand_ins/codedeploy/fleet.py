"""All deployments: at most one is active in a group, and a failed deployment is rolled back."""

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from .....configuration.strategy import Strategy
from .appspec import AppSpec
from .configs import DEFAULT, Configs
from .deployment import Account, Deployment
from .errors import Abandoned, Ended, Refused
from .moto_backend import MotoBackend

if TYPE_CHECKING:
    from moto.codedeploy.models import DeploymentGroup

JOIN_SECONDS = 5.0
AT_ONCE = Strategy.parse("AllAtOnce")
ROLLBACK_EVENTS = {"ALARM_ACTIVE": "DEPLOYMENT_STOP_ON_ALARM", "MANUAL_STOP": "DEPLOYMENT_STOP_ON_REQUEST"}
"""Error codes and their events in `autoRollbackConfiguration`; other codes map to DEPLOYMENT_FAILURE."""

Accounts = Callable[[str], Account]
"""Returns the clients of a deployment for the ARN of its service role."""


class Fleet:
    """The deployments, each in its own thread."""

    def __init__(self, moto: MotoBackend, configs: Configs, accounts: Accounts) -> None:
        """Start without deployments."""
        self._moto = moto
        self._configs = configs
        self._accounts = accounts
        self._deployments: dict[str, Deployment] = {}
        self._threads: list[threading.Thread] = []
        self._creating = threading.Lock()

    def deployment(self, identity: str) -> Deployment:
        """Return a deployment. Raises Refused with DeploymentDoesNotExistException."""
        with self._creating:  # moto lists a deployment before `create` has stored it.
            found = self._deployments.get(identity)
        if found is None:
            raise Refused("DeploymentDoesNotExistException", f"The deployment {identity} does not exist")
        return found

    def create(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Handle CreateDeployment: create and start a deployment. Raises Refused."""
        application, name = parameters["applicationName"], parameters["deploymentGroupName"]
        group = self._moto.group(application, name)
        appspec = AppSpec.of_revision(parameters.get("revision") or {})
        strategy = self._configs.strategy(parameters.get("deploymentConfigName") or str(group.deployment_config_name))
        account = self._account(group)
        alarms: Any = parameters.get("overrideAlarmConfiguration") or group.alarm_configuration or {}
        with self._creating:
            self._refuse_second(application, name)
            identity = self._moto.answer("CreateDeployment", dict(parameters))["deploymentId"]
            deployment = Deployment(self._moto.record(identity), appspec, strategy, alarms, account)
            self._begin(deployment)
        return {"deploymentId": identity}

    def stop(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Handle StopDeployment. Without `autoRollbackEnabled`, the group's settings decide about a rollback."""
        identity = parameters["deploymentId"]
        deployment = self.deployment(identity)
        if not deployment.active:
            raise Refused("DeploymentAlreadyCompletedException", f"The deployment {identity} has ended already")
        deployment.stop(roll_back=parameters.get("autoRollbackEnabled"))
        return {"status": "Pending", "statusMessage": "The deployment is being stopped"}

    def close(self) -> None:
        """End the threads of all deployments; aliases and records stay unchanged."""
        for deployment in self._deployments.values():
            deployment.abandon()
        for thread in self._threads:
            thread.join(JOIN_SECONDS)

    def _account(self, group: "DeploymentGroup") -> Account:
        try:
            return self._accounts(group.service_role_arn)
        except ClientError as error:
            message = f"CodeDeploy cannot assume the service role {group.service_role_arn}: {error}"
            raise Refused("InvalidRoleException", message) from error

    def _refuse_second(self, application: str, group: str) -> None:
        for record in self._moto.records(application, group):
            if self._deployments[record.deployment_id].active:
                message = f"The Deployment Group '{group}' already has an active Deployment '{record.deployment_id}'"
                raise Refused("DeploymentLimitExceededException", message)

    def _begin(self, deployment: Deployment) -> None:
        identity = deployment.record.deployment_id
        self._deployments[identity] = deployment
        thread = threading.Thread(target=self._run, args=(deployment,), name=f"deployment-{identity}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self, deployment: Deployment) -> None:
        try:
            ended = deployment.run()
        except Abandoned:
            return
        if ended is None or not _rolls_back(deployment, ended):
            deployment.end(ended)
            return
        with self._creating:  # Otherwise another deployment could start before the rollback.
            rollback = self._roll_back(deployment)
            deployment.end(ended)
        rollback.end(rollback.shift_at_once())

    def _roll_back(self, deployment: Deployment) -> Deployment:
        """Create the rollback of a deployment; both records contain the other's id."""
        failed, appspec = deployment.record, deployment.appspec.reversed()
        parameters = {
            "applicationName": failed.application_name,
            "deploymentGroupName": failed.deployment_group_name,
            "revision": appspec.revision(),
            "deploymentConfigName": f"{DEFAULT}{AT_ONCE.name}",
        }
        record = self._moto.record(self._moto.answer("CreateDeployment", parameters)["deploymentId"])
        record.creator = "codeDeployRollback"
        rollback = Deployment(record, appspec, AT_ONCE, {}, deployment.account)
        self._deployments[record.deployment_id] = rollback
        old, new = failed.deployment_id, record.deployment_id
        rollback.rollback = {
            "rollbackTriggeringDeploymentId": old,
            "rollbackMessage": f"Deployment {new} is triggered to roll back deployment {old}.",
        }
        deployment.rollback = {
            "rollbackDeploymentId": new,
            "rollbackMessage": f"Deployment {old} terminated. "
            f"Automatic rollback is triggered with a DeploymentId {new}.",
        }
        return rollback


def _rolls_back(deployment: Deployment, ended: Ended) -> bool:
    """Return whether to roll back; a deployment that did not match its alias has not moved any traffic."""
    if not deployment.begun:
        return False
    if ended.code == "MANUAL_STOP" and deployment.roll_back_when_stopped is not None:
        return deployment.roll_back_when_stopped
    record = deployment.record
    wanted = record.auto_rollback_configuration or record.deployment_group.auto_rollback_configuration
    event = ROLLBACK_EVENTS.get(ended.code, "DEPLOYMENT_FAILURE")
    return bool(wanted.get("enabled")) and event in (wanted.get("events") or [])
