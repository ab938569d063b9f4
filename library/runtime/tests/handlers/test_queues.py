"""The function behind a queue of the context's own: message by message, and what fails comes again alone."""

from typing import Any

import pytest

from bounded_context.declaration.entry_points import SMOKE
from bounded_context.handlers import queue_handler
from bounded_context.testing.functions import LambdaContext
from bounded_context_infra.configuration.project import current

from .conftest import Lines

CONTEXT = current().context


def _batch(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m-{number}", "body": body} for number, body in enumerate(bodies)]}


def _answer(event: dict[str, Any], messages: list[str]) -> Any:
    def take(message: str) -> None:
        if message.startswith("bad"):
            raise ValueError(message)
        messages.append(message)

    return queue_handler(CONTEXT, "send_letter", take)(event, LambdaContext())


def test_failed_messages_are_returned_alone(lines: Lines) -> None:
    """The others are done; what a message says is in no line."""
    messages: list[str] = []
    answer = _answer(_batch("one", "bad sentinel", "two"), messages)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert messages == ["one", "two"]
    assert [line["message_id"] for line in lines() if line["message"] == "message not taken"] == ["m-1"]
    assert "sentinel" not in str(lines())


def test_a_batch_of_failed_messages_is_an_error() -> None:
    """So that a release that breaks everything is seen by its alarm."""
    with pytest.raises(ValueError):
        _answer(_batch("bad", "bad too"), [])


def test_the_smoke_check_is_no_message() -> None:
    """It is answered, and nothing is taken."""
    messages: list[str] = []
    assert SMOKE.judge(_answer(dict(SMOKE.event), messages)) is None
    assert messages == []
