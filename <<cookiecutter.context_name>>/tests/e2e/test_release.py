"""A release on the embedded AWS: real calls of a real alias, shifted to another version and back."""

import time
from collections.abc import Callable

import pytest

from ..commands import CREATE
from .release import ACTIONS, Release
from local.context import RunningContext
from local.traffic import Caller

pytestmark = pytest.mark.e2e
SECONDS = 15.0
MESSAGE = {"hello": "world"}


@pytest.fixture(scope="module")
def release(context: RunningContext) -> Release:
    """The release of the creating command."""
    return Release(context, CREATE[1].__name__)


def test_a_bad_version_is_caught_by_its_callers_failures_and_a_good_one_takes_all(release: Release) -> None:
    """Errors of the callers who met the bad version raise the alarm; nobody meets it after the rollback."""
    before, group = release.alias()[0], release.group("group")
    with Caller(release.aws, release.alias_arn).calling(MESSAGE) as calls:
        bad = release.publish(broken=True)
        info = release.deploy(group, bad)
        assert (info["status"], info.get("errorInformation", {}).get("code")) == ("Stopped", "ALARM_ACTIVE"), info.get(
            "errorInformation"
        )
        assert release.alias() == (before, {})
        assert {call.version for call in calls if call.failed} == {bad}
        taken_back = len(calls) + 1  # One call may have been under way.
        _until(lambda: len(calls) > taken_back)
        _until(lambda: release.alarm_state() == "OK")
        good = release.publish(broken=False)
        info = release.deploy(group, good)
        assert info["status"] == "Succeeded", [call for call in calls[taken_back:] if call.failed]
        shifted = len(calls) + 1
        time.sleep(1)
    assert not [call for call in calls[taken_back:] if call.failed]
    assert {call.version for call in calls[taken_back:shifted]} == {before, good}
    assert {call.version for call in calls[shifted:]} == {good}
    assert release.alias() == (good, {})


def test_a_deployment_has_the_rights_of_its_service_role(release: Release) -> None:
    """What the role is not granted CodeDeploy cannot do: the alias stays where it is."""
    _until(lambda: release.alarm_state() == "OK")
    before = release.alias()
    group = release.group("powerless", set(ACTIONS) - {"lambda:InvokeFunction"})
    info = release.deploy(group, release.publish(broken=False))
    assert info["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"
    assert "not authorized to perform: lambda:InvokeFunction" in info["errorInformation"]["message"]
    assert release.alias() == before


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)
