"""How versions go live, and how they come back by themselves."""

from re import fullmatch, search
from typing import Any

import pytest

from tests.rollout.conftest import Stack


def test_a_first_deployment_shifts_no_traffic(stack: Stack):
    """Pulumi creates the alias at the first version, which the reason names."""
    ran = stack.rollout("start")
    assert (ran.status, ran.results) == (0, ["up to date"] * 3)
    assert "version 1 " in ran.functions["one"]["why"]
    assert stack.codedeploy.deployments == {}


def test_an_unchanged_stack_is_not_released(stack: Stack):
    """A second run finds all at the newest version."""
    stack.publish("one", "two", "machine")
    assert stack.rollout("start").status == 0
    calls = len(stack.codedeploy.called("create_deployment"))
    ran = stack.rollout("start")
    assert (ran.status, ran.results) == (0, ["up to date"] * 3)
    assert ran.report["result"] == "up to date"
    assert ran.functions["one"]["why"] is None
    assert len(stack.codedeploy.called("create_deployment")) == calls == 2


def test_versions_are_compared_as_numbers(stack: Stack):
    """Version 10 is newer than version 9."""
    stack.publish(*["one"] * 9)
    stack.move("one", "9")
    ran = stack.rollout("start")
    assert (ran.functions["one"]["from"], ran.functions["one"]["to"], stack.live("one")) == ("9", "10", "10")


def test_a_successful_canary_gets_all_traffic(stack: Stack):
    """Only functions that are behind get a deployment, in the group's own strategy, hooks and alarms."""
    stack.publish("one")
    ran = stack.rollout("start")
    assert (ran.status, ran.results) == (0, ["succeeded", "up to date", "up to date"])
    assert stack.live("one") == "2"
    [request] = stack.codedeploy.called("create_deployment")
    assert set(request) == {"applicationName", "deploymentGroupName", "revision", "description"}
    assert fullmatch(
        r"release 20310506T070809Z-[0-9a-f]{8}-0-[0-9a-f]{4}-2-0123456789ab: test one 1 -> 2", request["description"]
    )
    assert (request["applicationName"], request["deploymentGroupName"]) == ("test", "test-one")


def test_functions_shift_at_the_same_time(stack: Stack):
    """Two canaries of five minutes take about five minutes."""
    stack.publish("one", "two")
    assert stack.rollout("start").status == 0
    assert stack.clock.minutes < 6


def test_every_change_is_a_line_of_the_log(stack: Stack):
    """A build's log has no table that moves, and no line twice."""
    stack.publish("one")
    _, out, err = stack.say("start")
    lines = err.splitlines()
    assert any("one 1 -> 2: shifting, 10 % of the traffic [d-000000001]" in line for line in lines)
    assert len(lines) == len(set(lines)) < 12
    assert "test: succeeded" in out


def test_an_alarm_rolls_a_function_back(stack: Stack):
    """The run follows the rollback to its end. The reason names the alarms in ALARM and the log."""
    stack.publish("one", "two", "machine")
    stack.plan("one", "alarm")
    stack.alarms.firing = {"test-one-errors"}
    ran = stack.rollout("start")
    assert (ran.status, ran.results) == (1, ["rolled back", "succeeded", "not started"])
    function = ran.functions["one"]
    assert (function["live"], stack.live("one"), stack.live("two")) == ("1", "1", "2")
    assert "(test-one-errors): " in function["why"]
    assert "log of test-one " in function["why"]
    assert stack.machines.shares == []


def test_a_failed_hook_is_named(stack: Stack):
    """No traffic has moved. The reason names the event and the hook's function."""
    stack.publish("one")
    stack.plan("one", "hook")
    ran = stack.rollout("start")
    assert (ran.status, ran.functions["one"]["result"], stack.live("one")) == (1, "rolled back", "1")
    assert "BeforeAllowTraffic" in ran.functions["one"]["why"]
    assert "test-pre-traffic" in ran.functions["one"]["why"]


def test_a_rollback_that_fails_is_a_failure(stack: Stack):
    """The reason names the rollback, since a person must correct the alias."""
    stack.publish("one")
    stack.plan("one", "alarm")
    stack.codedeploy.rollbacks_fail = True
    ran = stack.rollout("start")
    assert (ran.status, ran.functions["one"]["result"]) == (1, "failed")
    assert "d-000000002" in ran.functions["one"]["why"]


