"""The state machine's alias, which the driver shifts itself."""

import signal
from re import fullmatch

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.rollout.clients import error
from tests.rollout.conftest import Stack

ALARM = "test-machine-failures"


@pytest.fixture
def moving(stack: Stack) -> Stack:
    """A stack whose machine alone has a new version."""
    stack.publish("machine")
    return stack


def test_it_shifts_by_the_strategy(moving: Stack):
    """The weights and the minutes are those of the functions."""
    ran = moving.rollout("start")
    assert (ran.status, ran.results) == (0, ["up to date", "up to date", "succeeded"])
    assert moving.machines.shares == [(0, {"1": 90, "2": 10}), (5, {"2": 100})]
    assert fullmatch(
        r"release 20310506T070809Z-[0-9a-f]{8}-0-[0-9a-f]{4}-2-0123456789ab: test machine 1 -> 2",
        moving.machines.description,
    )


def test_a_linear_strategy_has_a_step_every_time(moving: Stack):
    """Here: a third every minute."""
    moving.outputs["release"]["strategy"] = "Linear33PercentEvery1Minute"
    assert moving.rollout("start").status == 0
    weights = [share.get("2") for _, share in moving.machines.shares]
    assert weights == [33, 66, 99, 100]


def test_it_moves_after_the_functions(moving: Stack):
    """A new definition may rely on the new functions."""
    moving.publish("one")
    assert moving.rollout("start").status == 0
    assert [minutes for minutes, _ in moving.machines.shares] == [5, 10]


def test_an_alarm_puts_the_old_version_back(moving: Stack):
    """And the run says which alarm it was."""
    moving.clock.at(2, lambda: moving.alarms.firing.add(ALARM))
    ran = moving.rollout("start")
    assert (ran.status, ran.workflow["result"], ran.workflow["live"]) == (1, "rolled back", "1")
    assert f"an alarm fired ({ALARM})" in ran.workflow["why"]
    assert moving.machines.shares == [(0, {"1": 90, "2": 10}), (2, {"1": 100})]


def test_an_alarm_that_fires_already_refuses_the_shift(moving: Stack):
    """Nothing is moved. The reason names the alarm and the option that ignores it."""
    moving.alarms.firing = {ALARM}
    ran = moving.rollout("start")
    assert (ran.status, ran.workflow["result"], moving.machines.shares) == (2, "refused", [])
    assert ALARM in ran.workflow["why"]
    assert "--ignore-alarms" in ran.workflow["why"]


def test_the_shift_stops_if_another_run_moves_the_alias(moving: Stack):
    """What somebody else wants of it is left as it is."""
    moving.publish("machine")
    moving.clock.at(2, lambda: moving.machines.route({"2": 100}))
    ran = moving.rollout("start")
    assert (ran.status, ran.workflow["result"], moving.machines.weights) == (1, "failed", {"2": 100})


def test_a_shift_that_another_run_took_over_continues_there(moving: Stack):
    """It stopped this one and began anew, and so set the same weights."""
    theirs = ({"1": 90, "2": 10}, "release 20310506T071009Z: test machine 1 -> 2")
    moving.clock.at(2, lambda: moving.machines.route(*theirs))
    ran = moving.rollout("start")
    assert (ran.status, ran.workflow["result"]) == (1, "failed")
    assert (moving.machines.weights, moving.machines.description) == theirs


def test_an_interrupted_run_does_not_put_back_the_shift_of_another(moving: Stack):
    """The alias is with the run that has taken it over."""
    theirs = ({"1": 90, "2": 10}, "release 20310506T071009Z: test machine 1 -> 2")
    moving.clock.at(2, lambda: moving.machines.route(*theirs))
    moving.clock.at(3, lambda: signal.raise_signal(signal.SIGINT))
    ran = moving.rollout("start")
    assert (ran.status, moving.machines.weights) == (130, theirs[0])
    assert ran.workflow["result"] == "failed"


def test_wait_adopts_the_shift_of_another_run(moving: Stack):
    """It succeeds with the other run."""
    moving.machines.route({"1": 90, "2": 10})
    moving.clock.at(4, lambda: moving.machines.route({"2": 100}))
    ran = moving.rollout("start")
    assert (ran.status, ran.workflow["result"], moving.machines.shares) == (0, "succeeded", [])


def test_a_shift_whose_run_was_killed_is_taken_over(moving: Stack):
    """A run that is alive writes the alias every two minutes."""
    moving.machines.route({"1": 70, "2": 30})
    ran = moving.rollout("start", "--timeout", "20")
    assert (ran.status, moving.machines.weights) == (0, {"2": 100})
    assert moving.machines.shares[0][1] == {"1": 100}


