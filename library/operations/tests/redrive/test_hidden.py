"""Messages are hidden for a time: it ends during slow deliveries, and others have messages in hand too."""

import json
import signal
from datetime import timedelta
from typing import Any

import pytest

from bounded_context_operations.repair.redrive.messages import HIDDEN_SECONDS, LONGEST_QUIET
from tests.redrive.conftest import INBOX, ONE, Stack, event
from tests.rollout.clients import error


def _hide(stack: Stack, messages: int) -> None:
    """Another reader receives messages."""
    stack.queues.receive_message(
        QueueUrl=ONE,
        MaxNumberOfMessages=messages,
        VisibilityTimeout=HIDDEN_SECONDS,
        WaitTimeSeconds=1,
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
    )


def _slow(stack: Stack, *seconds: float) -> None:
    """Let the next deliveries take so long."""
    waits = list(seconds)
    stack.queues.meanwhile["send_message"] = lambda: stack.clock.sleep(waits.pop(0)) if waits else None


def test_no_chosen_message_stays_when_others_are_visible_again(stack: Stack):
    """A slow delivery shows 28 messages again that are not chosen, before the last chosen ones were received."""
    kinds = ["Done", *["Other"] * 28, "Done", *["Done"] * 5]
    for number, kind in enumerate(kinds):
        stack.queues.put(ONE, event(number, kind))
    _slow(stack, 0, HIDDEN_SECONDS + 1)
    ran = stack.redrive("one", "--go", "--where", "type=Done")
    assert (ran.report["redriven"], len(stack.queues.bodies(INBOX)), len(stack.queues.bodies(ONE))) == (7, 7, 28)
    assert (ran.report["not_chosen"], stack.queues.hidden(ONE)) == (28, 0)


@pytest.mark.parametrize("seconds", [100, HIDDEN_SECONDS - 1])
def test_each_message_is_delivered_once_in_a_run_of_any_length(stack: Stack, seconds: int):
    """A message that has waited for long is received again before it is delivered."""
    for number in range(25):
        stack.queues.put(ONE, event(number))
    _slow(stack, *[seconds] * 25)
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["redriven"], ran.report["may_come_twice"]) == (0, 25, [])
    subjects = [json.loads(body)["subject"] for body in stack.queues.bodies(INBOX)]
    assert (len(subjects), len(set(subjects)), stack.queues.bodies(ONE)) == (25, 25, [])


def test_a_message_is_deleted_by_its_newest_receipt(stack: Stack):
    """Its first deletion failed; it is received again, and deleted without a second delivery."""
    for number in range(11):
        stack.queues.put(ONE, event(number))
    _slow(stack, 0, HIDDEN_SECONDS - 1, 10)
    stack.queues.before["delete_message"] = [error("DeleteMessage", "ReceiptHandleIsInvalid", "no")]
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["redriven"], ran.report["may_come_twice"]) == (0, 11, [])
    assert (len(stack.queues.bodies(INBOX)), stack.queues.bodies(ONE)) == (11, [])


def test_a_message_that_another_reader_may_have_received_may_be_delivered_twice(stack: Stack):
    """Its delivery took longer than it was hidden: SQS answers that it is deleted, and does not delete it."""
    number = stack.queues.put(ONE, event(1))

    def slow() -> None:
        stack.clock.sleep(HIDDEN_SECONDS)
        _hide(stack, 1)

    stack.queues.meanwhile["send_message"] = slow
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["redriven"]) == (1, 1)
    assert [message["message_id"] for message in ran.report["may_come_twice"]] == [number]


def test_a_failed_message_that_is_visible_again_is_not_tried_again(stack: Stack):
    """The run ends."""
    for number in range(3):
        stack.queues.put(ONE, event(number))
    stack.queues.before["send_message"] = [error("SendMessage", "KmsThrottled", "no")]
    _slow(stack, HIDDEN_SECONDS - 1, 10)
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["redriven"], ran.report["failed"][0]["messages"]) == (1, 2, 1)
    assert (len(stack.queues.called("send_message")), stack.queues.hidden(ONE)) == (3, 0)


def test_messages_that_another_reader_has_are_counted(stack: Stack):
    """Another redrive, or one whose process was killed a moment ago: its messages are hidden, and not done."""
    for number in range(5):
        stack.queues.put(ONE, event(number))
    _hide(stack, 2)
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["result"]) == (1, "incomplete")
    assert (ran.report["redriven"], ran.report["not_seen"]) == (3, 2)
    assert "Not received, about 2 messages" in stack.say("one", "--go")[1]
    assert stack.redrive("one").report["not_seen"] == 2
    stack.clock.sleep(HIDDEN_SECONDS)
    assert stack.redrive("one", "--go").status == 0


def test_messages_that_return_at_the_end_are_awaited(stack: Stack):
    """Another reader puts its messages back a few receives later."""
    for number in range(5):
        stack.queues.put(ONE, event(number))
    _hide(stack, 2)

    def put_back() -> None:
        if len(stack.queues.called("get_queue_attributes")) == 10:
            stack.clock.sleep(HIDDEN_SECONDS)

    stack.queues.meanwhile["get_queue_attributes"] = put_back
    assert (stack.redrive("one", "--go").report["redriven"], stack.queues.bodies(ONE)) == (5, [])


def test_receives_without_messages_do_not_end_a_run_while_the_queue_has_some(stack: Stack, monkeypatch: Any):
    """Where too many messages are in flight, SQS answers with no message and no error."""
    for number in range(5):
        stack.queues.put(ONE, event(number))
    monkeypatch.setattr(stack.queues, "_receive_message", lambda **_: {})
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["redriven"], ran.report["not_seen"]) == (1, 0, 5)
    assert len(stack.queues.called("receive_message")) == LONGEST_QUIET


def test_a_queue_that_never_gets_empty_does_not_keep_a_run(stack: Stack):
    """Its consumer fails all the time: at each receive there is a new message."""
    stack.queues.put(ONE, event(0))

    def fails() -> None:
        stack.clock.sleep(1)
        stack.queues.put(ONE, event(1), timedelta())

    stack.queues.meanwhile["receive_message"] = fails
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["redriven"]) == (1, 1)
    assert stack.clock.minutes < 20


def test_a_signal_ends_the_wait_for_messages_of_others(stack: Stack):
    """Between two receives."""
    stack.queues.put(ONE, event(1))
    _hide(stack, 1)
    stack.queues.meanwhile["receive_message"] = lambda: signal.raise_signal(signal.SIGINT)
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["result"]) == (130, "interrupted")
    assert len(stack.queues.called("receive_message")) == 2


def test_receipts_that_are_over_show_no_message_of_others(stack: Stack):
    """What became visible again during a slow delivery belongs to whoever has received it since."""
    for number in range(3):
        stack.queues.put(ONE, event(number, "Done" if number == 2 else "Other"))

    def slow() -> None:
        stack.clock.sleep(HIDDEN_SECONDS)
        _hide(stack, 2)

    stack.queues.meanwhile["send_message"] = slow
    stack.redrive("one", "--go", "--where", "type=Done", "--max", "1")
    assert stack.queues.hidden(ONE) >= 2
