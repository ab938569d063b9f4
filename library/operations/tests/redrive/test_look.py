"""Without `--go`: what is there, and what would be done."""

from datetime import timedelta
from shlex import split

from tests.redrive.conftest import INBOX, ONE, UPLOADS, Stack, event
from tests.rollout.clients import error

MOVED = {"DeadLetterQueueSourceArn": "arn:aws:sqs:eu-central-1:123456789012:test-one"}


def test_messages_are_summed_up_by_type_and_reason(stack: Stack):
    """With when they were sent, and how often they were received."""
    for number in range(12):
        stack.queues.put(ONE, event(number), timedelta(hours=number + 1), system=MOVED)
    stack.queues.put(ONE, event(99, "ThingUndone"))
    ran = stack.redrive("one")
    assert (ran.status, ran.report["would_redrive"]) == (0, 13)
    many, single = ran.report["groups"]
    assert (many["type"], many["reason"], many["messages"]) == ("ThingDone", "received too often", 12)
    assert (many["first_sent"], many["last_sent"]) == ("2031-05-05T19:08:09+00:00", "2031-05-06T06:08:09+00:00")
    assert (single["type"], single["reason"], single["most_receives"]) == ("ThingUndone", "", 1)


def test_a_look_changes_no_message_and_makes_all_visible_again(stack: Stack):
    """More messages than one call takes."""
    for number in range(25):
        stack.queues.put(ONE, event(number))
    ran = stack.redrive("one")
    assert (len(stack.queues.bodies(ONE)), stack.queues.bodies(INBOX)) == (25, [])
    assert (stack.queues.hidden(ONE), ran.report["still_hidden"]) == (0, 0)


def test_messages_are_waited_for(stack: Stack):
    """Without waiting SQS asks some of its servers, and may find nothing where there is something."""
    stack.redrive("one")
    assert all(request["WaitTimeSeconds"] > 0 for request in stack.queues.called("receive_message"))
    assert len(stack.queues.called("receive_message")) == 2


def test_samples_name_the_owner_of_messages_without_their_content(stack: Stack):
    """No field of the payload is shown, to people or to programs."""
    stack.queues.put(ONE, event(7))
    _, out, _ = stack.say("one")
    assert "event-7" in out
    assert "thing-7" in out
    ran = stack.redrive("one")
    assert ran.report["samples"][0]["subject"] == "thing-7"
    assert "nobody's business" not in out + str(ran.report)


def test_the_content_of_a_message_does_not_move_the_cursor(stack: Stack):
    """Somebody else wrote it."""
    stack.queues.put(ONE, {**event(1), "subject": "\x1b[2J[red]x", "type": "T" * 500})
    _, out, _ = stack.say("one")
    assert "?[2J[red]x" in out
    assert "T" * 61 not in out


def test_a_look_ends_with_the_command_that_redrives(stack: Stack):
    """It is the same command with `--go`, quoted for a shell."""
    stack.queues.put(ONE, event(1))
    _, out, _ = stack.say("one", "--where", "type=Thing*", "--max", "1")
    *_, effect, command = out.splitlines()
    assert (effect.startswith("1 message "), effect.endswith(" test-one.")) == (True, True)
    words = split(command)
    written = words[words.index("uv") :]
    assert written[:8] == ["uv", "run", "context", "redrive", "test", "one", "--where", "type=Thing*"]
    assert (written[8:11], written[-1]) == (["--max", "1", "--outputs"], "--go")


def test_a_message_that_would_stay_has_a_reason(stack: Stack):
    """A look that would redrive no message names no command."""
    stack.queues.put(UPLOADS, {"detail-type": "Something Else"})
    ran = stack.redrive("uploads")
    assert ran.report["would_redrive"] == 0
    [stays] = ran.report["would_stay"]
    assert stays["messages"] == 1
    assert "the SQS console" in stays["why"]
    assert "--go" not in stack.say("uploads")[1]


def test_a_body_that_is_not_an_event_is_counted(stack: Stack):
    """It may be sent on all the same: its consumer judges it."""
    for body in ("not JSON", "[1]", '{"type": 7}', "[" * 200_000):
        stack.queues.put(ONE, body)
    ran = stack.redrive("one")
    assert [(group["type"], group["messages"]) for group in ran.report["groups"]] == [("", 4)]


def test_a_failure_in_the_middle_puts_everything_back(stack: Stack):
    """One sentence, and no message stays hidden."""
    for number in range(15):
        stack.queues.put(ONE, event(number))

    def lose_the_second() -> None:
        if len(stack.queues.called("receive_message")) == 2:
            stack.queues.after["receive_message"] = [error("ReceiveMessage", "AccessDenied", "no more")]

    stack.queues.meanwhile["receive_message"] = lose_the_second
    ran = stack.redrive("one")
    assert (ran.status, ran.report["why"]) == (2, "AccessDenied: no more")
    # Those whose receipt never arrived cannot be shown again: they come back by themselves.
    assert stack.queues.hidden(ONE) == 5


def test_a_message_that_stays_hidden_is_counted(stack: Stack):
    """A call for ten messages may fail for one message, or for all."""
    for number in range(12):
        stack.queues.put(ONE, event(number))
    stack.queues.gate.chances = iter((False, False, True))
    assert stack.redrive("one").report["still_hidden"] == 1
    stack.clock.sleep(900)
    stack.queues.before["change_message_visibility_batch"] = [error("ChangeMessageVisibilityBatch", "AccessDenied")]
    assert stack.redrive("one").report["still_hidden"] == 10
    assert stack.redrive("one").report["still_hidden"] == 0


def test_a_long_queue_is_looked_at_in_part(stack: Stack):
    """Enough to know what there is."""
    for number in range(1003):
        stack.queues.put(ONE, event(number))
    ran = stack.redrive("one")
    assert (ran.report["looked_at"], ran.report["more"], stack.queues.hidden(ONE)) == (1000, True, 0)
    assert "the first 1000 messages inspected" in stack.say("one")[1]
    assert "looking: 1000 of about 1000 messages" in ran.err
