"""The shipped definition over the deployed handlers, run by an interpreter whose behaviour was recorded on AWS."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_dynamodb
from payment.context import PAYMENT

from bounded_context.adapters.dynamodb_bulk import ImportedAggregateTable
from bounded_context.adapters.items import KEY, LIST, TRACEPARENT
from bounded_context.application import ranges
from bounded_context.application.importing import SPLIT_AGAIN
from bounded_context.application.ports import Throttled
from bounded_context.application.staging import VERIFIED, StagingGone
from bounded_context.domain.lists import STAGING, NotScanned
from bounded_context.testing.functions import BUCKET, Functions
from bounded_context_cli.promises.workflow import LAMBDAS_OWN
from tests import map_runs
from tests.contract.interpreter import (
    Behaviour,
    Broken,
    Definition,
    Handle,
    Interpreter,
    Lambda,
    Run,
    ServiceError,
    serving,
    shipped,
)
from tests.handlers.conftest import HEADER, PARENT, TRACE
from tests.handlers.functions import ID, SAMPLES
from tests.map_runs import STATE_DATA, THRESHOLD

FILE = "incoming/acme/january.csv"
UPLOAD = {"path": f"/{BUCKET}/{FILE}"}
SENT = f"00-{TRACE}-{PARENT}-01"
"""The traceparent of the upload."""

Start = Callable[[], Run]
"""Runs the definition for the list in the inbox."""

Published = Callable[[], list[dict[str, Any]]]
"""Returns the messages that the state machine published: their events, with the messages' attributes."""

Staged = Callable[..., Behaviour]
"""Makes a function lose staged objects."""

IMPORTED, REJECTED = PAYMENT.list_events
VERIFICATION = PAYMENT.verification_step
FORWARD = {"register_list": 1, "validate_list": 1, VERIFICATION: 2 + 3, "import_list": 3}
"""The calls of a list of three parts. The verification is called for the list, for each part, and for the decision."""

TO_VERIFY = ("RegisterList", "IsRegistered", "ValidateList", "IsValid", "VerifySubscription")
TO_DECIDE = (*TO_VERIFY, "IsVerified", "VerifyParts", "VerifySubscription")
TO_IMPORT = (*TO_DECIDE, "IsVerified", "ImportList")
IMPORTS = (*TO_IMPORT, "MarkImported", "DescribeImport", "PublishOutcome", "HasFailed", "Done")
CLOSES = ("CompensateError", "PublishOutcome", "HasFailed", "Failed")
REJECTS = ("RegisterList", "IsRegistered", "ValidateList", "IsValid", "CompensateError", "PublishOutcome", "HasFailed")

MAPS = {VERIFICATION: "VerifyParts", "validate_list": "ValidateRanges"}
MANY = 84
"""Failed children whose records are larger than the state: each has 3 to 4.6 KB, by the depth of its stack trace."""

FAULTY = b"one,two\n1,2\n"
"""A list that is rejected as a whole."""