def test_a_version_that_keeps_its_share_is_named(stack: Stack):
    """CodeDeploy does not promise a rollback of each stopped deployment, so the run reads the alias itself."""
    stack.publish("one")
    stack.plan("one", "alarm")
    stack.codedeploy.rolls_back = False
    ran = stack.rollout("start")
    assert (ran.status, ran.functions["one"]["result"], stack.live("one")) == (1, "failed", "1+{'2': 0.1}")
    assert "version 2 10 % of the traffic: `rollout back`" in ran.functions["one"]["why"]
    again = stack.rollout("start")
    assert (again.status, again.report["result"]) == (2, "refused")
    assert stack.rollout("back").status == 0
    assert stack.live("one") == "1"


@pytest.mark.parametrize("rolled_back", [True, False])
def test_a_version_whose_last_hook_failed_does_not_count_as_live(stack: Stack, rolled_back: bool):
    """Its alias may stay at it: the run fails, the next one too, and only a way back or a newer version ends that."""
    stack.publish("one", "machine")
    stack.plan("one", "post")
    stack.codedeploy.rolls_back = rolled_back
    ran = stack.rollout("start")
    assert (ran.status, ran.workflow["result"]) == (1, "not started")
    assert stack.live("one") == ("1" if rolled_back else "2")
    if not rolled_back:
        assert (stack.rollout("start").status, stack.machines.weights) == (2, {"1": 100})
        assert stack.rollout("status").report["functions"][0]["unverified"]
        assert (stack.rollout("back").status, stack.live("one")) == (0, "1")
    assert stack.rollout("start", "--again").status == 0


def test_the_result_depends_on_the_aliases_at_the_end(stack: Stack):
    """A person moves an alias back while the state machine shifts."""
    stack.publish("one", "machine")
    stack.clock.at(7, lambda: stack.move("one", "1"))
    ran = stack.rollout("start")
    assert (ran.status, ran.functions["one"]["result"], ran.functions["one"]["live"]) == (1, "failed", "1")


def test_a_version_that_is_published_meanwhile_waits_for_the_next_release(stack: Stack):
    """A definition may rely on functions that this release does not move."""
    stack.publish("one", "machine")
    stack.clock.at(2, lambda: stack.publish("one", "machine"))
    assert stack.rollout("start").status == 0
    assert (stack.live("one"), stack.machines.weights) == ("2", {"2": 100})
    assert stack.rollout("start").status == 0
    assert (stack.live("one"), stack.machines.weights) == ("3", {"3": 100})


def test_a_deployment_that_a_person_stops_is_reported(stack: Stack):
    """It is told apart from an alarm's stop."""
    stack.publish("one")
    stack.clock.at(2, lambda: stack.codedeploy.stop_deployment(deploymentId="d-000000001", autoRollbackEnabled=True))
    ran = stack.rollout("start")
    assert (ran.status, ran.functions["one"]["result"], stack.live("one")) == (1, "stopped", "1")
    assert "d-000000001" in ran.functions["one"]["why"]


@pytest.mark.parametrize("plan", ["hook", "alarm", "post"])
def test_a_version_that_failed_is_not_deployed_again_by_itself(stack: Stack, plan: Any):
    """Whatever else is new. A new version is; so is the same one if a person says so, which the note tells."""
    stack.publish("one")
    stack.plan("one", plan)
    assert stack.rollout("start").status == 1
    stack.publish("two", "machine")
    ran = stack.rollout("start")
    assert (ran.status, ran.report["result"], stack.live("two")) == (2, "refused", "1")
    assert "d-000000001" in ran.report["why"]
    assert len(stack.codedeploy.called("create_deployment")) == 1
    again = stack.rollout("start", "--again")
    assert search(r"one: version 2 .* 2031-05-06 at 07:\d\d UTC \(d-000000001\)", again.err)
    assert (again.status, stack.live("one"), stack.live("two")) == (0, "2", "2")


def test_a_newer_version_is_deployed_after_one_that_failed(stack: Stack):
    stack.publish("one")
    stack.plan("one", "hook")
    assert stack.rollout("start").status == 1
    stack.publish("one")
    assert (stack.rollout("start").status, stack.live("one")) == (0, "3")


def test_a_version_that_a_person_has_stopped_is_deployed_again(stack: Stack):
    """No hook and no alarm has ended it."""
    stack.publish("one")
    stack.clock.at(2, lambda: stack.codedeploy.stop_deployment(deploymentId="d-000000001", autoRollbackEnabled=True))
    assert stack.rollout("start").functions["one"]["result"] == "stopped"
    assert (stack.rollout("start").status, stack.live("one")) == (0, "2")


