"""A stack on moto with a list whose execution has ended halfway, and whose staged parts are deleted."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from bounded_context.adapters.items import LIST, to_list
from bounded_context.domain.lists import ReceivedList
from bounded_context.testing.functions import BUCKET, TABLE, LambdaContext
from tests.console import context
from tests.erase import conftest as erase
from tests.handlers.conftest import function, settings
from tests.handlers.functions import ID, SAMPLES, handler

__all__ = ["function", "settings"]

ROWS = 12


class Executions:
    """Step Functions with one execution; without a status, its history is deleted."""

    def __init__(self) -> None:
        self.execution: dict[str, Any] = {"status": "FAILED", "error": "States.DataLimitExceeded"}

    def describe_execution(self, executionArn: str) -> dict[str, Any]:  # noqa: N803
        if not self.execution:
            error: Any = {"Code": "ExecutionDoesNotExist", "Message": executionArn}
            raise ClientError({"Error": error}, "DescribeExecution")
        return self.execution


class Stack(erase.Stack):
    """The stack named `test`."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], topic: tuple[str, str]) -> None:
        self._topic, self._events = topic
        self.executions: Any = Executions()
        super().__init__(folder, capsys)

    def _outputs(self) -> dict[str, Any]:
        return {**super()._outputs(), "topic_arn": self._topic}

    def services(self) -> dict[str, Any]:
        """Return the clients by their services."""
        return {
            "dynamodb": self.dynamodb,
            "s3": self.s3,
            "sns": boto3.client("sns"),
            "stepfunctions": self.executions,
        }

    def list_close(self, list_id: str, *arguments: str) -> erase.Ran:
        """Run the command with `--json`."""
        status, out, _ = self.list_say("close", "test", list_id, *arguments, "--json")
        return erase.Ran(status, json.loads(out))

    def list_say(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command of `context list`, and return its exit status and its output."""
        self._capsys.readouterr()
        access = erase.Access(self.clients, self.clock)
        status = context("list", *arguments, "--outputs", str(self.file), access=access)
        out, err = self._capsys.readouterr()
        return status, out, err

    def halfway(self, name: str, numbers: range) -> str:
        """Write the parts of a list whose execution then ends, delete its staging, and return its id."""
        self.upload(name, SAMPLES.file([SAMPLES.values(number) for number in numbers]))
        event = self.register(name)
        for step in ("validate_list", "verify_subscription"):
            handler(step)(event, LambdaContext())
        staged = f"staging/{event['list_id']}/"
        manifest = self.s3.get_object(Bucket=BUCKET, Key=f"{staged}import.json")["Body"].read()
        for part in json.loads(manifest):
            handler("import_list")({**event, "part": part}, LambdaContext())
        for entry in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=staged)["Contents"]:
            self.s3.delete_object(Bucket=BUCKET, Key=entry["Key"])
        return event["list_id"]

    def record(self, list_id: str) -> ReceivedList:
        """Return the record of a list."""
        response: Any = boto3.resource("dynamodb").Table(TABLE).get_item(Key={"pk": LIST + list_id})
        return to_list(response["Item"])

    def rows(self) -> set[str]:
        """Return the identities of all aggregates."""
        return {str(item[ID]) for item in boto3.resource("dynamodb").Table(TABLE).scan()["Items"] if ID in item}

    def published(self) -> list[dict[str, Any]]:
        """Return the events that the topic has published."""
        sqs: Any = boto3.client("sqs")
        events: list[dict[str, Any]] = []
        while messages := sqs.receive_message(QueueUrl=self._events, MaxNumberOfMessages=10).get("Messages"):
            events += [json.loads(message["Body"]) for message in messages]
            for message in messages:
                sqs.delete_message(QueueUrl=self._events, ReceiptHandle=message["ReceiptHandle"])
        return events

    def command(self, function: str, identity: str) -> dict[str, Any]:
        """Send a command on an aggregate."""
        message = {"idempotency_key": f"{function} {identity}", "payload": {ID: identity}}
        return handler(function)(message, LambdaContext())


@pytest.fixture
def stack(function: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], topic: tuple[str, str]) -> Stack:
    """A stack with what rows refer to."""
    stack = Stack(tmp_path, capsys, topic)
    table = boto3.resource("dynamodb").Table(TABLE)
    for known in SAMPLES.projection():
        table.put_item(Item=known)
    return stack


@pytest.fixture
def list_id(stack: Stack) -> str:
    """The id of a list that ended halfway."""
    return erase.stored("list close", lambda: stack.halfway("january.csv", range(ROWS)))
