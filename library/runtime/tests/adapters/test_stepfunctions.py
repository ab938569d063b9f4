"""The list workflow's executions."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from bounded_context.adapters.services import Executions

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:list-import"
WORKING = '{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": true}}}'


@pytest.fixture
def machine(aws: None) -> tuple[Any, str]:
    """A client, and a machine whose executions run on."""
    client: Any = boto3.client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/states"
    return client, client.create_state_machine(name="m", definition=WORKING, roleArn=role)["stateMachineArn"]


def test_only_running_executions_count(machine: tuple[Any, str]):
    """What has ended is nobody's worry."""
    client, arn = machine
    assert Executions(client, arn).starts() == {}
    started = [client.start_execution(stateMachineArn=arn, name=name) for name in ("first", "second")]
    starts = {execution["executionArn"]: execution["startDate"] for execution in started}
    assert Executions(client, arn).starts() == starts
    client.stop_execution(executionArn=started[0]["executionArn"])
    assert [*Executions(client, arn).starts()] == [started[1]["executionArn"]]


def test_the_executions_of_all_pages_count():
    """AWS answers with the newest first, a hundred at a time."""
    client: Any = boto3.client(
        "stepfunctions", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (31, 30, 2, 1)]
    request = {"stateMachineArn": MACHINE, "statusFilter": "RUNNING"}
    with Stubber(client) as answers:
        answers.add_response("list_executions", {"executions": _running(days[:2]), "nextToken": "more"}, request)
        answers.add_response("list_executions", {"executions": _running(days[2:])}, request | {"nextToken": "more"})
        assert [*Executions(client, MACHINE).starts().values()] == days


def _running(started: list[datetime]) -> list[dict[str, Any]]:
    same = {"stateMachineArn": MACHINE, "name": "x", "status": "RUNNING"}
    return [{**same, "executionArn": f"{MACHINE}:{start.day}", "startDate": start} for start in started]
