"""The commands' Lambda functions: one effect a key, and refusals that a caller can act on."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context import BusinessError, aws
from bounded_context.adapters.dynamodb import AggregateTable
from bounded_context.adapters.items import TRACEPARENT
from bounded_context.application.calls import MARGIN
from bounded_context.handlers import command_handler
from bounded_context.testing import InMemoryAggregates
from tests.commands import CHANGES, CREATE, DELETE
from tests.emf import totals
from tests.handlers.conftest import PARENT, TRACE, LambdaContext
from tests.handlers.functions import ID, SAMPLES, handler
from tests.handlers.requests import JSON, request

pytestmark = pytest.mark.usefixtures("function")


def _handler(pair: Any) -> Any:
    return handler(pair[1].__name__)


def _message(payload: dict[str, Any], key: str = "key-1") -> dict[str, Any]:
    return {"idempotency_key": key, "payload": payload}


def _create(context: LambdaContext, n: int = 1, key: str = "create") -> dict[str, Any]:
    return _handler(CREATE)(_message(SAMPLES.values(n), key), context)


def test_the_creating_command_stores_the_aggregate(context: LambdaContext, table: Any):
    """The answer is the aggregate as stored."""
    answer = _create(context)
    assert answer["ok"]
    assert answer[PAYMENT.name][ID] == SAMPLES.aggregate(1).id
    assert aws.aggregates(PAYMENT).get(SAMPLES.aggregate(1).id) == SAMPLES.aggregate(1)


@pytest.mark.usefixtures("sampled")
def test_a_command_leaves_its_place_in_a_trace_with_the_item(context: LambdaContext, table: Any):
    """For the event that the stream makes of it."""
    _create(context)
    [item] = [item for item in table.scan()["Items"] if ID in item]
    assert item[TRACEPARENT] == f"00-{TRACE}-{PARENT}-01"


def test_the_same_message_twice_has_one_effect_and_one_answer(context: LambdaContext):
    """A caller that lost the answer repeats the call, and gets the same bytes, as the runtime writes them."""
    assert json.dumps(_create(context)) == json.dumps(_create(context))


def test_the_same_key_with_another_payload_is_refused(context: LambdaContext):
    """A key names one command."""
    _create(context)
    assert _create(context, n=2)["error"]["code"] == "idempotency-key-reused"


def test_a_refusal_is_not_remembered(context: LambdaContext):
    """What was refused may be tried again with the same key."""
    _create(context, key="first")
    assert _create(context, key="second")["error"]["code"] == "already-exists"
    _handler(DELETE)(_message({ID: SAMPLES.aggregate(1).id}, "delete"), context)
    assert _create(context, key="second")["ok"]


@pytest.mark.parametrize("pair", [*CHANGES, DELETE], ids=lambda pair: pair[1].__name__)
def test_a_command_on_an_old_version_is_refused(pair: Any, context: LambdaContext):
    """The caller is told to read again."""
    _create(context)
    answer = _handler(pair)(_message({ID: SAMPLES.aggregate(1).id, "expected_version": 9}), context)
    assert answer["error"]["code"] == "version-conflict"


@pytest.mark.parametrize("pair", CHANGES, ids=lambda pair: pair[1].__name__)
def test_a_change_is_stored(pair: Any, context: LambdaContext, table: Any):
    """The next version is in the table."""
    _create(context)
    answer = _handler(pair)(_message({ID: SAMPLES.aggregate(1).id, "expected_version": 1}), context)
    assert answer[PAYMENT.name]["version"] == 2
    assert aws.aggregates(PAYMENT).get(SAMPLES.aggregate(1).id).version == 2


@pytest.mark.parametrize("pair", CHANGES, ids=lambda pair: pair[1].__name__)
def test_a_command_needs_no_read_for_the_previous_status(
    pair: Any, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """One read and one write; where the command does not start, one read."""
    _create(context)
    calls: list[str] = []
    for name in ("get", "save"):
        monkeypatch.setattr(AggregateTable, name, _counted(calls, name))
    answers = [_handler(pair)(_message({ID: SAMPLES.aggregate(1).id}, key), context) for key in ("first", "second")]
    assert [answer["ok"] for answer in answers] == [True, False]
    assert answers[1]["error"]["code"] == "illegal-move"
    assert calls == ["get", "save", "get"]


def _counted(calls: list[str], name: str) -> Any:
    method = getattr(AggregateTable, name)

    def call(table: AggregateTable[Any], said: Any) -> Any:
        calls.append(name)
        return method(table, said)

    return call


@pytest.mark.parametrize(
    ("event", "detail"),
    [
        ({}, "idempotency_key: Field required"),
        ({"idempotency_key": "k"}, "payload: Field required"),
        (_message({}), f"{ID}: Field required"),
        (_message({**SAMPLES.values(1), "colour": "red"}), "colour: Extra inputs are not permitted"),
        (_message(SAMPLES.values(1), key=""), "idempotency_key"),
    ],
)
def test_a_bad_message_is_refused_with_its_errors(event: dict[str, Any], detail: str, context: LambdaContext):
    """Every problem is named by its member."""
    answer = _handler(CREATE)(event, context)
    assert answer["error"]["code"] == "invalid"
    assert detail in answer["error"]["detail"]


def test_a_bad_value_is_refused_with_the_accepted_values(context: LambdaContext):
    """As the report of a list names them, and without the value."""
    field = PAYMENT.details.model_fields[PAYMENT.amounts[0]]
    refused = _handler(CREATE)(_message(SAMPLES.values(1, **{PAYMENT.amounts[0]: "12,50"})), context)
    assert refused["error"]["code"] == "invalid"
    assert f"(expected {field.description})" in refused["error"]["detail"]
    assert "12,50" not in refused["error"]["detail"]


def test_a_refusal_is_counted_by_its_code(context: LambdaContext, capsys: pytest.CaptureFixture[str]):
    """A command that is done counts nothing here: its event does."""
    _create(context)
    assert totals(capsys.readouterr().out) == {}
    _create(context, key="again")
    _create(context, n=2)
    _handler(CREATE)({}, context)
    counted = totals(capsys.readouterr().out)
    codes = ("already-exists", "idempotency-key-reused", "invalid")
    assert counted == {("CommandsRefused", code): 1 for code in codes}


def test_a_command_that_is_being_run_is_refused_and_counted(
    context: LambdaContext, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """Two callers with one key, at the same time."""
    answers: list[dict[str, Any]] = []
    add = AggregateTable.add

    def meanwhile(table: AggregateTable, created: Any) -> None:
        answers.append(_create(context))
        add(table, created)

    monkeypatch.setattr(AggregateTable, "add", meanwhile)
    assert _create(context)["ok"]
    assert [answer["error"]["code"] for answer in answers] == ["in-progress"]
    assert totals(capsys.readouterr().out) == {("CommandsRefused", "in-progress"): 1}


def test_a_key_is_locked_until_its_function_has_ended_by_any_clock(
    context: LambdaContext, table: Any, monkeypatch: pytest.MonkeyPatch
):
    """The function that repeats the command compares the end of the lock with its own clock."""
    ends: list[float] = []
    add = AggregateTable.add

    def locked(payments: AggregateTable[Any], created: Any) -> None:
        ends.extend(int(item["in_progress_expiration"]) / 1000 for item in table.scan()["Items"])
        add(payments, created)

    monkeypatch.setattr(AggregateTable, "add", locked)
    began = time.time() + context.get_remaining_time_in_millis() / 1000
    assert _create(context)["ok"]
    [end] = ends
    assert began + MARGIN - 1 < end < began + MARGIN + 30


def test_of_many_concurrent_messages_with_one_key_one_is_run(context: LambdaContext, monkeypatch: pytest.MonkeyPatch):
    """The others get its answer, or are told to ask again."""
    created: list[str] = []
    add = AggregateTable.add

    def counted(table: AggregateTable, new: Any) -> None:
        created.append(new.id)
        add(table, new)

    monkeypatch.setattr(AggregateTable, "add", counted)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _create(context), range(8)))
    assert created == [SAMPLES.aggregate(1).id]
    successes = [answer for answer in answers if answer["ok"]]
    assert successes
    assert all(answer == successes[0] for answer in successes)
    assert {answer["error"]["code"] for answer in answers if not answer["ok"]} <= {"in-progress"}


class TooLate(BusinessError):
    """A refusal that names the field."""

    code = "too-late"
    field = "due_date"


def test_a_refusal_names_the_field_in_answers_to_messages_and_requests(context: LambdaContext) -> None:
    """As a faulty value does."""

    def rule(*_: Any) -> Any:
        raise TooLate("it is over")

    late = command_handler(PAYMENT, PAYMENT.creating.model, rule, lambda: InMemoryAggregates(PAYMENT))
    payload = SAMPLES.values(1)
    error = {"code": "too-late", "detail": "it is over", "field": "due_date"}
    assert late(_message(payload), context)["error"] == error
    sent = request("register_payment", json.dumps(payload), headers={**JSON, "idempotency-key": "k-1"})
    assert json.loads(late(sent, context)["body"])["errors"] == [{"field": "due_date", "detail": "it is over"}]
