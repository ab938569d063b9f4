"""The definition of a context with an approval, run over the deployed handlers by the second interpreter."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from payment.context import PAYMENT

from bounded_context import ListApproval
from bounded_context.adapters.dynamodb_lists import ListTable
from bounded_context.adapters.items import LIST
from bounded_context.domain.lists import NOT_APPROVED, ListStatus, ReceivedList
from tests.contract.interpreter import Definition, Interpreter, Run, shipped
from tests.contract.test_workflow_runs import CLOSES, TO_DECIDE, UPLOAD, calls, interpreter, upload

__all__ = ["calls", "interpreter", "upload"]

WAITS = (*TO_DECIDE, "IsVerified", "AwaitApproval")
IMPORTS = ("ImportList", "MarkImported", "DescribeImport", "PublishOutcome", "HasFailed", "Done")
REJECTS = (*CLOSES[:-1], "Done")
PERSON = "arn:aws:iam::111122223333:user/approver"


@pytest.fixture(params=[True])
def waits(request: pytest.FixtureRequest) -> Iterator[None]:
    """The context has an approval, whose rule returns the parameter."""
    object.__setattr__(PAYMENT, "approval", ListApproval(lambda _: request.param))
    yield
    object.__setattr__(PAYMENT, "approval", None)


@pytest.fixture
def definition(waits: None, topic: tuple[str, str]) -> Definition:
    return shipped(topic[0])


def _record() -> ReceivedList | None:
    table: Any = boto3.resource("dynamodb").Table("table")
    ids = [item["list_id"] for item in table.scan()["Items"] if item["pk"].startswith(LIST)]
    return ListTable(table).get(ids[0]) if ids else None


def _decided(interpreter: Interpreter, definition: Definition, decide: Callable[[ReceivedList], None]) -> Run:
    """Run the definition, and call `decide` with the record when the token is stored."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(interpreter.run, definition, UPLOAD)
        while not running.done():
            if (received := _record()) and received.task_token:
                decide(received)
                break
            time.sleep(0.01)
        return running.result()


def _lists() -> ListTable:
    return ListTable(boto3.resource("dynamodb").Table("table"))


def test_an_approved_list_is_imported(interpreter: Interpreter, definition: Definition, upload: None) -> None:
    """After the token is sent."""

    def approve(received: ReceivedList) -> None:
        assert received.awaits_approval
        assert received.imported_parts == frozenset()
        assert _lists().decide(received.list_id, PERSON, int(time.time()))[0]
        interpreter.backend.send_task_success(received.task_token, "{}")
        _lists().forget_token(received.list_id, received.task_token)

    run = _decided(interpreter, definition, approve)
    assert run.states == (*WAITS, *IMPORTS)
    record = _record()
    assert record and (record.status, record.decided_by, record.task_token) == (ListStatus.IMPORTED, PERSON, "")


def test_a_rejected_list_is_closed(interpreter: Interpreter, definition: Definition, upload: None) -> None:
    """Its execution succeeds, as for each rejected list."""

    def reject(received: ReceivedList) -> None:
        assert _lists().decide(received.list_id, PERSON, int(time.time()), "twice the usual total")[0]
        interpreter.backend.send_task_failure(received.task_token, NOT_APPROVED, "")

    run = _decided(interpreter, definition, reject)
    assert run.states == (*WAITS, *REJECTS)
    record = _record()
    assert record and (record.status, record.reason) == (ListStatus.REJECTED, "twice the usual total")


def test_a_list_that_nobody_approves_is_rejected(
    interpreter: Interpreter, definition: Definition, upload: None
) -> None:
    """After the timeout of the state, here a second."""
    definition["States"]["AwaitApproval"]["TimeoutSeconds"] = 1
    run = interpreter.run(definition, UPLOAD)
    assert run.states == (*WAITS, "NotApprovedInTime", *REJECTS)
    record = _record()
    assert record and (record.status, record.code) == (ListStatus.REJECTED, "list-not-approved")


@pytest.mark.parametrize("waits", [False], indirect=True)
def test_a_list_that_needs_no_approval_does_not_wait(
    interpreter: Interpreter, definition: Definition, upload: None
) -> None:
    """The condition of the state fails."""
    assert interpreter.run(definition, UPLOAD).states == (*WAITS, *IMPORTS)


def test_a_decision_before_the_state_is_read_from_the_record(
    interpreter: Interpreter, definition: Definition, upload: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No token is needed: the list does not wait any more."""
    progress = ListTable.progress

    def decide(self: ListTable, list_id: str, status: ListStatus, **facts: Any) -> ReceivedList:
        moved = progress(self, list_id, status, **facts)
        return self.decide(list_id, PERSON, int(time.time()))[1] if status is ListStatus.IMPORTING else moved

    monkeypatch.setattr(ListTable, "progress", decide)
    assert interpreter.run(definition, UPLOAD).states == (*WAITS, *IMPORTS)
