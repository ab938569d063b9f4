"""Releases of a context without lists, whose stack has no state machine."""

import pytest

from tests.rollout.conftest import Stack


@pytest.fixture
def without(stack: Stack) -> Stack:
    """A stack whose outputs name no state machine."""
    for name in ("state_machine", "state_machine_arn"):
        del stack.outputs[name]
    del stack.outputs["release"]["workflow_alarms"]
    return stack


def test_functions_are_released_and_go_back(without: Stack):
    """The state machine of another stack stays as it is."""
    without.publish("one")
    started = without.rollout("start")
    assert (started.status, without.live("one")) == (0, "2")
    back = without.rollout("back")
    assert (back.status, without.live("one"), without.live("two")) == (0, "1", "1")
    assert without.machines.weights == {"1": 100}


def test_a_bad_release_is_rolled_back(without: Stack):
    """The exit status counts the functions alone."""
    without.publish("one")
    without.plan("one", "alarm")
    ran = without.rollout("start")
    assert (ran.status, ran.report["result"], without.live("one")) == (1, "rolled back", "1")


def test_the_status_and_a_refusal_name_no_workflow(without: Stack):
    """A person cannot act on a part that does not exist."""
    assert "workflow" not in without.say("status")[1]
    refused = without.rollout("back")
    assert (refused.status, "workflow" in refused.report["why"]) == (2, False)
