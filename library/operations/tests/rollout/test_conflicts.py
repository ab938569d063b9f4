"""Deployments of others in the way, and others that move the same alias."""

from typing import Any

import pytest

from bounded_context_operations.release.rollout.deployments import MISMATCH
from bounded_context_operations.release.rollout.releases import Note
from tests.rollout.clients import error
from tests.rollout.conftest import Stack


def test_a_deployment_to_the_same_version_is_adopted(stack: Stack):
    """Its result is this run's result, and nothing is created beside it."""
    stack.publish("one")
    other = stack.begin("one", "1", "2")
    stack.clock.sleep(5)
    ran = stack.rollout("start")
    assert (ran.status, ran.functions["one"]["result"], stack.live("one")) == (0, "succeeded", "2")
    assert ran.functions["one"]["deployment_id"] == other.id
    assert stack.codedeploy.called("create_deployment") == []


def test_an_adopted_deployment_that_is_rolled_back_is_not_tried_again(stack: Stack):
    """The other run's end is this run's end, with its versions and its reason."""
    stack.publish("one")
    stack.begin("one", "1", "2", "alarm")
    stack.clock.sleep(5)
    ran = stack.rollout("start")
    function = ran.functions["one"]
    assert (ran.status, function["result"], function["from"], function["to"]) == (1, "rolled back", "1", "2")
    assert stack.codedeploy.called("create_deployment") == []


def test_a_version_that_fails_meanwhile_is_not_deployed_again(stack: Stack):
    """The other run's deployment ends between the survey and the creation."""
    stack.publish("one")

    def fails() -> None:
        failed = stack.begin("one", "1", "2", "hook")
        failed.request |= {"description": str(Note("20310506T070809Z-0a1b2c3d-17", "test", "one", "1", "2"))}
        stack.codedeploy.tick(60)

    stack.codedeploy.before["create_deployment"] = [error("CreateDeployment", "DeploymentLimitExceededException")]
    stack.clock.at(0.01, fails)
    ran = stack.rollout("start")
    assert (ran.status, ran.functions["one"]["result"], stack.live("one")) == (2, "refused", "1")
    failed, _ = stack.deployments("one")
    assert failed.id in ran.functions["one"]["why"]
    assert stack.rollout("start").report["result"] == "refused"
    assert stack.rollout("start", "--again").status == 0


