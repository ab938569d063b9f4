"""Ctrl-C and SIGTERM: functions are left to CodeDeploy, the state machine is put back."""

import signal

import pytest

from tests.rollout.conftest import Stack

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", SIGNALS)
def test_functions_are_left_to_codedeploy(stack: Stack, number: signal.Signals):
    """The run says that it goes on, and how to see it."""
    stack.publish("one", "machine")
    stack.clock.at(1, lambda: signal.raise_signal(number))
    ran = stack.rollout("start")
    assert (ran.status, ran.results) == (130, ["detached", "up to date", "not started"])
    assert "CodeDeploy goes on with d-000000001: ask `rollout status`" in ran.functions["one"]["why"]
    assert stack.deployments("one")[0].status == "InProgress"
    assert stack.codedeploy.called("stop_deployment") == []
    assert "Interrupted: CodeDeploy goes on, ask `rollout status`." in ran.told


@pytest.mark.parametrize("number", SIGNALS)
def test_the_machine_is_put_back(stack: Stack, number: signal.Signals):
    """Nobody else would end its shift."""
    stack.publish("machine")
    stack.clock.at(2, lambda: signal.raise_signal(number))
    ran = stack.rollout("start")
    assert (ran.status, ran.workflow["result"], stack.machines.weights) == (130, "rolled back", {"1": 100})
    assert ran.workflow["why"] == "the run was interrupted; version 1 has all executions again."
    assert "CodeDeploy goes on" not in ran.told


def test_a_second_ctrl_c_does_not_disturb_the_way_back(stack: Stack):
    """uv passes the terminal's Ctrl-C on, so it comes twice."""
    stack.publish("machine")
    stack.clock.at(2, lambda: signal.raise_signal(signal.SIGINT))
    again = {"update_state_machine_alias": lambda: signal.raise_signal(signal.SIGINT)}
    stack.clock.at(1, lambda: stack.machines.meanwhile.update(again))
    assert stack.rollout("start").status == 130
    assert stack.machines.weights == {"1": 100}
