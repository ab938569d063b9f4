"""What the command refuses before anything changes."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.console import context
from tests.redrive.conftest import INBOX, READER, Stack

Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda read: read.pop("dead_letter_queues"), "The outputs have no 'dead_letter_queues': deploy the stack"),
        (lambda read: read.pop("state_machine_arn"), "The outputs have no 'state_machine_arn'"),
        (lambda read: read["queues"].pop("two"), "The outputs have no 'two'"),
        (lambda read: read.update(dead_letter_queues=None), "not those of the service program"),
        (lambda read: read.update(state_machine_arn="machine"), "not those of the service program"),
        (lambda read: read["dead_letter_queues"].update(uploads=5), "not those of the service program (5 is not text)"),
        (lambda read: read["queues"].update(two=["url"]), "not those of the service program (['url'] is not text)"),
        (lambda read: read["functions"].update(reader=None), "not those of the service program (None is not text)"),
        (
            lambda read: read["release"].update(application="context-prod"),
            "to context-prod, not to a stack test",
        ),
    ],
)
def test_bad_outputs_are_refused(stack: Stack, change: Change, sentence: str):
    """One sentence says what to do."""
    change(stack.outputs)
    ran = stack.redrive()
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert sentence in ran.report["why"]
    assert "Traceback" not in ran.err


def test_a_queue_that_the_stack_does_not_have_is_refused(stack: Stack):
    """With those that it has."""
    ran = stack.redrive("three")
    assert ran.status == 2
    assert all(name in ran.report["why"] for name in ("'three'", "one,", "two,", "reader,", "uploads"))


@pytest.mark.parametrize(
    "name",
    [
        "read_changes",
        "read-changes",
        "context-test-read-changes-dead-letters",
        "context-test-read-changes",
        "read-changes-dead-letters",
    ],
)
def test_a_queue_is_selected_by_its_name_on_aws_too(stack: Stack, name: str):
    """Its alarm says it without the stack's prefix; what is shown is the name in the list."""
    url = "https://sqs/1/context-test-read-changes-dead-letters"
    stack.outputs["dead_letter_queues"]["read_changes"] = url
    stack.outputs["functions"]["read_changes"] = READER
    ran = stack.redrive(name)
    assert (ran.status, ran.report["queue"]) == (0, "read_changes")
    assert {request["QueueUrl"] for request in stack.queues.called("receive_message")} == {url}


def test_a_name_of_two_queues_is_refused(stack: Stack):
    """The wrong one might be meant; the name in the list says which, and comes first."""
    first, second = "https://sqs/1/context-test-events-one-dead-letters", "https://sqs/1/context-test-one-dead-letters"
    stack.outputs["dead_letter_queues"] = {"one": first, "events_one": second}
    stack.outputs["queues"]["events_one"] = INBOX
    ran = stack.redrive("events-one")
    assert ran.status == 2
    assert all(name in ran.report["why"] for name in ("'events-one'", " one,", " events_one."))
    assert stack.redrive("one").report["queue"] == "one"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "stack"),
        (["test", "--go"], "--go is for one queue: name the queue after the stack"),
        (["test", "--older-than", "2h"], "--older-than is for one queue"),
        (["test", "one", "--where", "type"], "'type' is not a condition: write KEY=PATTERN, such as type=*Deleted"),
        (["test", "one", "--where", "=x"], "'=x' is not a condition"),
        (["test", "one", "--older-than", "2"], "'2' is not a time: write a number and s, m, h or d, such as 2h"),
        (["test", "one", "--newer-than", "0h"], "'0h' is not a time"),
        (["test", "one", "--max", "0"], "'0' is not a number of messages: write a number from 1, such as 10"),
        (["test", "one", "--rate", "1.5"], "'1.5' is not a number of messages"),
        (["test", "one", "--rate", "²"], "'²' is not a number of messages"),
        (["test", "one", "--go", "--give-up", " "], "the reason is empty: write why"),
        (["test", "one", "--give-up", "why"], "--give-up deletes messages: write --go too"),
        (["test", "one", "two"], "unexpected extra argument(s) (two)"),
        (["test", "one", "--give", "why", "--go"], "No such option: --give (Possible options: --give-up, --go)"),
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]):
    """One sentence says what to write instead."""
    assert context("redrive", *arguments) == 2
    assert sentence in capsys.readouterr().err
