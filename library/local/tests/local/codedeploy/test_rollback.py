"""What ends a deployment early, and what becomes of the traffic then."""

import pytest

from .conftest import Started
from .world import Release, appspec_text, wait_until

CANARY = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
BACK = ("1", {})


@pytest.fixture
def shifting(started: Started) -> tuple[Release, str]:
    """A canary that has its first tenth of the traffic, and minutes to go."""
    release = started(1.0)
    release.group(CANARY)
    deployment = release.deploy()
    wait_until(lambda: release.functions.history == [("1", {"2": 0.1})])
    return release, deployment


def test_an_alarm_before_the_start_keeps_all_traffic_away(release: Release) -> None:
    """CodeDeploy creates a rollback all the same, and no alarm keeps that one from succeeding."""
    release.group()
    release.alarms.active = {"errors"}
    info = release.ended(release.deploy())
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "ALARM_ACTIVE")
    assert info["errorInformation"]["message"].endswith("Activated alarms: errors")
    assert release.functions.history == [BACK]
    assert release.info(info["rollbackInfo"]["rollbackDeploymentId"])["status"] == "Succeeded"


@pytest.mark.parametrize(
    "override", [{"enabled": False}, {"enabled": True, "alarms": [{"name": "another"}]}, {"enabled": True}]
)
def test_a_deployment_may_ignore_the_alarms_of_its_group(release: Release, override: dict) -> None:
    release.group()
    release.alarms.active = {"errors"}
    info = release.ended(release.deploy(overrideAlarmConfiguration=override))
    assert info["status"] == "Succeeded"
    assert info["overrideAlarmConfiguration"]["enabled"] is override["enabled"]


def test_a_group_may_have_its_alarms_switched_off(release: Release) -> None:
    release.group(alarmConfiguration={"enabled": False, "alarms": [{"name": "errors"}]})
    release.alarms.active = {"errors"}
    assert release.ended(release.deploy())["status"] == "Succeeded"


def test_an_alarm_during_the_shift_takes_the_traffic_back(shifting: tuple[Release, str]) -> None:
    """The rollback is a deployment of its own, and each of the two names the other."""
    release, deployment = shifting
    release.alarms.active = {"errors"}
    info = release.ended(deployment)
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "ALARM_ACTIVE")
    assert release.functions.history[1:] == [BACK]
    rollback = release.info(info["rollbackInfo"]["rollbackDeploymentId"])
    assert (rollback["status"], rollback["creator"]) == ("Succeeded", "codeDeployRollback")
    assert rollback["rollbackInfo"]["rollbackTriggeringDeploymentId"] == deployment
    assert rollback["deploymentConfigName"] == "CodeDeployDefault.LambdaAllAtOnce"
    way_back = release.target(rollback["deploymentId"])["lambdaFunctionInfo"]
    assert (way_back["currentVersion"], way_back["targetVersion"]) == ("2", "1")


@pytest.mark.parametrize("wanted", [None, True])
def test_a_deployment_that_is_stopped_takes_the_traffic_back(
    shifting: tuple[Release, str], wanted: bool | None
) -> None:
    release, deployment = shifting
    more = {} if wanted is None else {"autoRollbackEnabled": wanted}
    assert release.client.stop_deployment(deploymentId=deployment, **more)["status"] == "Pending"
    info = release.ended(deployment)
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "MANUAL_STOP")
    assert release.functions.history[-1] == BACK


def test_a_deployment_may_be_stopped_where_it_is(shifting: tuple[Release, str]) -> None:
    release, deployment = shifting
    release.client.stop_deployment(deploymentId=deployment, autoRollbackEnabled=False)
    info = release.ended(deployment)
    assert info["status"] == "Stopped"
    assert info["rollbackInfo"] == {}
    assert release.functions.history == [("1", {"2": 0.1})]
    assert release.target(deployment)["lifecycleEvents"][1]["status"] == "Failed"


def test_an_ended_deployment_cannot_be_stopped(release: Release) -> None:
    release.group()
    deployment = release.deploy()
    release.ended(deployment)
    with pytest.raises(release.client.exceptions.DeploymentAlreadyCompletedException):
        release.client.stop_deployment(deploymentId=deployment)


def test_a_group_without_rollback_keeps_the_traffic(release: Release) -> None:
    release.group(autoRollbackConfiguration={"enabled": False, "events": []})
    release.functions.hooks = {"post": release.reports("Failed")}
    info = release.ended(release.deploy(appspec_text(AfterAllowTraffic="post")))
    assert (info["status"], info["rollbackInfo"]) == ("Failed", {})
    assert release.functions.history == [("2", {})]


@pytest.mark.parametrize(
    ("appspec", "code", "sentence"),
    [
        (
            appspec_text(current="7", target="8"),
            "INVALID_LAMBDA_CONFIGURATION",
            "does not match the current version in AppSpec file. (1, not 7)",
        ),
        (appspec_text(function="nobody"), "INVALID_LAMBDA_FUNCTION", "does not exist"),
    ],
)
def test_a_deployment_that_does_not_fit_the_alias_fails(
    release: Release, appspec: str, code: str, sentence: str
) -> None:
    release.group()
    info = release.ended(release.deploy(appspec))
    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", code)
    assert sentence in info["errorInformation"]["message"]
    assert info["rollbackInfo"] == {}
    assert release.functions.history == []


def test_a_service_role_without_permission_fails_the_deployment(release: Release) -> None:
    release.group()
    release.functions.denied = True
    info = release.ended(release.deploy())
    assert info["errorInformation"]["code"] == "IAM_ROLE_PERMISSIONS"
