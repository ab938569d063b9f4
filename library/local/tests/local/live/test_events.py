"""Events to call a function with."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent
from payment.context import PAYMENT

from bounded_context.declaration.context import Context
from bounded_context.declaration.entry_points import checks_of
from bounded_context.domain.lists import ListStatus
from bounded_context.handlers.measure_lists import Change
from bounded_context_cli.command.output import LocalRunError
from bounded_context_local.live.events import event_of, samples_of
from bounded_context_local.live.function import NoSuchName
from tests.own_routes import GOOD, Write, write
from tests.test_children import CONTEXT as WITH_NOTES

__all__ = ["write"]

HEARD = {"subscription": {"aggregate": "subscription", "created_by": ["Begun"], "deleted_by": ["Ended"]}}


def test_a_command_has_a_message_and_a_request(context: Context[Any]):
    """Both say the same, and the message is a command of its own each time."""
    [create] = [command for command in context.commands if command.kind == "creates"]
    first, again = (samples_of(context, create.function, {}) for _ in range(2))
    command = create.model.model_validate(first["message"]["payload"])
    assert create.model.model_validate_json(first["request"]["body"]) == command
    assert first["request"]["routeKey"] == context.routes[create.function]
    assert first["message"]["idempotency_key"] != again["message"]["idempotency_key"]


def test_values_of_the_path_are_not_in_the_body(context: Context[Any]):
    """A query for one has no body at all."""
    request = samples_of(context, context.get_function, {})["request"]
    assert "{" not in request["rawPath"]
    assert "body" not in request


def test_the_query_for_children_names_their_aggregate():
    """In the message and in the path."""
    samples = samples_of(WITH_NOTES, "list_payment_notes", {})
    assert samples["request"]["rawPath"] == f"/payments/{samples['message']['payload']['payment_id']}/notes"


def test_each_function_has_a_sample(context: Context[Any]):
    """One of its work, and the check that a release begins with; those of steps are about lists that a run has."""
    variables = {"CONSUMES": json.dumps(HEARD)}
    for function in context.functions:
        samples = samples_of(context, function, variables)
        checks = {check.name.replace(" ", "-") for check in checks_of(function, context)}
        assert "smoke-check" in checks <= samples.keys()
        assert function in context.steps or samples.keys() - checks, function


def test_a_list_that_is_closed_is_measured(context: Context[Any]):
    """As the stream tells of it: before and after."""
    [record] = DynamoDBStreamEvent(samples_of(context, "measure_lists", {})["list"]).records
    change = Change.read(record)
    assert change.before
    assert change.after
    assert (change.before.status, change.after.status) == (ListStatus.IMPORTING, ListStatus.IMPORTED)


def test_the_functions_environment_lists_the_consumed_events(context: Context[Any]):
    """An event of each type, as the queue hands it over."""
    samples = samples_of(context, "on_event", {"CONSUMES": json.dumps(HEARD)})
    [record] = samples["Ended"]["Records"]
    assert json.loads(record["body"])["type"] == "Ended"
    assert "Begun" in samples


def test_an_event_is_a_sample_a_file_or_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Whichever is meant."""
    (tmp_path / "event.json").write_text('{"from": "file"}')
    monkeypatch.setattr("sys.stdin", io.StringIO('{"from": "input"}'))
    assert event_of("smoke-check", {"smoke-check": {"a": 1}}) == {"a": 1}
    assert event_of(str(tmp_path / "event.json"), {}) == {"from": "file"}
    assert event_of("-", {}) == {"from": "input"}


def test_an_unknown_event_is_refused(tmp_path: Path):
    """The error has the similar names, or the file that is not JSON."""
    with pytest.raises(NoSuchName, match=r"'mesage'.* message\b"):
        event_of("mesage", {"message": {}})
    (tmp_path / "event.json").write_text("{")
    with pytest.raises(LocalRunError, match=r"event\.json is not\b"):
        event_of(str(tmp_path / "event.json"), {})


def test_an_own_route_has_a_message_and_a_request(write: Write):
    """Parameters are in the path and the query, other values in the body."""
    write(GOOD)
    summary, note = (samples_of(PAYMENT, name, {}) for name in ("policy_summary", "add_note"))
    assert summary["message"]["payload"]["policy_id"] in summary["request"]["rawPath"]
    assert "most=" in summary["request"]["rawQueryString"]
    assert "body" not in summary["request"]
    assert json.loads(note["request"]["body"])["text"] == "a note"
    assert "smoke-check" in note
