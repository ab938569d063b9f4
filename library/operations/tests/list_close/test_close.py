"""A list that its workflow cannot undo is closed, and every refused run changes nothing."""

from typing import Any

import boto3
import pytest

from bounded_context.adapters.items import LIST
from bounded_context.application.list_import import TECHNICAL_FAILURE
from bounded_context.domain.lists import ListStatus
from bounded_context.testing.functions import BUCKET, TABLE
from bounded_context_infra.configuration.pipeline_settings import PERSONS
from tests.handlers.functions import SAMPLES
from tests.list_close.conftest import ROWS, Stack
from tests.lost_table import commands

ROW, OTHER = SAMPLES.aggregate(3).id, SAMPLES.aggregate(40).id


def test_the_plan_names_the_status_and_the_rows_and_changes_nothing(stack: Stack, list_id: str) -> None:
    """The command that executes the plan is at its end."""
    ran = stack.list_close(list_id)
    assert (ran.status, ran.report["result"], ran.report["rows"]) == (0, "looked", ROWS)
    assert (ran.report["status"], ran.report["execution"]) == ("IMPORTING", "FAILED")
    _, out, _ = stack.list_say("close", "test", list_id)
    assert f"uv run context list close test {list_id} --outputs {stack.file} --go" in out.replace("\n", "")
    assert stack.record(list_id).status is ListStatus.IMPORTING
    assert len(stack.rows()) == ROWS
    assert stack.published() == []


def test_a_closed_list_has_no_rows_and_no_lock(stack: Stack, list_id: str) -> None:
    """Other aggregates stay. The report and the event are those of a failed list."""
    stack.halfway("february.csv", range(40, 42))
    assert stack.command("verify_payment", ROW)["error"]["code"] == "list-open"
    ran = stack.list_close(list_id, "--go")
    assert (ran.status, ran.report["result"], ran.report["rows"]) == (0, "closed", ROWS)
    assert stack.rows() == {SAMPLES.aggregate(number).id for number in (40, 41)}
    record = stack.record(list_id)
    assert (record.status, record.reason) == (ListStatus.FAILED, TECHNICAL_FAILURE)
    assert record.failure and record.failure.error == "States.DataLimitExceeded"
    [event] = stack.published()
    assert (event["type"], event["data"]["outcome"]) == ("PaymentListRejected", "FAILED")
    report = stack.s3.get_object(Bucket=BUCKET, Key=event["data"]["report"])["Body"].read().decode()
    assert TECHNICAL_FAILURE in report
    assert stack.command("verify_payment", ROW)["error"]["code"] == "not-found"


def test_a_row_that_a_command_created_anew_stays(stack: Stack, list_id: str) -> None:
    """The index may still have the row of the list, but the item is not the list's."""
    table = boto3.resource("dynamodb").Table(TABLE)
    key = {"pk": f"PAYMENT#{ROW}"}
    table.update_item(Key=key, UpdateExpression="SET list_id = :other", ExpressionAttributeValues={":other": "l-2"})
    first = iter([True])

    def undone(seconds: float) -> None:
        """Before the second pass, the index has no row of the list any more."""
        if next(first, False):
            table.update_item(Key=key, UpdateExpression="REMOVE list_shard")

    stack.clock.sleep = undone
    assert stack.list_close(list_id, "--go").status == 0
    assert stack.rows() == {ROW}


def test_an_execution_without_a_history_is_over(stack: Stack, list_id: str) -> None:
    """Step Functions deletes a history after 90 days."""
    stack.executions.execution = {}
    assert stack.list_close(list_id, "--go").status == 0


def test_the_plan_names_a_redrive_that_is_still_possible(stack: Stack, list_id: str) -> None:
    """It may import the list."""
    stack.executions.execution["redriveStatus"] = "REDRIVABLE"
    assert stack.list_close(list_id).report["redrivable"]
    assert "redrive-execution --execution-arn run-january.csv" in stack.list_say("close", "test", list_id)[1]


def test_the_runbook_closes_the_list(stack: Stack, list_id: str) -> None:
    """Its commands run as they are, in their order."""
    steps = list(commands("uv", "a-list-that-cannot-be-redriven", stack="test", list_id=list_id))
    closing = [words for _, _, command, *words in steps if command == "list"]
    assert [stack.list_say(*words)[0] for words in closing] == [0, 0]
    assert [words for _, _, command, *words in steps if command == "permissions"] == [["close", "test"]]
    assert "close" in PERSONS
    assert (stack.rows(), stack.record(list_id).status) == (set(), ListStatus.FAILED)
    assert stack.list_say(*closing[-1])[0] == 2


def _set(list_id: str, **facts: Any) -> None:
    sets = ", ".join(f"#{name} = :{name}" for name in facts)
    boto3.resource("dynamodb").Table(TABLE).update_item(
        Key={"pk": LIST + list_id},
        UpdateExpression=f"SET {sets}",
        ExpressionAttributeNames={f"#{name}": name for name in facts},
        ExpressionAttributeValues={f":{name}": value for name, value in facts.items()},
    )


@pytest.mark.parametrize(
    ("facts", "state", "command"),
    [
        ({"status": "IMPORTED"}, "IMPORTED", "uv run context restore test"),
        ({"status": "REJECTED"}, "REJECTED", "aws s3 cp s3://inbox/reports/acme/january.csv.report.csv -"),
        ({"status": "FAILED"}, "FAILED", "aws s3 cp s3://inbox/reports/acme/january.csv.report.csv -"),
        ({"status": "REGISTERED", "awaits_scan": True}, "REGISTERED", "aws guardduty send-object-malware-scan"),
    ],
    ids=["imported", "rejected", "failed", "awaits its scan"],
)
def test_a_list_that_is_not_halfway_is_refused(
    stack: Stack, list_id: str, facts: dict[str, Any], state: str, command: str
) -> None:
    """With its state, and the next command."""
    _set(list_id, **facts)
    _is_refused(stack, list_id, state, command)


@pytest.mark.parametrize("status", ["RUNNING", "PENDING_REDRIVE"])
def test_a_list_whose_execution_runs_is_refused(stack: Stack, list_id: str, status: str) -> None:
    """Its steps may still write rows."""
    stack.executions.execution = {"status": status}
    _is_refused(stack, list_id, status, "aws stepfunctions stop-execution --execution-arn run-january.csv")


def _is_refused(stack: Stack, list_id: str, state: str, command: str) -> None:
    before = stack.record(list_id)
    for go in ((), ("--go",)):
        ran = stack.list_close(list_id, *go)
        assert (ran.status, ran.report["result"]) == (2, "refused")
        assert state in ran.report["why"]
        assert command in ran.report["why"]
    assert stack.record(list_id) == before
    assert len(stack.rows()) == ROWS
    assert stack.published() == []


def test_an_unknown_list_is_refused(stack: Stack) -> None:
    """With the place of the id."""
    ran = stack.list_close("0" * 32, "--go")
    assert ran.status == 2
    assert "LIST#<id>" in ran.report["why"]


def test_a_stack_without_lists_is_refused(stack: Stack, list_id: str) -> None:
    """It has no inbox."""
    stack.file.write_text(stack.file.read_text().replace("inbox_bucket", "other"))
    ran = stack.list_close(list_id, "--go")
    assert (ran.status, "no lists" in ran.report["why"]) == (2, True)
