"""What is where, and what would happen."""

import re
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from tests.rollout.clients import error
from tests.rollout.conftest import Stack


def test_all_at_the_newest(stack: Stack):
    """A start would move no part."""
    result = stack.rollout("status")
    assert (result.status, result.report["up_to_date"]) == (0, True)
    assert "move" not in result.report["next"]


def test_the_status_lists_aliases_behind_the_newest_version(stack: Stack):
    """One line contains the effect of a start."""
    stack.publish("one", "machine")
    result = stack.rollout("status")
    assert (result.status, result.report["up_to_date"]) == (0, False)
    moves = re.findall(r"(\w+) from version (\d) to (\d)", result.report["next"])
    assert moves == [("one", "1", "2"), ("workflow", "1", "2")]
    assert "Canary10Percent5Minutes" in result.report["next"]
    assert stack.codedeploy.deployments == {}


def test_the_status_lists_running_shifts(stack: Stack):
    """The weights are percentages, and the running deployment is the last one."""
    stack.publish("one")
    stack.machines.route({"1": 70, "2": 30})
    stack.begin("one", "1", "2")
    stack.clock.sleep(5)
    report = stack.rollout("status").report
    function = report["functions"][0]
    assert (function["live"], function["newest"], function["weights"]) == ("1", "2", {"1": 90.0, "2": 10.0})
    assert (function["last"]["deployment_id"], function["last"]["status"]) == ("d-000000001", "InProgress")
    assert report["workflow"]["weights"] == {"1": 70.0, "2": 30.0}
    waits = "wait for the end of the move of one; wait for the end of the move of workflow (if that run is gone"
    assert waits in report["next"]


def test_why_the_last_deployment_failed(stack: Stack):
    """CodeDeploy keeps the reason for weeks. The last deployment is then the rollback."""
    stack.publish("one")
    stack.plan("one", "hook")
    stack.rollout("start")
    status, out, _ = stack.say("status")
    assert status == 0
    assert "(rolls d-000000001 back)" in out
    assert out.count("rolled back on 2031-05-06") == 1
    assert "fail at one" in out
    assert "--again" in out


class SignedOut:
    """A client of a person without credentials."""

    def __getattr__(self, name: str) -> Any:
        def call(*_: Any, **__: Any) -> Any:
            raise NoCredentialsError

        return call


def test_a_problem_of_all_parts_is_reported_once(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    """Such as missing credentials."""
    monkeypatch.setattr(stack, "clients", lambda _: lambda *_, **__: SignedOut())
    status, out, err = stack.say("status")
    assert (status, out) == (2, "")
    assert err.count(str(NoCredentialsError())) == 1
    assert "AWS_PROFILE" in err


def test_the_status_lists_unreadable_parts(stack: Stack):
    """The rest is shown all the same."""
    stack.codedeploy.before["list_deployments"] = [error("ListDeployments", "AccessDeniedException", "no")]
    result = stack.rollout("status")
    problems = [part["problem"] for part in result.report["functions"]]
    assert result.status == 2
    assert "fail at one" in result.report["next"] or "fail at two" in result.report["next"]
    assert sorted(problems, key=bool) == [None, "AccessDeniedException: no"]
