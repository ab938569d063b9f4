"""What the deployer makes of the resources of a release."""

import json
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.command.output import LocalRunError
from bounded_context_local.provider.creation import Request
from bounded_context_local.provider.program import create

from .conftest import RecordingAws

ROLE = "arn:aws:iam::123456789012:role/release"


class Releases(RecordingAws):
    """Answers as little as the creators need; the service role trusts one service."""

    trusted = "codedeploy.amazonaws.com"

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        answer = super().call(service, operation, **parameters)
        statement = {"Effect": "Allow", "Principal": {"Service": self.trusted}, "Action": "sts:AssumeRole"}
        role = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
        ids = {"applicationId": "a", "deploymentGroupId": "g", "deploymentConfigId": "c"}
        return answer | ids | {"Role": role}

    def sent(self, operation: str) -> dict[str, Any]:
        """The parameters of the one call of an operation."""
        [parameters] = [arguments for name, arguments in self.calls if name.endswith(f":{operation}")]
        return {name: value for name, value in parameters.items() if value is not None}


@pytest.fixture
def aws() -> Releases:
    return Releases()


def _make(aws: Releases, kind: str, **inputs: Any) -> tuple[dict[str, Any], list[str]]:
    request = Request(f"aws:{kind}", "name", inputs, Path())
    return create(aws, request)[1], request.adapted


def test_a_group_has_its_alarms_by_name_and_a_role_that_the_run_may_assume(aws: Releases) -> None:
    outputs, adapted = _make(
        aws,
        "codedeploy/deploymentGroup:DeploymentGroup",
        appName="application",
        deploymentGroupName="group",
        serviceRoleArn=ROLE,
        alarmConfiguration={"alarms": ["errors"], "enabled": True, "ignorePollAlarmFailure": False},
        autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
        triggerConfigurations=[{"triggerName": "t", "triggerTargetArn": "arn", "triggerEvents": ["DeploymentFailure"]}],
    )
    sent = aws.sent("create_deployment_group")
    alarms = {"alarms": [{"name": "errors"}], "enabled": True, "ignorePollAlarmFailure": False}
    assert (sent["applicationName"], sent["alarmConfiguration"]) == ("application", alarms)
    assert outputs["arn"].endswith(":123456789012:deploymentgroup:application/group")
    trusting = json.loads(aws.sent("update_assume_role_policy")["PolicyDocument"])["Statement"]
    assert trusting[1]["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert len(adapted) == 2


def test_a_service_role_that_does_not_trust_codedeploy_is_refused(aws: Releases) -> None:
    aws.trusted = "lambda.amazonaws.com"
    with pytest.raises(LocalRunError, match=r"\brelease\b.*\bcodedeploy\b"):
        _make(
            aws,
            "codedeploy/deploymentGroup:DeploymentGroup",
            appName="application",
            deploymentGroupName="group",
            serviceRoleArn=ROLE,
        )


@pytest.mark.parametrize(
    ("configuration", "sent"),
    [
        (
            {"type": "TimeBasedCanary", "timeBasedCanary": {"percentage": 25.0, "interval": 20.0}},
            {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 25, "canaryInterval": 20}},
        ),
        (
            {"type": "TimeBasedLinear", "timeBasedLinear": {"percentage": 40.0, "interval": 7.0}},
            {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 40, "linearInterval": 7}},
        ),
    ],
)
def test_a_configuration_has_the_parameters_of_the_api(aws: Releases, configuration: dict, sent: dict) -> None:
    _make(
        aws,
        "codedeploy/deploymentConfig:DeploymentConfig",
        deploymentConfigName="own",
        computePlatform="Lambda",
        trafficRoutingConfig=configuration,
    )
    assert aws.sent("create_deployment_config")["trafficRoutingConfig"] == sent


def test_an_alarm_watches_the_metric_of_its_dimensions_in_short_minutes(aws: Releases) -> None:
    _make(
        aws,
        "cloudwatch/metricAlarm:MetricAlarm",
        name="errors",
        namespace="AWS/Lambda",
        metricName="Errors",
        dimensions={"FunctionName": "one"},
        statistic="Sum",
        comparisonOperator="GreaterThanThreshold",
        threshold=0.0,
        period=300.0,
        evaluationPeriods=2.0,
    )
    sent = aws.sent("put_metric_alarm")
    assert (sent["MetricName"], sent["Period"], sent["EvaluationPeriods"]) == ("Errors", 5, 2)
    assert sent["Dimensions"] == [{"Name": "FunctionName", "Value": "one"}]
