"""Hooks decide whether traffic comes, and whether it stays."""

import pytest
from botocore.exceptions import ClientError

from .conftest import Started
from .world import AFTER, BEFORE, Release, appspec_text, wait_until

BOTH = {BEFORE: "pre", AFTER: "post"}


def test_hooks_run_before_and_after_the_traffic(release: Release) -> None:
    release.group()
    seen: list[tuple[str, str]] = []

    def hook(name: str):
        def run(deployment: str, execution: str) -> None:
            info = release.target(deployment)["lambdaFunctionInfo"]
            seen.append((name, release.functions.version))
            assert (info["currentVersion"], info["targetVersion"]) == ("1", "2")
            release.reports("Succeeded")(deployment, execution)

        return run

    release.functions.hooks = {"pre": hook("pre"), "post": hook("post")}
    assert release.ended(release.deploy(appspec_text(**BOTH)))["status"] == "Succeeded"
    assert seen == [("pre", "1"), ("post", "2")]


def test_a_hook_that_fails_before_the_traffic_keeps_it_away(release: Release) -> None:
    release.group()
    release.functions.hooks = {"pre": release.reports("Failed")}
    info = release.ended(release.deploy(appspec_text(**{BEFORE: "pre"})))
    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "HOOK_EXECUTION_FAILURE")
    assert "(BeforeAllowTraffic: pre " in info["errorInformation"]["message"]
    assert "2" not in [version for version, _ in release.functions.history]


def test_a_hook_that_fails_after_the_traffic_takes_it_back(release: Release) -> None:
    release.group()
    release.functions.hooks = {"pre": release.reports("Succeeded"), "post": release.reports("Failed")}
    info = release.ended(release.deploy(appspec_text(**BOTH)))
    assert info["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"
    assert release.functions.history == [("2", {}), ("1", {})]


def test_a_hook_that_never_answers_is_a_failure(started: Started) -> None:
    """CodeDeploy waits an hour for the hook's status."""
    release = started(0.005)
    release.group()
    release.functions.hooks = {"pre": lambda *_: None}
    info = release.ended(release.deploy(appspec_text(**{BEFORE: "pre"})))
    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "HOOK_EXECUTION_FAILURE")
    assert "(BeforeAllowTraffic: pre " in info["errorInformation"]["message"]
    assert (info["completeTime"] - info["startTime"]).total_seconds() >= 60 * 0.005 * 0.9


def test_a_status_counts_once_and_only_for_its_own_deployment(started: Started) -> None:
    release = started(1.0)
    release.group()
    calls: list[tuple[str, str]] = []
    release.functions.hooks = {"pre": lambda deployment, execution: calls.append((deployment, execution))}
    deployment = release.deploy(appspec_text(**{BEFORE: "pre"}))
    wait_until(lambda: bool(calls))
    [(_, execution)] = calls
    with pytest.raises(ClientError, match="InvalidLifecycleEventHookExecutionIdException"):
        release.reports("Succeeded")(deployment, "another")
    with pytest.raises(ClientError, match="InvalidLifecycleEventHookExecutionStatusException"):
        release.reports("Skipped")(deployment, execution)
    with pytest.raises(ClientError, match="DeploymentDoesNotExistException"):
        release.reports("Succeeded")("another", execution)
    release.reports("Succeeded")(deployment, execution)
    with pytest.raises(ClientError, match="LifecycleEventAlreadyCompletedException"):
        release.reports("Failed")(deployment, execution)
    assert release.ended(deployment)["status"] == "Succeeded"
