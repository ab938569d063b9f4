"""A stack that a repair has paused: its queues are shown with the repair, and no message is sent again."""

from tests.redrive.conftest import ONE, OUTPUTS, Stack, event
from tests.repairs import AT, exits, item
from tests.rollout.clients import error


def test_the_list_of_queues_begins_with_the_repair(stack: Stack) -> None:
    """The messages are counted all the same."""
    stack.queues.put(ONE, event(1))
    stack.records.item = item(stack.clock.now())
    ran = stack.redrive()
    assert (ran.status, ran.report["result"], ran.report["repair"]["at"]) == (1, "messages", AT)
    first = stack.say()[1].splitlines()[0]
    assert exits(first) == [ran.report["repair"]["continues"], ran.report["repair"]["ends"]]


def test_an_inspection_begins_with_the_repair(stack: Stack) -> None:
    """The plan is printed all the same."""
    stack.queues.put(ONE, event(1))
    stack.records.item = item(stack.clock.now())
    ran = stack.redrive("one")
    assert (ran.report["result"], ran.report["would_redrive"], ran.report["repair"]["at"]) == ("looked", 1, AT)
    assert exits(stack.say("one")[1].splitlines()[0])


def test_no_message_is_sent_again_during_a_repair(stack: Stack) -> None:
    """No queue is read. The reason has the commands that end the repair."""
    stack.queues.put(ONE, event(1))
    stack.records.item = item(stack.clock.now())
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert len(exits(ran.report["why"])) == 2
    assert stack.queues.calls == []


def test_a_role_of_an_earlier_policy_sends_messages_all_the_same(stack: Stack) -> None:
    """One sentence names the missing permission."""
    stack.queues.put(ONE, event(1))
    stack.records.before["get_item"] = [error("GetItem", "AccessDeniedException", "no")]
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["redriven"]) == (0, 1)
    assert "AccessDeniedException" in ran.report["repair_unknown"]


def test_a_table_that_does_not_answer_is_no_missing_permission(stack: Stack) -> None:
    """A repair may run: the list of queues is printed, and nothing is sent."""
    stack.queues.put(ONE, event(1))
    stack.records.before["get_item"] = [error("GetItem", "InternalServerError", "no", 500)] * 2
    assert stack.redrive().report["queues"][0]["messages"] == 1
    assert (stack.redrive("one", "--go").status, len(stack.queues.bodies(ONE))) == (2, 1)
    assert OUTPUTS["table_name"] == stack.records.called("get_item")[0]["TableName"]
