"""With `--go`: which messages, how fast, and what is said of those that stay."""

import json
from datetime import timedelta

import pytest
from botocore.exceptions import EndpointConnectionError

from bounded_context_operations.repair.redrive.messages import QUIET_RECEIVES, WAIT_SECONDS
from bounded_context_operations.repair.redrive.run import IN_A_ROW
from tests.redrive.conftest import INBOX, ONE, Stack, event
from tests.rollout.clients import error

LOST = EndpointConnectionError(endpoint_url="https://sqs")


def test_all_messages_go_back_to_the_queue(stack: Stack):
    """As they are, and none stays."""
    bodies = [json.dumps(event(number)) for number in range(23)]
    for body in bodies:
        stack.queues.put(ONE, body)
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["result"], ran.report["redriven"]) == (0, "done", 23)
    assert sorted(stack.queues.bodies(INBOX)) == sorted(bodies)
    assert stack.queues.bodies(ONE) == []


def test_an_empty_queue_is_done(stack: Stack):
    """Nothing to do is no failure."""
    assert stack.redrive("one", "--go").status == 0


@pytest.mark.parametrize(
    ("options", "subjects"),
    [
        (["--where", "type=ThingU*"], {3}),
        (["--where", "subject=thing-[12]"], {1, 2}),
        (["--where", "id=event-2"], {2}),
        (["--where", "id=test-one-dead-1"], {1}),
        (["--where", "source=context"], {1, 2, 3}),
        (["--where", "source=other"], set()),
        (["--where", "tenant=blue"], {2}),
        (["--where", "type=Thing*", "--where", "tenant=*"], {2}),
        (["--where", "unheard=*"], set()),
        (["--older-than", "90m"], {2, 3}),
        (["--newer-than", "90m"], {1}),
        (["--older-than", "90m", "--newer-than", "3h"], {2, 3}),
        (["--older-than", "3h", "--newer-than", "90m"], set()),
    ],
)
def test_only_chosen_messages_go(stack: Stack, options: list[str], subjects: set[int]):
    """The others stay, and are visible again."""
    blue = {"tenant": {"DataType": "String", "StringValue": "blue"}}
    stack.queues.put(ONE, event(1), timedelta(hours=1))
    stack.queues.put(ONE, event(2), timedelta(hours=2), attributes=blue)
    stack.queues.put(ONE, event(3, "ThingUndone"), timedelta(hours=3))
    ran = stack.redrive("one", "--go", *options)
    assert {int(json.loads(body)["subject"][-1]) for body in stack.queues.bodies(INBOX)} == subjects
    assert (ran.status, ran.report["not_chosen"]) == (0, 3 - len(subjects))
    assert (len(stack.queues.bodies(ONE)), stack.queues.hidden(ONE)) == (3 - len(subjects), 0)


def test_at_most_so_many_go(stack: Stack):
    """One is enough to see whether the cause is gone."""
    for number in range(5):
        stack.queues.put(ONE, event(number))
    ran = stack.redrive("one", "--go", "--max", "2")
    assert (ran.status, ran.report["redriven"], len(stack.queues.bodies(ONE)), stack.queues.hidden(ONE)) == (0, 2, 3, 0)


@pytest.mark.parametrize(("options", "seconds"), [([], 2.4), (["--rate", "1"], 24), (["--rate", "100"], 0.24)])
def test_messages_are_sent_at_the_requested_rate(stack: Stack, options: list[str], seconds: float):
    """25 messages are 24 pauses: no burst, and no pause before the first. The last two receives wait for messages."""
    for number in range(25):
        stack.queues.put(ONE, event(number))
    stack.redrive("one", "--go", *options)
    waits = QUIET_RECEIVES * WAIT_SECONDS
    assert (stack.clock.now() - stack.clock.began).total_seconds() == pytest.approx(seconds + waits)


def test_a_message_that_was_not_sent_is_not_deleted(stack: Stack):
    """The others go on; the reason is told."""
    for number in range(3):
        stack.queues.put(ONE, event(number))
    stack.queues.before["send_message"] = [error("SendMessage", "KmsThrottled", "slow down")]
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["result"], ran.report["redriven"]) == (1, "incomplete", 2)
    assert ran.report["failed"] == [{"why": "KmsThrottled: slow down", "messages": 1}]
    assert (len(stack.queues.bodies(ONE)), stack.queues.hidden(ONE)) == (1, 0)


