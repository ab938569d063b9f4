"""Ctrl-C and SIGTERM: functions are left to CodeDeploy, the state machine is put back."""

import signal

import pytest

from tests.rollout.conftest import Stack

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", SIGNALS)
def test_functions_continue_in_codedeploy(stack: Stack, number: signal.Signals):
    """The report names the deployment that continues, and the next command."""
    stack.publish("one", "machine")
    stack.clock.at(1, lambda: signal.raise_signal(number))
    ran = stack.rollout("start")
    assert (ran.status, ran.results) == (130, ["detached", "up to date", "not started"])
    [active] = stack.deployments("one")
    assert (active.status, active.id in ran.functions["one"]["why"]) == ("InProgress", True)
    assert stack.codedeploy.called("stop_deployment") == []
    assert "`rollout status`" in ran.err.splitlines()[-1]


@pytest.mark.parametrize("number", SIGNALS)
def test_the_machine_is_put_back(stack: Stack, number: signal.Signals):
    """CodeDeploy does not shift it, so the run itself restores the old version."""
    stack.publish("machine")
    stack.clock.at(2, lambda: signal.raise_signal(number))
    ran = stack.rollout("start")
    assert (ran.status, ran.workflow["result"], stack.machines.weights) == (130, "rolled back", {"1": 100})
    assert "version 1" in ran.workflow["why"]
    assert "`rollout status`" not in ran.err.splitlines()[-1]


def test_a_second_ctrl_c_does_not_disturb_the_way_back(stack: Stack):
    """uv passes the terminal's Ctrl-C on, so it comes twice."""
    stack.publish("machine")
    stack.clock.at(2, lambda: signal.raise_signal(signal.SIGINT))
    again = {"update_state_machine_alias": lambda: signal.raise_signal(signal.SIGINT)}
    stack.clock.at(1, lambda: stack.machines.meanwhile.update(again))
    assert stack.rollout("start").status == 130
    assert stack.machines.weights == {"1": 100}