def test_a_shift_whose_run_is_alive_is_waited_for(moving: Stack):
    """Also if its strategy is slower than this run's: it writes the alias again meanwhile."""
    for minute in range(0, 30, 2):
        moving.clock.at(minute, lambda: moving.machines.route({"1": 70, "2": 30}))
    moving.clock.at(30, lambda: moving.machines.route({"2": 100}))
    moving.machines.route({"1": 70, "2": 30})
    ran = moving.rollout("start", "--timeout", "60")
    assert (ran.status, moving.machines.weights, moving.machines.shares) == (0, {"2": 100}, [])


def test_the_wait_for_a_takeover_ends_at_the_timeout(moving: Stack):
    """The reason has the shares of the versions and the option to pass."""
    moving.machines.route({"1": 70, "2": 30})
    ran = moving.rollout("start", "--timeout", "4")
    assert (ran.status, ran.workflow["result"], ran.workflow["live"]) == (1, "timed out", "1")
    assert "version 1 70 % and version 2 30 %" in ran.workflow["why"]
    assert "--on-conflict stop" in ran.workflow["why"]
    assert moving.machines.shares == []


def test_wait_does_not_repeat_a_shift_that_another_run_returned(moving: Stack):
    """It is rolled back with the other run."""
    moving.machines.route({"1": 90, "2": 10})
    moving.clock.at(4, lambda: moving.machines.route({"1": 100}))
    ran = moving.rollout("start")
    assert (ran.status, ran.workflow["result"], moving.machines.shares) == (1, "rolled back", [])


def test_stop_puts_the_old_version_back_and_begins_anew(moving: Stack):
    """So a shift whose driver was killed can be ended."""
    moving.machines.route({"1": 70, "2": 30})
    ran = moving.rollout("start", "--on-conflict", "stop")
    assert (ran.status, ran.workflow["result"]) == (0, "succeeded")
    assert [share for _, share in moving.machines.shares] == [{"1": 100}, {"1": 90, "2": 10}, {"2": 100}]


def test_its_time_may_be_over(moving: Stack):
    """All traffic goes back."""
    moving.outputs["release"]["strategy"] = "Canary10Percent30Minutes"
    ran = moving.rollout("start", "--timeout", "10")
    assert (ran.status, ran.workflow["result"], moving.machines.weights) == (1, "timed out", {"1": 100})


def test_a_step_that_was_not_answered_is_repeated(moving: Stack):
    """Setting the same weights twice changes nothing."""
    moving.machines.after["update_state_machine_alias"] = [ReadTimeoutError(endpoint_url="https://states.example")]
    assert moving.rollout("start").status == 0
    assert moving.machines.weights == {"2": 100}


def test_the_return_is_retried_until_aws_confirms_it(moving: Stack):
    """A connection that is lost at the wrong time does not leave two versions."""
    lost = ReadTimeoutError(endpoint_url="https://states.example")
    busy = error("UpdateStateMachineAlias", "ConflictException")

    def fire() -> None:
        moving.alarms.firing.add(ALARM)
        moving.machines.before["update_state_machine_alias"] = [lost, busy]

    moving.clock.at(2, fire)
    assert moving.rollout("start").workflow["result"] == "rolled back"
    assert moving.machines.weights == {"1": 100}


def test_a_return_that_is_not_allowed_leaves_the_shares_and_names_the_version(moving: Stack):
    """A person must restore that version."""
    denied = error("UpdateStateMachineAlias", "AccessDeniedException", "no")

    def fire() -> None:
        moving.alarms.firing.add(ALARM)
        moving.machines.before["update_state_machine_alias"] = [denied]

    moving.clock.at(3, fire)
    ran = moving.rollout("start")
    assert (ran.status, ran.workflow["result"]) == (1, "failed")
    assert moving.machines.weights["2"] > 0
    assert "version 1 " in ran.workflow["why"]
    assert "(AccessDeniedException: no): do it now" in ran.workflow["why"]


def test_a_denied_shift_leaves_the_alias_unchanged(moving: Stack):
    """The alias is unchanged, and the reason has AWS's error."""
    denied = error("UpdateStateMachineAlias", "AccessDeniedException", "no")
    moving.machines.before["update_state_machine_alias"] = [denied]
    ran = moving.rollout("start")
    assert (ran.status, ran.workflow["result"], moving.machines.weights) == (1, "failed", {"1": 100})
    assert ran.workflow["why"].startswith("AccessDeniedException: no; version 1 ")
    assert "as before" in ran.workflow["why"]