def test_a_message_that_was_not_deleted_may_be_delivered_twice(stack: Stack):
    """The report names it, and the run does not send it again."""
    number = stack.queues.put(ONE, event(1))
    stack.queues.before["delete_message"] = [LOST]
    ran = stack.redrive("one", "--go")
    assert (ran.status, len(stack.queues.bodies(INBOX)), len(stack.queues.bodies(ONE))) == (1, 1, 1)
    [twice] = ran.report["may_come_twice"]
    assert twice["message_id"] == number
    stack.queues.before["delete_message"] = [LOST]
    assert any(line.startswith(f"{number} ") for line in stack.say("one", "--go")[1].splitlines())


def test_ten_failures_in_a_row_end_the_run(stack: Stack):
    """The cause is still there: the rest is not even tried, and all of it stays visible."""
    for number in range(40):
        stack.queues.put(ONE, event(number))
    stack.queues.before["send_message"] = [error("SendMessage", "AccessDenied", "no")] * 40
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["result"]) == (1, "stopped")
    assert "fix the cause" in ran.report["stopped"]
    assert len(stack.queues.called("send_message")) == IN_A_ROW
    assert (len(stack.queues.bodies(ONE)), stack.queues.hidden(ONE)) == (40, 0)


def test_failures_with_a_success_between_them_do_not(stack: Stack):
    """Nine, then one that goes, then nine."""
    for number in range(19):
        stack.queues.put(ONE, event(number))
    denied = error("SendMessage", "AccessDenied", "no")
    stack.queues.before["send_message"] = [denied] * 9
    stack.queues.meanwhile["send_message"] = lambda: stack.queues.before["send_message"].extend([denied] * 9)
    assert stack.redrive("one", "--go").report["result"] == "incomplete"
    assert len(stack.queues.called("send_message")) == 19


def test_a_returning_message_is_not_sent_in_a_circle(stack: Stack):
    """Its consumer rejects it at once, and SQS moves it to the dead-letter queue again, under its id."""
    stack.queues.put(ONE, event(1))

    def refused() -> None:
        for message in list(stack.queues[INBOX].messages.values()):
            stack.queues[INBOX].move(message, stack.queues[ONE])

    stack.queues.meanwhile["receive_message"] = refused
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["redriven"], ran.report["came_later"]) == (1, 1, 1)
    assert len(stack.queues.called("send_message")) == 1
    stack.clock.sleep(1)
    assert "after the start" in stack.say("one", "--go")[1]


def test_a_returning_message_is_recognised_by_its_id_where_clocks_differ(stack: Stack):
    """SQS's clock is behind this machine's, so what was sent a moment ago looks older than the run."""
    stack.queues.put(ONE, event(1))

    def refused() -> None:
        for message in list(stack.queues[INBOX].messages.values()):
            message.sent -= 300
            stack.queues[INBOX].move(message, stack.queues[ONE])

    stack.queues.meanwhile["receive_message"] = refused
    assert stack.redrive("one", "--go").report["came_later"] == 1
    assert len(stack.queues.called("send_message")) == 1


def test_a_message_that_arrives_while_others_are_redriven_stays(stack: Stack):
    """It may be a message of this run that SNS could not deliver, under another id."""
    stack.queues.put(ONE, event(1))

    def come() -> None:
        del stack.queues.meanwhile["send_message"]
        stack.queues.put(ONE, event(1), timedelta())

    stack.queues.meanwhile["send_message"] = come
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["redriven"], ran.report["came_later"]) == (1, 1, 1)


def test_a_queue_that_can_no_longer_be_read_ends_the_run_with_its_report(stack: Stack):
    """What was done is told all the same."""
    for number in range(12):
        stack.queues.put(ONE, event(number))
    stack.queues.meanwhile["delete_message"] = lambda: stack.queues.before.update(
        receive_message=[error("ReceiveMessage", "AccessDenied", "no more")]
    )
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["redriven"], ran.report["stopped"]) == (1, 10, "AccessDenied: no more")


def test_the_result_has_counts_and_each_reason_once(stack: Stack):
    """This is the output without `--json`."""
    for number in range(4):
        stack.queues.put(ONE, event(number))
    stack.queues.before["send_message"] = [error("SendMessage", "AccessDenied", "no [key]")] * 2
    _, out, _ = stack.say("one", "--go")
    assert "test / one: incomplete. 2 messages redriven" in out
    assert "Failed and left, 2 messages: AccessDenied: no [key]" in out