def test_an_own_deployment_that_fails_before_it_is_known_is_followed(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    """boto3 repeats a request without an answer, and AWS refuses the repetition because of the first one."""
    stack.publish("one")
    stack.plan("one", "hook")
    create = stack.codedeploy._create_deployment

    def repeated(**request: Any) -> dict[str, Any]:
        create(**request)
        stack.codedeploy.tick(60)
        raise error("CreateDeployment", "DeploymentLimitExceededException")

    monkeypatch.setattr(stack.codedeploy, "_create_deployment", repeated)
    ran = stack.rollout("start")
    assert (ran.status, ran.functions["one"]["result"], stack.live("one")) == (1, "rolled back", "1")
    assert len(stack.codedeploy.called("create_deployment")) == 1


def test_the_rollback_of_the_same_version_is_adopted_too(stack: Stack):
    """A run that comes while another one's version is taken back does not start that version again."""
    stack.publish("one")
    failed = stack.begin("one", "1", "2", "hook")
    stack.clock.sleep(5)
    ran = stack.rollout("start")
    assert (ran.functions["one"]["result"], ran.functions["one"]["deployment_id"]) == ("rolled back", failed.id)
    assert stack.codedeploy.called("create_deployment") == []


def test_wait_lets_a_deployment_to_another_version_end(stack: Stack):
    """Then the alias is read again, and goes on from where it is."""
    stack.publish("one", "one")
    stack.begin("one", "1", "2")
    stack.clock.sleep(5)
    ran = stack.rollout("start")
    function = ran.functions["one"]
    assert (ran.status, function["from"], function["to"], stack.live("one")) == (0, "2", "3", "3")


def test_stop_rolls_the_other_deployment_back_first(stack: Stack):
    """Only then the own one is created, from where the rollback has put the alias."""
    stack.publish("one")
    other = stack.begin("one", "1", "2", "hangs")
    stack.clock.sleep(5)
    ran = stack.rollout("start", "--on-conflict", "stop")
    assert stack.codedeploy.called("stop_deployment") == [{"deploymentId": other.id, "autoRollbackEnabled": True}]
    assert [deployment.status for deployment in stack.deployments("one")] == ["Stopped", "Succeeded", "Succeeded"]
    assert (ran.status, stack.live("one")) == (0, "2")


def test_fail_ends_before_anything_is_created(stack: Stack):
    """Also for the functions that nothing is in the way of."""
    stack.publish("one", "two")
    stack.begin("two", "1", "2")
    ran = stack.rollout("start", "--on-conflict", "fail")
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert "d-000000001 of two" in ran.report["why"]
    assert stack.codedeploy.called("create_deployment") == []


def test_fail_counts_a_shifting_machine(stack: Stack):
    """Two routes are a shift of somebody else."""
    stack.publish("one", "machine")
    stack.machines.route({"1": 90, "2": 10})
    ran = stack.rollout("start", "--on-conflict", "fail")
    assert ran.status == 2
    assert "version 1 90 % and version 2 10 %" in ran.report["why"]
    assert stack.codedeploy.called("create_deployment") == []


def test_fail_refuses_a_concurrent_deployment(stack: Stack):
    """Another run creates its deployment between the look and the creation."""
    stack.publish("one")
    create = stack.codedeploy.begin
    stack.codedeploy.before["create_deployment"] = [error("CreateDeployment", "DeploymentLimitExceededException")]
    stack.clock.at(0.01, lambda: create("test-one", "test-one", "1", "2"))
    ran = stack.rollout("start", "--on-conflict", "fail")
    assert (ran.status, ran.functions["one"]["result"]) == (2, "refused")


@pytest.mark.parametrize("plan", ["succeeds", "alarm"])
def test_two_concurrent_drivers_reach_the_same_end(stack: Stack, plan: str):
    """The second one adopts what the first one created, functions and machine alike."""
    stack.publish("one", "two", "machine")
    stack.plan("two", "alarm" if plan == "alarm" else "succeeds")
    second = []
    stack.clock.at(1, lambda: second.append(stack.rollout("start")))
    first = stack.rollout("start")
    assert (first.status, first.results[:2]) == (second[0].status, second[0].results[:2])
    assert first.results[:2] == ["succeeded", "rolled back" if plan == "alarm" else "succeeded"]
    assert first.workflow["live"] == second[0].workflow["live"]
    assert len(stack.codedeploy.called("create_deployment")) == 2


def test_two_drivers_that_create_at_the_same_moment_share_one_deployment(stack: Stack):
    """CodeDeploy lets one of them in, and the other one adopts it."""
    stack.publish("one")
    stack.codedeploy.meanwhile["create_deployment"] = lambda: stack.begin("one", "1", "2")
    ran = stack.rollout("start")
    assert (ran.status, len(stack.deployments("one")), stack.live("one")) == (0, 1, "2")


def test_an_account_at_its_limit_is_waited_for(stack: Stack):
    """AWS answers the same for an account with too many deployments as for a group with one."""
    stack.publish("one")
    refusals = [error("CreateDeployment", "DeploymentLimitExceededException") for _ in range(3)]
    stack.codedeploy.before["create_deployment"] = [*refusals]
    assert stack.rollout("start").status == 0
    assert stack.live("one") == "2"


def test_an_alias_that_moved_in_between_is_read_again(stack: Stack):
    """CodeDeploy refuses a deployment from a version that the alias has left; the next try starts from the new one."""
    stack.publish("one", "one")
    stack.codedeploy.meanwhile["create_deployment"] = lambda: stack.move("one", "2")
    ran = stack.rollout("start")
    assert [deployment.status for deployment in stack.deployments("one")] == ["Failed", "Succeeded"]
    assert (ran.status, ran.functions["one"]["from"], stack.live("one")) == (0, "2", "3")


def test_an_alias_that_others_keep_moving_fails_after_three_tries(stack: Stack):
    """The reason has CodeDeploy's error code."""
    stack.publish("one", "one", "one", "one")
    restless = iter(("2", "3", "4"))
    stack.codedeploy.meanwhile["create_deployment"] = lambda: stack.move("one", next(restless))
    ran = stack.rollout("start")
    assert (ran.status, ran.functions["one"]["result"]) == (1, "failed")
    assert MISMATCH in ran.functions["one"]["why"]
    assert len(stack.deployments("one")) == 3


def test_a_deployment_that_lambda_throttles_is_tried_again(stack: Stack):
    """Many functions at once may be more than Lambda lets CodeDeploy do."""
    stack.publish("one")
    stack.plan("one", "throttled", "succeeds")
    ran = stack.rollout("start")
    assert (ran.status, stack.live("one")) == (0, "2")


def test_a_timeout_leaves_the_deployment_of_another_run_active(stack: Stack):
    """The reason names that deployment."""
    stack.publish("one", "one")
    other = stack.begin("one", "1", "2", "hangs")
    stack.clock.sleep(5)
    ran = stack.rollout("start", "--timeout", "10")
    assert (ran.status, ran.functions["one"]["result"]) == (1, "timed out")
    assert other.id in ran.functions["one"]["why"]
    assert (other.status, stack.codedeploy.called("stop_deployment")) == ("InProgress", [])
