"""Events that could not start the state machine, on moto's queues and machine."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.redrive.conftest import MACHINE, UPLOADS, Stack
from tests.rollout.clients import error

EVENTS = Path(__file__).parents[3] / "runtime" / "tests" / "events"
WHY = {"ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"}}


def _recorded(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def _started(moto: Any, machine: str) -> list[Any]:
    machines = moto("stepfunctions")
    executions = machines.list_executions(stateMachineArn=machine)["executions"]
    described = [machines.describe_execution(executionArn=execution["executionArn"]) for execution in executions]
    return [json.loads(execution["input"]) for execution in described]


def test_the_event_starts_the_machine_with_the_input_of_its_rule(stack: Stack, moto: Any):
    """One event is of an upload over SFTP, the other of an object in S3."""
    queues = stack.queues = moto("sqs")
    stack.machines = moto("stepfunctions")
    definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
    role = "arn:aws:iam::123456789012:role/machine"
    machine = stack.machines.create_state_machine(name="machine", definition=definition, roleArn=role)[
        "stateMachineArn"
    ]
    dead = queues.create_queue(QueueName="dead")["QueueUrl"]
    stack.outputs |= {"dead_letter_queues": {"uploads": dead}, "state_machine_arn": machine}
    for name in ("transfer_upload_completed", "s3_object_created"):
        body = (EVENTS / f"{name}.json").read_text()
        queues.send_message(QueueUrl=dead, MessageBody=body, MessageAttributes=WHY)
    looked = stack.redrive("uploads").report
    assert {(group["type"], group["reason"]) for group in looked["groups"]} == {
        (_recorded("transfer_upload_completed")["detail-type"], "NO_PERMISSIONS"),
        (_recorded("s3_object_created")["detail-type"], "NO_PERMISSIONS"),
    }
    assert stack.redrive("uploads", "--go").status == 0
    version = _recorded("s3_object_created")["detail"]["object"]["version-id"]
    started = sorted(_started(moto, machine), key=len)
    assert started == [
        {"path": "/inbox/incoming/acme/january.csv", "detail": _recorded("transfer_upload_completed")["detail"]},
        {"bucket": "inbox", "key": "incoming/acme/january.csv", "version": version},
    ]
    assert "Messages" not in queues.receive_message(QueueUrl=dead)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"detail-type": "SFTP Server File Download Completed"}, "the SQS console"),
        ({"path": "/inbox/incoming/acme/january.csv"}, "the SQS console"),
        ("not JSON", "the SQS console"),
        ("[" * 200_000, "the SQS console"),
        ({"detail-type": "Object Created", "detail": {"bucket": {"name": "inbox"}}}, "lacks detail.object.key"),
        ({"detail-type": "SFTP Server File Upload Completed", "detail": 7}, "lacks detail.file-path"),
    ],
)
def test_an_event_without_a_rule_stays(stack: Stack, body: object, why: str):
    """One sentence says why; the others go on."""
    stack.queues.put(UPLOADS, body)
    stack.queues.put(UPLOADS, _recorded("transfer_upload_completed"))
    ran = stack.redrive("uploads", "--go")
    assert (ran.status, ran.report["redriven"], len(stack.queues.bodies(UPLOADS))) == (1, 1, 1)
    [stays] = ran.report["stay"]
    assert why in stays["why"]


def test_an_execution_that_was_not_started_leaves_its_event(stack: Stack):
    """It is tried again another time."""
    stack.queues.put(UPLOADS, _recorded("transfer_upload_completed"))
    stack.machines.before["start_execution"] = [error("StartExecution", "ExecutionLimitExceeded", "too many")]
    assert stack.redrive("uploads", "--go").report["failed"] == [
        {"why": "ExecutionLimitExceeded: too many", "messages": 1}
    ]
    assert stack.redrive("uploads", "--go").status == 0
    detail = _recorded("transfer_upload_completed")["detail"]
    assert stack.machines.inputs == [(MACHINE, {"path": "/inbox/incoming/acme/january.csv", "detail": detail})]


def test_events_of_uploads_cannot_be_discarded(stack: Stack):
    """Only changes of the table can be discarded. The reason names the option and the queue."""
    ran = stack.redrive("uploads", "--go", "--give-up", "old")
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert ("--give-up" in ran.report["why"], "uploads" in ran.report["why"]) == (True, True)
