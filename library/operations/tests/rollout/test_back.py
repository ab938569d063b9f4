"""Back to the versions before the last release."""

from re import fullmatch

from botocore.exceptions import EndpointConnectionError

from bounded_context_operations.release.rollout.releases import Note
from tests.rollout.conftest import Stack


def test_the_last_release_is_returned_at_once(stack: Stack):
    """Without hooks, and whatever the alarms say: they are likely firing."""
    stack.publish("one", "machine")
    stack.rollout("start")
    ran = stack.rollout("back")
    assert (ran.status, ran.results) == (0, ["succeeded", "up to date", "succeeded"])
    assert (stack.live("one"), stack.machines.weights) == ("1", {"1": 100})
    request = stack.codedeploy.called("create_deployment")[-1]
    assert request["deploymentConfigName"] == "CodeDeployDefault.LambdaAllAtOnce"
    assert request["overrideAlarmConfiguration"] == {"enabled": False}
    assert fullmatch(
        r"back from release 20310506T070809Z-[0-9a-f]{8}-0-[0-9a-f]{4}-2-0123456789ab: test one 2 -> 1",
        request["description"],
    )
    assert "Hooks" not in request["revision"]["appSpecContent"]["content"]


def test_only_the_last_release_is_returned(stack: Stack):
    """A function of an earlier release stays."""
    stack.publish("one", "machine")
    stack.rollout("start")
    stack.publish("two")
    stack.rollout("start")
    ran = stack.rollout("back")
    assert ran.results == ["up to date", "succeeded", "up to date"]
    assert (stack.live("one"), stack.live("two"), stack.machines.weights) == ("2", "1", {"2": 100})


def test_a_release_is_returned_once(stack: Stack):
    """A second return is refused, and the reason names the version of each part."""
    stack.publish("one")
    stack.rollout("start")
    stack.rollout("back")
    ran = stack.rollout("back")
    assert (ran.status, ran.report["result"], stack.live("one")) == (2, "refused", "1")
    assert "one 1, two 1, workflow 1 (100 %)" in ran.report["why"]


def test_an_automatic_rollback_does_not_return_an_earlier_release(stack: Stack):
    """The last release is the one that failed, and it is live nowhere."""
    stack.publish("one")
    stack.rollout("start")
    stack.publish("one")
    stack.plan("one", "alarm")
    stack.rollout("start")
    assert stack.rollout("back").status == 2
    assert stack.live("one") == "2"


def test_an_alias_that_was_moved_by_hand_stays(stack: Stack):
    """The last deployment did not bring what is live."""
    stack.publish("one", "one")
    stack.rollout("start")
    stack.move("one", "2")
    assert stack.rollout("back").status == 2
    assert stack.live("one") == "2"


def test_a_canary_is_stopped_and_rolled_back(stack: Stack):
    """That is what going back means while it runs; nothing else is created."""
    stack.publish("one")
    stack.clock.at(2, lambda: backs.append(stack.rollout("back")))
    backs = []
    stopped = stack.rollout("start")
    assert (backs[0].status, backs[0].functions["one"]["result"], stack.live("one")) == (0, "succeeded", "1")
    assert stopped.functions["one"]["result"] == "stopped"
    assert len(stack.codedeploy.called("create_deployment")) == 1


def test_a_shifting_machine_is_put_back(stack: Stack):
    """Its own driver sees that, and leaves it alone."""
    stack.publish("machine")
    backs = []
    stack.clock.at(2, lambda: backs.append(stack.rollout("back")))
    ran = stack.rollout("start")
    assert (backs[0].status, backs[0].workflow["result"]) == (0, "succeeded")
    assert (ran.workflow["result"], stack.machines.weights) == ("failed", {"1": 100})


def test_a_stack_that_was_never_rolled_out_has_no_way_back(stack: Stack):
    """One sentence, and nothing changed."""
    status, out, err = stack.say("back")
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "one 1, two 1, workflow 1 (100 %)" in err