def test_a_version_that_failed_and_then_succeeded_is_deployed_again(stack: Stack):
    """After a person has taken it back."""
    stack.publish("one")
    stack.plan("one", "hook")
    assert stack.rollout("start").status == 1
    assert stack.rollout("start", "--again").status == 0
    assert stack.rollout("back").status == 0
    assert (stack.rollout("start").status, stack.live("one")) == (0, "2")


def test_alarms_that_a_person_ignores_do_not_refuse_their_version(stack: Stack):
    stack.publish("one")
    stack.plan("one", "alarm", "alarm")
    assert stack.rollout("start").status == 1
    assert (stack.rollout("start", "--ignore-alarms", "ticket 4711").status, stack.live("one")) == (0, "2")


def test_a_timeout_stops_the_running_deployments(stack: Stack):
    """It is stopped with rollback, which is followed to its end."""
    stack.publish("one")
    stack.plan("one", "hangs")
    ran = stack.rollout("start", "--timeout", "20")
    assert (ran.status, ran.functions["one"]["result"], stack.live("one")) == (1, "timed out", "1")
    assert "d-000000001 was stopped" in ran.functions["one"]["why"]
    assert 20 <= stack.clock.minutes < 22


def test_the_time_is_the_strategys_and_half_an_hour(stack: Stack):
    """Hooks may take their time, yet not for ever."""
    stack.publish("one")
    stack.plan("one", "hangs")
    stack.rollout("start")
    assert 35 <= stack.clock.minutes < 37


def test_ignored_alarms_are_printed_and_recorded(stack: Stack):
    """The alarms stop nothing. The log warns twice; the description and the report have the reason."""
    stack.publish("one", "machine")
    stack.plan("one", "alarm")
    stack.alarms.firing = {"test-machine-failures"}
    ran = stack.rollout("start", "--ignore-alarms", "ticket 4711")
    assert (ran.status, stack.live("one"), stack.machines.weights) == (0, "2", {"2": 100})
    [request] = stack.codedeploy.called("create_deployment")
    assert request["overrideAlarmConfiguration"] == {"enabled": False}
    assert request["description"].endswith("; alarms ignored: ticket 4711")
    assert ran.report["ignored_alarms"] == "ticket 4711"
    assert ran.err.count("ALARMS ARE IGNORED") == 2


def test_the_report_has_the_promised_form(stack: Stack):
    """Programs read it from standard output, which has nothing else."""
    stack.publish("one", "machine")
    report = stack.rollout("start").report
    assert list(report) == [
        "stack",
        "release",
        "strategy",
        "ignored_alarms",
        "started",
        "ended",
        "result",
        "functions",
        "workflow",
        "repair",
        "repair_unknown",
    ]
    assert report["started"] == "2031-05-06T07:08:09+00:00"
    assert (report["result"], report["ignored_alarms"]) == ("succeeded", None)
    assert report["functions"][0] == {
        "name": "one",
        "function": "test-one",
        "from": "1",
        "to": "2",
        "live": "2",
        "deployment_id": "d-000000001",
        "result": "succeeded",
        "why": None,
        "seconds": pytest.approx(300, abs=10),
    }
    assert report["workflow"] == {
        "name": "workflow",
        "function": "machine",
        "from": "1",
        "to": "2",
        "live": "2",
        "deployment_id": None,
        "result": "succeeded",
        "why": None,
        "seconds": pytest.approx(300, abs=10),
    }


def test_a_function_that_cannot_be_read_stops_the_release_before_it_begins(stack: Stack):
    """The release could not be completed, so no function moves; the reason is AWS's own."""
    stack.publish("one", "two")
    stack.functions.delete_alias(FunctionName="test-one", Name="live")
    ran = stack.rollout("start")
    assert (ran.status, ran.report["result"], stack.live("two")) == (2, "refused", "1")
    assert "one (ResourceNotFoundException: " in ran.report["why"]


def test_the_results_are_a_table_of_plain_words(stack: Stack):
    """In a build's log and in a file there are no colours, and no names of colours either."""
    stack.publish("one")
    _, out, _ = stack.say("start")
    [row] = [line for line in out.splitlines() if line.startswith("│ one")]
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "one",
        "1 -> 2",
        "2",
        "",
        "succeeded",
        "d-000000001",
    ]


def test_parts_with_the_same_reason_share_a_line(stack: Stack):
    """The line has the name of each part."""
    _, out, _ = stack.say("start")
    assert out.splitlines()[-1].startswith("one, two, workflow: version 1 ")


def test_names_and_ids_are_whole_in_a_narrow_log(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    """They are what somebody will look for."""
    monkeypatch.setenv("COLUMNS", "60")
    stack.publish("one")
    _, out, _ = stack.say("start")
    assert "│ workflow │" in out
    assert "… │\n" not in out
