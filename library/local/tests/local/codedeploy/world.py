"""An account in memory: functions with an alias, hooks, alarms; and the release that a test makes in it."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

APPLICATION = "application"
GROUP = "group"
FUNCTION = "function"
ALIAS = "live"
BEFORE = "BeforeAllowTraffic"
AFTER = "AfterAllowTraffic"
ACTIVE = ("Created", "Queued", "InProgress", "Ready")
SECONDS = 5.0

Hook = Callable[[str, str], None]


@dataclass
class Functions:
    """Lambda with one function; `history` has each state of its alias: (version, weight of the other)."""

    version: str = "1"
    history: list[tuple[str, dict[str, float]]] = field(default_factory=list)
    hooks: dict[str, Hook] = field(default_factory=dict)
    denied: bool = False

    def get_alias(self, *, FunctionName: str, Name: str) -> dict[str, Any]:  # noqa: N803
        if (FunctionName, Name) != (FUNCTION, ALIAS):
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": FunctionName}}, "GetAlias")
        return {"FunctionVersion": self.version}

    def update_alias(self, *, FunctionVersion: str, RoutingConfig: dict[str, Any], **_: str) -> None:  # noqa: N803
        if self.denied:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "UpdateAlias")
        self.version = FunctionVersion
        self.history.append((FunctionVersion, RoutingConfig["AdditionalVersionWeights"]))

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803
        assert InvocationType == "Event"
        event = json.loads(Payload)
        arguments = (event["DeploymentId"], event["LifecycleEventHookExecutionId"])
        threading.Thread(target=self.hooks[FunctionName], args=arguments).start()


@dataclass
class Alarms:
    """CloudWatch, of which only the states of alarms are asked."""

    active: set[str] = field(default_factory=set)

    def describe_alarms(self, *, AlarmNames: list[str], StateValue: str, **_: object) -> dict[str, Any]:  # noqa: N803
        assert StateValue == "ALARM"
        return {"MetricAlarms": [{"AlarmName": name} for name in AlarmNames if name in self.active]}


class Release:
    """What a test does with CodeDeploy, through any boto3 client."""

    def __init__(self, endpoint: str, functions: Functions, alarms: Alarms) -> None:
        """Create the application."""
        self.client: Any = boto3.client(
            "codedeploy",
            endpoint_url=endpoint,
            region_name="eu-west-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=Config(retries={"max_attempts": 0}),
        )
        self.functions = functions
        self.alarms = alarms
        self.client.create_application(applicationName=APPLICATION, computePlatform="Lambda")

    def group(self, config: str = "CodeDeployDefault.LambdaAllAtOnce", *, name: str = GROUP, **more: Any) -> None:
        """Create a deployment group that rolls back in every case and stops on the alarm `errors`."""
        events = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
        defaults = {
            "deploymentConfigName": config,
            "serviceRoleArn": "arn:aws:iam::123456789012:role/release",
            "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
            "alarmConfiguration": {"enabled": True, "alarms": [{"name": "errors"}]},
            "autoRollbackConfiguration": {"enabled": True, "events": events},
        }
        self.client.create_deployment_group(
            applicationName=APPLICATION,
            deploymentGroupName=name,
            **(defaults | more),
        )

    def deploy(self, appspec: str | None = None, *, group: str = GROUP, **more: Any) -> str:
        """Create a deployment from version 1 to version 2; returns its id."""
        revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": appspec or appspec_text()}}
        created = self.client.create_deployment(
            applicationName=APPLICATION,
            deploymentGroupName=group,
            revision=revision,
            **more,
        )
        return created["deploymentId"]

    def info(self, identity: str) -> Any:
        """Return what GetDeployment says."""
        return self.client.get_deployment(deploymentId=identity)["deploymentInfo"]

    def target(self, identity: str) -> Any:
        """Return the Lambda target."""
        ids = self.client.list_deployment_targets(deploymentId=identity)["targetIds"]
        targets = self.client.batch_get_deployment_targets(deploymentId=identity, targetIds=ids)
        return targets["deploymentTargets"][0]["lambdaTarget"]

    def ended(self, identity: str) -> Any:
        """Wait for the end of a deployment, and of the rollback that it caused; returns what GetDeployment says."""
        wait_until(lambda: self.info(identity)["status"] not in ACTIVE)
        info = self.info(identity)
        if rollback := info["rollbackInfo"].get("rollbackDeploymentId"):
            wait_until(lambda: self.info(rollback)["status"] not in ACTIVE)
        return info

    def reports(self, status: str) -> Hook:
        """Return a hook function that reports a status."""

        def hook(deployment: str, execution: str) -> None:
            self.client.put_lifecycle_event_hook_execution_status(
                deploymentId=deployment,
                lifecycleEventHookExecutionId=execution,
                status=status,
            )

        return hook


def appspec_text(*, current: str = "1", target: str = "2", function: str = FUNCTION, **hooks: str) -> str:
    """Write an AppSpec; hooks are function names by event."""
    properties = {"Name": function, "Alias": ALIAS, "CurrentVersion": current, "TargetVersion": target}
    resource = {"a_function": {"Type": "AWS::Lambda::Function", "Properties": properties}}
    named = [{event: name} for event, name in hooks.items()]
    return json.dumps({"version": 0.0, "Resources": [resource], "Hooks": named})


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for something that comes in its own time."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)