def test_a_removed_function_leaves_the_last_release_unknown(stack: Stack):
    """The sentence names it, and the version of each part."""
    stack.publish("one", "two")
    stack.rollout("start")
    stack.functions.delete_alias(FunctionName="test-two", Name="live")
    ran = stack.rollout("back")
    assert (ran.status, stack.live("one")) == (2, "2")
    assert "one 2, two unknown, workflow 1 (100 %)" in ran.report["why"]


def test_a_second_return_ends_like_the_first(stack: Stack):
    """It begins while the first one's deployment is active."""
    stack.publish("one")
    stack.rollout("start")
    [brought] = stack.deployments("one")
    note = Note.parse(brought.request["description"])
    assert note
    first = stack.begin("one", "2", "1")
    first.request |= {"description": str(Note(note.release_id, "test", "one", "2", "1", returns=True))}
    assert (stack.rollout("back").status, stack.live("one")) == (0, "1")
    assert stack.deployments("one") == [brought, first]


def test_a_repeated_release_is_returned_as_a_whole(stack: Stack):
    """The first run moved one function, the second one the other."""
    stack.publish("one", "two")
    stack.plan("two", "alarm")
    assert stack.rollout("start").status == 1
    assert stack.rollout("start", "--again").status == 0
    assert stack.rollout("back").status == 0
    assert (stack.live("one"), stack.live("two")) == ("1", "1")


def test_a_failed_release_is_returned_with_the_release_that_overtook_it(stack: Stack):
    """Its functions have never run with the versions before the later release."""
    stack.publish("one", "two")
    stack.plan("two", "hook")
    assert stack.rollout("start").status == 1
    stack.publish("one", "two", "machine")
    assert stack.rollout("start").status == 0
    ran = stack.rollout("back")
    assert (ran.status, ran.functions["one"]["from"], ran.err.count("had not ended")) == (0, "3", 1)
    assert (stack.live("one"), stack.live("two"), stack.machines.weights) == ("1", "1", {"1": 100})
    assert stack.rollout("back").status == 2


def test_a_partly_returned_release_is_returned_with_the_next_one(stack: Stack):
    """The way back was killed after the state machine."""
    stack.publish("one", "machine")
    stack.rollout("start")
    stack.machines.route({"1": 100})
    stack.publish("two")
    stack.rollout("start")
    assert stack.rollout("back").status == 0
    assert (stack.live("one"), stack.live("two"), stack.machines.weights) == ("1", "1", {"1": 100})


def test_a_way_back_that_is_not_answered_in_time_does_not_lead_forward(stack: Stack):
    """It is created without automatic rollback."""
    stack.publish("one")
    stack.rollout("start")
    stack.rollout("back")
    request = stack.codedeploy.called("create_deployment")[-1]
    assert request["autoRollbackConfiguration"] == {"enabled": False}


def test_a_returned_version_is_started_again_with_a_note(stack: Stack):
    """The status and the progress show that functions and the state machine were taken back."""
    stack.publish("one", "machine")
    stack.rollout("start")
    stack.rollout("back")
    report = stack.rollout("status").report
    assert "taken back on 2031-05-06" in report["functions"][0]["rolled_back"]
    assert report["workflow"]["rolled_back"] == "version 2 was taken back"
    ran = stack.rollout("start")
    assert "one: version 2 was taken back" in ran.err
    assert (ran.status, stack.live("one"), stack.machines.weights) == (0, "2", {"2": 100})


def test_a_way_back_without_an_answer_moves_no_function(stack: Stack):
    """The state machine's definition may rely on the functions, so they wait for it."""
    stack.publish("one", "machine")
    stack.rollout("start")
    lost = EndpointConnectionError(endpoint_url="https://states.example")
    stack.machines.before["update_state_machine_alias"] = [lost] * 1000
    ran = stack.rollout("back", "--timeout", "2")
    assert (ran.status, ran.workflow["result"], ran.functions["one"]["result"]) == (1, "timed out", "not started")
    assert (stack.live("one"), stack.machines.weights) == ("2", {"2": 100})
