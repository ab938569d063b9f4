"""How traffic reaches a new version."""

import pytest

from .conftest import MINUTE_SECONDS, Started
from .world import AFTER, BEFORE, GROUP, Release, appspec_text, wait_until

ALL = ("2", {})


def weights(release: Release) -> list[int]:
    """The percentages that version 2 had in turn, while the alias pointed at version 1."""
    return [round(others["2"] * 100) for version, others in release.functions.history if version == "1"]


@pytest.mark.parametrize(
    ("config", "steps"),
    [
        ("LambdaAllAtOnce", []),
        ("LambdaCanary10Percent5Minutes", [10]),
        ("LambdaLinear10PercentEvery1Minute", [10, 20, 30, 40, 50, 60, 70, 80, 90]),
    ],
)
def test_a_predefined_configuration_shifts_in_its_steps(release: Release, config: str, steps: list[int]) -> None:
    release.group(f"CodeDeployDefault.{config}")
    info = release.ended(release.deploy())
    assert (info["status"], info["creator"]) == ("Succeeded", "user")
    assert weights(release) == steps
    assert release.functions.history[-1] == ALL
    seconds = (info["completeTime"] - info["startTime"]).total_seconds()
    minutes = {"LambdaAllAtOnce": 0, "LambdaCanary10Percent5Minutes": 5}.get(config, 9)
    assert seconds >= minutes * MINUTE_SECONDS * 0.9


def test_an_own_configuration_shifts_in_its_steps(release: Release) -> None:
    routing = {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 40, "linearInterval": 2}}
    release.client.create_deployment_config(
        deploymentConfigName="own",
        computePlatform="Lambda",
        trafficRoutingConfig=routing,
    )
    release.group("own")
    assert release.ended(release.deploy())["status"] == "Succeeded"
    assert weights(release) == [40, 80]
    info = release.client.get_deployment_config(deploymentConfigName="own")["deploymentConfigInfo"]
    assert info["trafficRoutingConfig"] == routing


def test_a_deployment_may_bring_a_configuration_of_its_own(release: Release) -> None:
    release.group("CodeDeployDefault.LambdaAllAtOnce")
    release.ended(release.deploy(deploymentConfigName="CodeDeployDefault.LambdaCanary10Percent10Minutes"))
    assert weights(release) == [10]


def test_the_target_has_the_traffic_of_the_new_version(started: Started) -> None:
    release = started(1.0)
    release.group("CodeDeployDefault.LambdaCanary10Percent5Minutes")
    deployment = release.deploy()
    wait_until(lambda: release.target(deployment)["lambdaFunctionInfo"]["targetVersionWeight"] > 0)
    target = release.target(deployment)
    assert target["status"] == "InProgress"
    assert target["lambdaFunctionInfo"] == {
        "functionName": "function",
        "functionAlias": "live",
        "currentVersion": "1",
        "targetVersion": "2",
        "targetVersionWeight": 0.1,
    }
    assert release.info(deployment)["deploymentOverview"]["InProgress"] == 1


def test_a_target_lists_its_events_with_and_without_hooks(release: Release) -> None:
    release.group()
    release.functions.hooks["check"] = release.reports("Succeeded")
    deployment = release.deploy(appspec_text(**{BEFORE: "check"}))
    release.ended(deployment)
    events = {event["lifecycleEventName"]: event["status"] for event in release.target(deployment)["lifecycleEvents"]}
    assert events == {BEFORE: "Succeeded", "AllowTraffic": "Succeeded", AFTER: "Succeeded"}


def test_deployments_are_listed_newest_first_and_by_their_status(release: Release) -> None:
    release.group()
    first = release.deploy()
    release.ended(first)
    failed = release.deploy()
    release.ended(failed)
    names = {"applicationName": "application", "deploymentGroupName": GROUP}
    assert release.client.list_deployments(**names)["deployments"] == [failed, first]
    succeeded = release.client.list_deployments(**names, includeOnlyStatuses=["Succeeded"])["deployments"]
    assert succeeded == [first]
    deployments = release.client.batch_get_deployments(deploymentIds=[first, failed])["deploymentsInfo"]
    assert [deployment.get("status") for deployment in deployments] == ["Succeeded", "Failed"]
