"""What lines and traces may show depends on the context that is told of."""

import json
import sys
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context import Context
from bounded_context.telemetry import entry_point, logger, set_up
from bounded_context.telemetry.logs import HIDDEN, hidden, loggable_message, redacted
from tests.contexts import INVOICE, ORDER, NotPacked, over_contexts


@over_contexts
def test_every_field_is_hidden_but_ids(context: Context[Any]):
    """However its key is written, and at any depth."""
    set_up(context)
    ids = {context.identity, *context.references}
    arguments = {name for command in context.commands for name in command.model.model_fields} - {"expected_version"}
    for field in {*context.stored_fields, *arguments}:
        assert hidden(field) is (field not in ids)
        assert hidden(field.title().replace("_", "")) is (field not in ids)
    assert not hidden("expected_version")
    record = {"payload": dict.fromkeys(context.stored_fields, "x"), "password": "y", "list_id": "l-1"}
    result = redacted(record)
    assert {name for name, value in result["payload"].items() if value != HIDDEN} == ids
    assert (result["password"], result["list_id"]) == (HIDDEN, "l-1")


class _Call:
    """Lambda's context."""

    function_name = "function"
    function_version = "7"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:function:live"
    aws_request_id = "request-1"


def test_each_call_redacts_for_its_own_context(capsys: pytest.CaptureFixture[str]):
    """Where functions of two contexts are in one process, as in tests."""
    handler: Any = logger.registered_handler
    before = handler.setStream(sys.stdout)
    said: dict[str, Any] = {"payer": "Ada", "net": "7.50", "weight": "3"}
    functions = [entry_point(context)(lambda *_: logger.info("said", **said)) for context in (PAYMENT, INVOICE, ORDER)]
    for function in functions:
        function({}, _Call())
    handler.setStream(before)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [[name for name in said if line[name] == HIDDEN] for line in lines] == [["payer"], ["net"], ["weight"]]


def test_only_the_contexts_own_errors_are_logged_with_their_message():
    """A context's own name identities only; any other may quote what it was given."""
    set_up(ORDER)
    assert loggable_message(NotPacked("o-1")) == "order 'o-1' is not packed"
    assert loggable_message(ValueError("Ada")) == ""
    set_up(PAYMENT)
    assert loggable_message(NotPacked("o-1")) == ""
