"""Requests that the stand-in rejects with CodeDeploy's exceptions."""

import hashlib
import json

import pytest
from botocore.exceptions import ClientError

from .conftest import Started
from .world import GROUP, Release, appspec_text


def test_a_group_has_one_active_deployment(started: Started) -> None:
    """Another group may have another deployment, and the same group its next."""
    release = started(1.0)
    for name in (GROUP, "another"):
        release.group("CodeDeployDefault.LambdaCanary10Percent5Minutes", name=name)
    first = release.deploy()
    with pytest.raises(release.client.exceptions.DeploymentLimitExceededException, match=f"'{GROUP}'.*'{first}'"):
        release.deploy()
    release.deploy(group="another")
    release.client.stop_deployment(deploymentId=first)
    release.ended(first)
    release.deploy()


@pytest.mark.parametrize(
    ("appspec", "named"),
    [
        ("{", "JSON.* YAML"),
        ("[]", "valid dictionary"),
        (json.dumps({"version": 1, "Resources": []}), r"\bversion\b.* 1: "),
        (json.dumps({"version": 0.0, "Resources": []}), "Resources"),
        (appspec_text().replace("AWS::Lambda::Function", "AWS::ECS::Service"), "AWS::Lambda::Function"),
        (appspec_text(target=""), r"\bTargetVersion\b.*''"),
        (appspec_text(target="$LATEST"), r"\bTargetVersion\b.*'\$LATEST'"),
        (appspec_text(AfterInstall="hook"), r"\bAfterInstall\b.*\bBeforeAllowTraffic\b.*\bAfterAllowTraffic\b"),
    ],
)
def test_an_invalid_appspec_is_rejected(release: Release, appspec: str, named: str) -> None:
    release.group()
    with pytest.raises(release.client.exceptions.InvalidRevisionException, match=named):
        release.deploy(appspec)


def test_an_appspec_in_yaml_is_as_good(release: Release) -> None:
    release.group()
    properties = "{Name: function, Alias: live, CurrentVersion: 1, TargetVersion: '2'}"
    resource = f"a_function: {{Type: 'AWS::Lambda::Function', Properties: {properties}}}"
    deployment = release.deploy(f"version: 0.0\nResources:\n  - {resource}\n")
    assert release.ended(deployment)["status"] == "Succeeded"


@pytest.mark.parametrize(
    ("routing", "named"),
    [
        ({"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 0, "canaryInterval": 5}}, "1 to 99"),
        ({"type": "TimeBasedLinear"}, "Invalid traffic"),
        ({"type": "AllAtSometime"}, "write one of"),
    ],
)
def test_an_invalid_routing_is_rejected(release: Release, routing: dict, named: str) -> None:
    with pytest.raises(ClientError, match=named):
        release.client.create_deployment_config(
            deploymentConfigName="own",
            computePlatform="Lambda",
            trafficRoutingConfig=routing,
        )


def test_a_configuration_has_to_exist_and_to_be_for_lambda(release: Release) -> None:
    release.group("CodeDeployDefault.OneAtATime")
    with pytest.raises(release.client.exceptions.DeploymentConfigDoesNotExistException, match="OneAtATime"):
        release.deploy()
    with pytest.raises(release.client.exceptions.DeploymentConfigDoesNotExistException):
        release.client.get_deployment_config(deploymentConfigName="nowhere")


def test_a_group_has_at_most_ten_alarms(release: Release) -> None:
    alarms = [{"name": f"alarm-{number}"} for number in range(11)]
    with pytest.raises(release.client.exceptions.AlarmsLimitExceededException):
        release.group(alarmConfiguration={"enabled": True, "alarms": alarms})


def test_a_group_returns_its_configuration(release: Release) -> None:
    release.group()
    names = {"applicationName": "application", "deploymentGroupName": GROUP}
    info = release.client.get_deployment_group(**names)["deploymentGroupInfo"]
    assert info["alarmConfiguration"] == {"enabled": True, "alarms": [{"name": "errors"}]}


def test_a_deployment_returns_the_hash_of_its_appspec_and_not_the_appspec(release: Release) -> None:
    """So it is on AWS: versions are read from the target."""
    release.group()
    revision = release.info(release.deploy())["revision"]
    digest = hashlib.sha256(appspec_text().encode()).hexdigest()
    assert revision == {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": digest}}


def test_a_missing_group_or_deployment_is_an_error(release: Release) -> None:
    with pytest.raises(release.client.exceptions.DeploymentGroupDoesNotExistException):
        release.deploy()
    with pytest.raises(release.client.exceptions.DeploymentDoesNotExistException):
        release.info("d-1")
    with pytest.raises(release.client.exceptions.DeploymentDoesNotExistException):
        release.target("d-1")
    with pytest.raises(ClientError, match="has no ListOnPremisesInstances"):
        release.client.list_on_premises_instances()