@pytest.fixture
def calls(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> Lambda:
    """The functions, each called within the upload's trace."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER)
    return Lambda()


@pytest.fixture
def interpreter(calls: Lambda, aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Interpreter]:
    with serving(calls) as url:
        yield Interpreter(monkeypatch, aws_endpoint, calls, url)


@pytest.fixture
def definition(topic: tuple[str, str]) -> Definition:
    return shipped(topic[0])


@pytest.fixture
def upload(bucket: Any, table: Any) -> None:
    """A list of 25 good rows in the inbox: three parts."""
    bucket.put_object(Bucket=BUCKET, Key=FILE, Body=SAMPLES.file([SAMPLES.values(n) for n in range(25)]))
    for known in SAMPLES.projection():
        table.put_item(Item=known)


@pytest.fixture
def run(interpreter: Interpreter, definition: Definition, upload: None) -> Start:
    return lambda: interpreter.run(definition, UPLOAD)


@pytest.fixture
def staged(bucket: Any) -> Staged:
    """Return a behaviour that deletes the staged objects with such keys, before its handler runs or after."""

    def deleting(gone: Callable[[str], bool], late: bool = False) -> Behaviour:
        def delete() -> None:
            for entry in bucket.list_objects_v2(Bucket=BUCKET, Prefix=STAGING)["Contents"]:
                if gone(entry["Key"]):
                    bucket.delete_object(Bucket=BUCKET, Key=entry["Key"])

        def behaviour(payload: Any, handle: Handle) -> Any:
            if not late:
                delete()
            answer = handle(payload)
            if late:
                delete()
            return answer

        return behaviour

    return deleting


@pytest.fixture
def published(topic: tuple[str, str]) -> Published:
    def received() -> list[dict[str, Any]]:
        answer = boto3.client("sqs").receive_message(
            QueueUrl=topic[1], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [_message(message) for message in answer.get("Messages", [])]

    return received


def _message(message: Any) -> dict[str, Any]:
    attributes = {name: attribute["StringValue"] for name, attribute in message["MessageAttributes"].items()}
    return {**json.loads(message["Body"]), "attributes": attributes}


def _record(table: Any) -> dict[str, Any]:
    """Return the list's record."""
    [record] = [item for item in table.scan()["Items"] if item[KEY].startswith(LIST)]
    return record


def _rows(table: Any) -> int:
    """Count the imported aggregates."""
    return sum(ID in item for item in table.scan()["Items"])


def test_a_good_list_is_imported_and_published(run: Start, calls: Lambda, table: Any, published: Published) -> None:
    """Each state once; the event has the type and the trace as attributes, which filters and subscribers read."""
    ended, [event] = run(), published()
    record = _record(table)
    assert (ended.status, ended.states, calls.counts, calls.waits) == ("SUCCEEDED", IMPORTS, FORWARD, [])
    assert ended.output == {"list_id": record["list_id"], "outcome": "IMPORTED"}
    assert (record["status"], record["imported_parts"], _rows(table)) == ("IMPORTED", {0, 1, 2}, 25)
    assert event["attributes"] == {"type": IMPORTED, TRACEPARENT: SENT}
    assert (event["type"], event[TRACEPARENT], event["subject"]) == (IMPORTED, SENT, record["list_id"])
    data = {"list_id": record["list_id"], "partner": "acme", "file": FILE, "rows": 25, "imported": 25, "rejected": 0}
    assert event["data"] == data


def test_a_large_list_is_validated_in_ranges(
    run: Start, calls: Lambda, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each range in a call of its own, between two calls that plan and join."""
    monkeypatch.setattr(ranges, "RANGE_BYTES", 500)
    ended, record = run(), _record(table)
    validation = ("ValidateList", "IsValid", "ValidateRanges", "ValidateList", "IsValid")
    assert ended.states[2:7] == validation
    planned = [payload["range"]["number"] for payload in calls.payloads["validate_list"] if "range" in payload]
    assert sorted(planned) == list(range(len(planned)))
    assert calls.counts["validate_list"] == len(planned) + 2 > 4
    assert (record["status"], record["rows"], _rows(table)) == ("IMPORTED", 25, 25)


def _split_again(calls: Lambda, step: str, before: str) -> None:
    """Let a step split the list in four rounds, whatever its map did."""
    rounds = iter(range(4))

    def splitting(payload: Any, handle: Handle) -> Any:
        again = not {"range", "part"} & payload.keys() and next(rounds, None) is not None
        return handle({**payload, "outcome": before} if again else payload)

    calls.instead[step] = splitting


@pytest.mark.parametrize(
    ("step", "before", "loop"),
    [
        ("validate_list", "REGISTERED", ("ValidateList", "IsValid", "ValidateRanges", "ValidateList", "IsValid")),
        (VERIFICATION, "VALIDATED", (*TO_DECIDE[-4:], "IsVerified")),
    ],
)
def test_a_step_that_splits_a_list_again_fails_the_list(
    step: str,
    before: str,
    loop: tuple[str, ...],
    run: Start,
    calls: Lambda,
    table: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The step and its map would repeat until the execution's timeout, after a day."""
    monkeypatch.setattr(ranges, "RANGE_BYTES", 500)
    _split_again(calls, step, before)
    ended, record = run(), _record(table)
    assert ended.states[-len(loop) - 1 - len(CLOSES) :] == (*loop, "SplitAgain", *CLOSES)
    assert (record["status"], _rows(table)) == ("FAILED", 0)
    assert (record["failure"]["step"], record["failure"]["error"]) == (step, "SplitAgain")
    assert record["failure"]["message"] == SPLIT_AGAIN


def test_a_rejected_list_is_closed_and_published(
    run: Start, bucket: Any, calls: Lambda, table: Any, published: Published
) -> None:
    """A rejection is no failure of the execution."""
    bucket.put_object(Bucket=BUCKET, Key=FILE, Body=FAULTY)
    ended, [event] = run(), published()
    assert (ended.status, ended.states, ended.output["outcome"]) == ("SUCCEEDED", (*REJECTS, "Done"), "REJECTED")
    assert calls.counts == {"register_list": 1, "validate_list": 1, "compensate_error": 1}
    assert (_record(table)["status"], _rows(table)) == ("REJECTED", 0)
    assert event["attributes"] == {"type": REJECTED, TRACEPARENT: SENT}
    assert (event["type"], event[TRACEPARENT]) == (REJECTED, SENT)


@pytest.mark.parametrize("late", [False, True], ids=["fails", "answer lost"])
def test_each_step_that_fails_once_is_called_once_more(late: bool, run: Start, calls: Lambda, table: Any) -> None:
    """Each part counts its own tries. A step whose answer is lost gives the same answer again."""
    for step in FORWARD:
        calls.fails(step, Broken(), times=1, late=late)
    assert run().states == IMPORTS
    assert calls.counts == {step: 2 * times for step, times in FORWARD.items()}
    assert (_record(table)["status"], _rows(table)) == ("IMPORTED", 25)


TURNED_AWAY = [Throttled(), ServiceError(429, "TooManyRequestsException")]
"""The table throttles, or Lambda."""


@pytest.mark.parametrize("error", TURNED_AWAY, ids=repr)
def test_each_step_that_is_throttled_six_times_is_called_again(
    error: Exception, run: Start, calls: Lambda, table: Any
) -> None:
    """A step gives up after two or three other errors. No wait is longer than twice the one before, or a minute."""
    for step in FORWARD:
        calls.fails(step, error, times=6)
    assert run().states == IMPORTS
    assert calls.counts == {step: 7 * times for step, times in FORWARD.items()}
    assert _record(table)["status"] == "IMPORTED"
    longest = (2, 4, 8, 16, 32, 60)
    assert len(calls.waits) == sum(FORWARD.values()) * len(longest)
    assert all(wait <= most for wait, most in zip(calls.waits[:18], 3 * longest, strict=True))


def test_a_list_waits_some_minutes_for_the_tag_of_its_scan(run: Start, calls: Lambda) -> None:
    """GuardDuty's user guide has no order of the event and of the tag. No wait is longer than half a minute."""
    calls.fails("register_list", NotScanned(), times=20)
    assert run().states == IMPORTS
    assert all(wait <= most for wait, most in zip(calls.waits, (2, 4, 8, 16, *[30] * 16), strict=True))


@pytest.mark.parametrize("error", TURNED_AWAY, ids=repr)
def test_a_compensation_that_is_throttled_is_called_again(
    error: Exception, run: Start, calls: Lambda, bucket: Any, table: Any
) -> None:
    """By the same retrier, whose waits are shorter than those of the compensation's other errors."""
    bucket.put_object(Bucket=BUCKET, Key=FILE, Body=FAULTY)
    calls.fails("compensate_error", error, times=6)
    assert run().states == (*REJECTS, "Done")
    assert (calls.counts["compensate_error"], _record(table)["status"]) == (7, "REJECTED")
    assert all(wait <= most for wait, most in zip(calls.waits, (2, 4, 8, 16, 32, 60), strict=True))


def test_an_outage_of_lambda_costs_no_list(run: Start, calls: Lambda, table: Any) -> None:
    """Each step is refused 8 times; a step gives up after two or three of its own errors."""
    outage = [ServiceError(500, name.removeprefix("Lambda.")) for name in LAMBDAS_OWN]
    for step in FORWARD:
        calls.fails(step, *outage, times=8)
    assert run().states == IMPORTS
    assert calls.counts == {step: 9 * times for step, times in FORWARD.items()}
    assert _record(table)["status"] == "IMPORTED"


def test_a_step_that_always_fails_fails_the_list(run: Start, calls: Lambda, table: Any, published: Published) -> None:
    """The list is undone, closed and published, and then the execution fails, which sets off its alarm."""
    calls.fails(VERIFICATION, Broken())
    ended, [event] = run(), published()
    assert (ended.status, ended.error) == ("FAILED", "ListFailed")
    assert ended.states == (*TO_VERIFY, *CLOSES)
    assert calls.counts == {"register_list": 1, "validate_list": 1, VERIFICATION: 3, "compensate_error": 1}
    assert calls.payloads["compensate_error"][0]["error"]["Error"] == Broken.__name__
    assert (_record(table)["status"], event["attributes"]) == ("FAILED", {"type": REJECTED, TRACEPARENT: SENT})


def test_a_list_that_cannot_be_recorded_fails_its_execution_alone(
    run: Start, calls: Lambda, published: Published
) -> None:
    """There is nothing to undo and nothing to publish."""
    calls.fails("register_list", Broken())
    ended = run()
    assert (ended.status, ended.error, ended.states) == ("FAILED", Broken.__name__, ("RegisterList",))
    assert (calls.counts, published()) == ({"register_list": 4}, [])


def _break_part(calls: Lambda, number: int) -> None:
    """Let the import of one part fail whenever it is tried."""

    def failing(payload: Any, handle: Handle) -> Any:
        if payload["part"]["part"] == number:
            raise Broken
        return handle(payload)

    calls.instead["import_list"] = failing


def test_a_failing_child_undoes_all_of_the_list(run: Start, calls: Lambda, table: Any, published: Published) -> None:
    """The other children run to their ends. DynamoDB refuses to mark the list, and this error is not retried."""
    _break_part(calls, 1)
    ended, [event] = run(), published()
    assert (ended.error, ended.states) == ("ListFailed", (*TO_IMPORT, "MarkImported", "UndoList", *CLOSES))
    assert calls.counts == {**FORWARD, "import_list": 2 + 4, "compensate_error": 3 + 1}
    assert len(calls.waits) == 3
    assert {payload["part"]["part"] for payload in calls.payloads["compensate_error"][:3]} == {0, 1, 2}
    assert (_record(table)["status"], _rows(table)) == ("FAILED", 0)
    assert (event["type"], event["attributes"]) == (REJECTED, {"type": REJECTED, TRACEPARENT: SENT})


@pytest.fixture(params=[3, pytest.param(MANY, marks=pytest.mark.nightly)], ids="of {} parts".format)
def parts(request: pytest.FixtureRequest, upload: None, calls: Lambda, bucket: Any) -> Iterator[int]:
    """A list whose failed children have records that are larger than the state. For few parts, the state is smaller."""
    body = SAMPLES.file([SAMPLES.values(number) for number in range(request.param)])
    bucket.put_object(Bucket=BUCKET, Key=FILE, Body=body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PART_ROWS", "1")
        # A list of so many parts has more rows: each write of its record takes time.
        patch.setattr("bounded_context.application.validation.rows_a_part", lambda wanted, *_: wanted)
        patch.setattr(map_runs, "STATE_DATA", STATE_DATA * request.param // MANY)
        yield request.param


def _denied(*_: Any, **__: Any) -> Any:
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "ExecuteStatement")


def _gone(*_: Any, **__: Any) -> Any:
    raise StagingGone


def test_a_list_is_undone_of_which_all_parts_fail(
    run: Start, parts: int, calls: Lambda, table: Any, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exception of a part is the recorded cause."""
    monkeypatch.setattr(ImportedAggregateTable, "import_rows", _denied)
    ended, record = run(), _record(table)
    assert (ended.error, ended.states) == ("ListFailed", (*TO_IMPORT, "MarkImported", "UndoList", *CLOSES))
    assert (calls.counts["import_list"], calls.counts["compensate_error"]) == (4 * parts, parts + 1)
    assert (record["status"], record["failure"]["error"], _rows(table)) == ("FAILED", "ClientError", 0)
    assert len(published()) == 1


def test_a_list_is_closed_of_which_no_part_can_be_undone_at_first(
    run: Start, parts: int, calls: Lambda, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CompensateError undoes all parts that UndoList did not undo."""
    _break_part(calls, 1)
    undo = ImportedAggregateTable.undo_rows

    def failing(payload: Any, handle: Handle) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(ImportedAggregateTable, "undo_rows", _gone if "part" in payload else undo)
            return handle(payload)

    calls.instead["compensate_error"] = failing
    ended = run()
    assert (ended.error, ended.states) == ("ListFailed", (*TO_IMPORT, "MarkImported", "UndoList", *CLOSES))
    assert calls.counts["compensate_error"] == parts + 1
    assert (_record(table)["status"], _rows(table)) == ("FAILED", 0)


@pytest.mark.parametrize("step", MAPS)
def test_a_list_is_closed_of_which_no_child_can_be_verified_or_validated(
    step: str, parts: int, run: Start, calls: Lambda, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The map fails with its first failed child: no row is written before."""
    monkeypatch.setattr(ranges, "RANGE_BYTES", 50)

    def failing(payload: Any, handle: Handle) -> Any:
        if {"part", "range"} & payload.keys():
            raise Broken
        return handle(payload)

    calls.instead[step] = failing
    ended = run()
    assert (ended.error, ended.states[-5:]) == ("ListFailed", (MAPS[step], *CLOSES))
    assert calls.payloads["compensate_error"][0]["error"]["Error"] == THRESHOLD
    assert (_record(table)["status"], _rows(table)) == ("FAILED", 0)


def test_a_compensation_whose_answers_are_lost_is_called_again(
    run: Start, calls: Lambda, table: Any, published: Published
) -> None:
    """The list is closed and published once."""
    _break_part(calls, 1)
    calls.fails("compensate_error", Broken(), times=1, late=True)
    assert run().states == (*TO_IMPORT, "MarkImported", "UndoList", *CLOSES)
    assert calls.counts["compensate_error"] == 2 * (3 + 1)
    assert (_record(table)["status"], _rows(table), len(published())) == ("FAILED", 0, 1)


def test_a_list_whose_parts_are_gone_fails_at_once(
    run: Start, calls: Lambda, staged: Staged, table: Any, published: Published
) -> None:
    """Each part is tried once, then the list once: a person has to look. Nothing claims that the list is undone."""
    _break_part(calls, 2)
    calls.instead["compensate_error"] = staged(lambda key: not key.endswith(".json"))
    ended = run()
    assert (ended.status, ended.error) == ("FAILED", StagingGone.__name__)
    assert ended.states == (*TO_IMPORT, "MarkImported", "UndoList", "CompensateError")
    assert calls.counts["compensate_error"] == 3 + 1
    assert (_record(table)["status"], published()) == ("COMPENSATING", [])


def test_a_list_whose_manifest_is_gone_is_handed_to_the_compensation(
    run: Start, calls: Lambda, staged: Staged, table: Any
) -> None:
    """Neither map can be read. No part has a trace of a writer, so the last step closes the list."""
    calls.instead[VERIFICATION] = staged(lambda key: key.endswith(VERIFIED), late=True)
    ended = run()
    assert (ended.status, ended.error) == ("FAILED", "ListFailed")
    assert ended.states == (*TO_IMPORT, "UndoList", "CompensateError", "PublishOutcome", "HasFailed", "Failed")
    assert (calls.counts["compensate_error"], _record(table)["status"]) == (1, "FAILED")
    assert len(calls.waits) == 2 * 20


def test_a_list_without_a_trace_is_imported_and_published(
    run: Start, calls: Lambda, table: Any, published: Published
) -> None:
    """An older version recorded the list: its event gets a trace made of its identity, which is not recorded."""

    def untraced(payload: Any, handle: Handle) -> Any:
        table.update_item(Key={KEY: f"{LIST}{payload['list_id']}"}, UpdateExpression=f"REMOVE {TRACEPARENT}")
        return handle(payload)

    calls.instead["validate_list"] = untraced
    assert run().states == IMPORTS
    _is_untraced(published(), _record(table)["list_id"])


def test_an_event_without_a_trace_is_published(
    run: Start, bucket: Any, calls: Lambda, table: Any, published: Published
) -> None:
    """An older version of the function gives it."""

    def older(payload: Any, handle: Handle) -> Any:
        answer = handle(payload)
        event = {name: value for name, value in answer["event"].items() if name != TRACEPARENT}
        return {**answer, "event": event}

    bucket.put_object(Bucket=BUCKET, Key=FILE, Body=FAULTY)
    calls.instead["compensate_error"] = older
    assert run().states == (*REJECTS, "Done")
    _is_untraced(published(), _record(table)["list_id"])


def _is_untraced(events: list[dict[str, Any]], list_id: str) -> None:
    [event] = events
    assert event[TRACEPARENT] == event["attributes"][TRACEPARENT] == f"00-{list_id}-0000000000000001-00"


def test_a_table_that_throttles_the_state_machine_delays_the_list(
    run: Start, calls: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MarkImported, which gives up after five other errors, waits for the table."""
    table = _Throttling(boto3.client("dynamodb"), times=6)
    monkeypatch.setattr(state_task_service_dynamodb, "boto_client_for", lambda **_: table)
    assert run().states == IMPORTS
    assert len(calls.waits) == 6


class _Throttling:
    """DynamoDB, which throttles the first updates."""

    def __init__(self, dynamodb: Any, times: int) -> None:
        self._dynamodb = dynamodb
        self._left = times

    def update_item(self, **parameters: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            return self._dynamodb.update_item(**parameters)
        answer: Any = {
            "Error": {"Code": "ThrottlingException", "Message": ""},
            "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": "1"},
        }
        raise ClientError(answer, "UpdateItem")


def _without_throttled(state: dict[str, Any]) -> None:
    state["Retry"] = [retrier for retrier in state["Retry"] if Throttled.__name__ not in retrier["ErrorEquals"]]


def _all_first(state: dict[str, Any]) -> None:
    state["Retry"].reverse()


@pytest.mark.parametrize("plant", [_without_throttled, _all_first])
def test_a_planted_fault_of_the_retriers_fails_a_throttled_list(
    plant: Callable[[dict[str, Any]], None],
    interpreter: Interpreter,
    definition: Definition,
    calls: Lambda,
    upload: None,
) -> None:
    """The retriers are matched by the names of errors, in the order of the definition."""
    calls.fails("register_list", Throttled(), times=6)
    plant(definition["States"]["RegisterList"])
    assert interpreter.run(definition, UPLOAD).error == Throttled.__name__


def test_a_planted_fault_of_the_message_is_seen(
    interpreter: Interpreter,
    definition: Definition,
    published: Published,
    upload: None,
) -> None:
    """The subscriber's copy has the attributes that the definition gives."""
    attributes = definition["States"]["PublishOutcome"]["Parameters"]["MessageAttributes"]
    attributes["type"], attributes[TRACEPARENT] = attributes[TRACEPARENT], attributes["type"]
    interpreter.run(definition, UPLOAD)
    [event] = published()
    assert event["attributes"] == {"type": SENT, TRACEPARENT: IMPORTED}


def test_a_planted_change_of_the_retrier_for_missing_staging_is_detected(
    interpreter: Interpreter,
    definition: Definition,
    calls: Lambda,
    bucket: Any,
    upload: None,
) -> None:
    """Without its own retrier, the error would be retried for an hour."""
    bucket.put_object(Bucket=BUCKET, Key=FILE, Body=FAULTY)
    calls.fails("compensate_error", StagingGone(), times=9)
    definition["States"]["CompensateError"]["Retry"].pop(0)
    interpreter.run(definition, UPLOAD)
    assert calls.counts["compensate_error"] == 10
