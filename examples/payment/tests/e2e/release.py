"""A release of one function, made of the resources that an infrastructure program asks for."""

import io
import json
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from local import versions
from local.context import RunningContext
from local.deploy.registry import Request, create

APPLICATION = "rehearsal"
CONFIG = "rehearsal-half"
ALIAS = "live"
HOOK = "rehearsal-check"
SECONDS = 60.0
ACTIVE = ("Created", "Queued", "InProgress", "Ready")
ACTIONS = ("lambda:GetAlias", "lambda:UpdateAlias", "lambda:InvokeFunction", "cloudwatch:DescribeAlarms")
HOOK_SOURCE = """
import boto3

def handler(event, context):
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status="Succeeded",
    )
"""


class Release:
    """Deploys versions of a function that half of the traffic meets for five minutes."""

    def __init__(self, context: RunningContext, function: str) -> None:
        """Make everything but the deployment group; `function` is its name in the code."""
        self.aws = context.aws
        self.alias_arn: str = context.outputs["functions"][function]
        self.name = self.alias_arn.split(":")[6]
        self.alarm = f"{self.name}-rehearsal"
        self._make("codedeploy/application:Application", {"name": APPLICATION, "computePlatform": "Lambda"})
        canary = {"type": "TimeBasedCanary", "timeBasedCanary": {"percentage": 50.0, "interval": 5.0}}
        config = {"deploymentConfigName": CONFIG, "computePlatform": "Lambda", "trafficRoutingConfig": canary}
        self._make("codedeploy/deploymentConfig:DeploymentConfig", config)
        self._make_alarm()
        self._make_hook()

    def group(self, name: str, actions: Iterable[str] = ACTIONS) -> str:
        """Make a deployment group whose service role may do so much; returns its name."""
        role = f"{APPLICATION}-{name}"
        inputs: dict[str, Any] = {
            "appName": APPLICATION,
            "deploymentGroupName": name,
            "deploymentConfigName": CONFIG,
            "serviceRoleArn": self._make_role(role, actions),
            "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
            "alarmConfiguration": {"enabled": True, "alarms": [self.alarm], "ignorePollAlarmFailure": False},
            "autoRollbackConfiguration": {
                "enabled": True,
                "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
            },
        }
        self._make("codedeploy/deploymentGroup:DeploymentGroup", inputs)
        return name

    def publish(self, *, broken: bool) -> str:
        """Publish a version that answers as before, or that fails each time; returns its number."""
        handler = self.aws.call("lambda", "get_function_configuration", FunctionName=self.name)["Handler"]
        module, _, function = handler.rpartition(".")
        file = f"{module.replace('.', '/')}.py"
        bad = f"def {function}(event, context):\n    raise RuntimeError('a bad version')\n"
        good = versions.source_of(file) + "\n# Another version.\n"
        return versions.publish(self.aws, self.name, file, bad if broken else good)

    def alias(self) -> tuple[str, dict[str, float]]:
        """Return the alias's version and the weights of others."""
        found = self.aws.call("lambda", "get_alias", FunctionName=self.name, Name=ALIAS)
        return found["FunctionVersion"], found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})

    def alarm_state(self) -> str:
        """Return the alarm's state."""
        return self.aws.call("cloudwatch", "describe_alarms", AlarmNames=[self.alarm])["MetricAlarms"][0]["StateValue"]

    def deploy(self, group: str, target: str) -> dict[str, Any]:
        """Move the alias to a version, and return what became of it, any rollback included."""
        properties = {"Name": self.name, "Alias": ALIAS, "CurrentVersion": self.alias()[0], "TargetVersion": target}
        resource = {"Type": "AWS::Lambda::Function", "Properties": properties}
        hooks = [{"BeforeAllowTraffic": HOOK}]
        appspec = json.dumps({"version": 0.0, "Resources": [{"a_function": resource}], "Hooks": hooks})
        created = self.aws.call(
            "codedeploy",
            "create_deployment",
            applicationName=APPLICATION,
            deploymentGroupName=group,
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": appspec}},
        )
        info = self._ended(created["deploymentId"])
        if rollback := info["rollbackInfo"].get("rollbackDeploymentId"):
            self._ended(rollback)
        return info

    def _ended(self, identity: str) -> dict[str, Any]:
        deadline = time.monotonic() + SECONDS
        while True:
            info = self.aws.call("codedeploy", "get_deployment", deploymentId=identity)["deploymentInfo"]
            if info["status"] not in ACTIVE:
                return info
            assert time.monotonic() < deadline, info
            time.sleep(0.1)

    def _make(self, kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
        return create(self.aws, Request(f"aws:{kind}", "rehearsal", inputs, Path()))[1]

    def _make_alarm(self) -> None:
        inputs = {
            "name": self.alarm,
            "namespace": "AWS/Lambda",
            "metricName": "Errors",
            "dimensions": {"FunctionName": self.name, "Resource": f"{self.name}:{ALIAS}"},
            "statistic": "Sum",
            "comparisonOperator": "GreaterThanThreshold",
            "threshold": 0.0,
            "period": 60.0,
            "evaluationPeriods": 1.0,
            "treatMissingData": "notBreaching",
        }
        self._make("cloudwatch/metricAlarm:MetricAlarm", inputs)

    def _make_role(self, name: str, actions: Iterable[str]) -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": "codedeploy.amazonaws.com"}, "Action": "sts:AssumeRole"}
        function = self.alias_arn.removesuffix(f":{self.name}:{ALIAS}")
        alarm = f"arn:aws:cloudwatch:{self.aws.region}:{self.aws.account}:alarm:{self.alarm}"
        resources = [f"{function}:{self.name}", f"{function}:{HOOK}", alarm]
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": resources}
        made = self._make("iam/role:Role", {"name": name, "assumeRolePolicy": _policy(trust)})
        self._make("iam/rolePolicy:RolePolicy", {"name": "release", "role": name, "policy": _policy(allowed)})
        return made["arn"]

    def _make_hook(self) -> None:
        like = self.aws.call("lambda", "get_function_configuration", FunctionName=self.name)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as entries:
            entries.writestr("hook.py", HOOK_SOURCE)
        self.aws.call(
            "lambda",
            "create_function",
            FunctionName=HOOK,
            Runtime=like["Runtime"],
            Role=like["Role"],
            Handler="hook.handler",
            Layers=[layer["Arn"] for layer in like["Layers"]],
            Timeout=10,
            Code={"ZipFile": archive.getvalue()},
        )


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
