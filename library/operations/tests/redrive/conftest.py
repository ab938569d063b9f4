"""A stack with two subscribers, uploads, and a function that reads the table's stream."""

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from bounded_context_cli.command.operation import Access, Clients
from tests.console import context
from tests.redrive.clients import Archives, Functions, Machines, Metrics, Queues
from tests.repairs import Records
from tests.rollout.clients import FakeClock

REGION = "eu-central-1"
MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:test-machine:live"
READER = f"arn:aws:lambda:{REGION}:123456789012:function:test-reader:live"
ONE, TWO, UPLOADS, CHANGES = (f"https://sqs/1/test-{name}-dead" for name in ("one", "two", "uploads", "reader"))
ARCHIVED = "https://sqs/1/test-archive-dead"
INBOX = "https://sqs/1/test-one"
OUTPUTS = {
    "queues": {"one": INBOX, "two": "https://sqs/1/test-two"},
    "dead_letter_queues": {"one": ONE, "two": TWO, "reader": CHANGES, "uploads": UPLOADS},
    "functions": {"reader": READER, "other": "arn:aws:lambda:eu-central-1:123456789012:function:test-other:live"},
    "state_machine_arn": MACHINE,
    "table_name": "test-table",
    "release": {"application": "context-test"},
}


@dataclass
class Ran:
    """What a run left: its exit status, its JSON, and what it told on standard error."""

    status: int
    report: dict[str, Any]
    err: str


class Stack:
    """The stack named `test`, in memory."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.clock = FakeClock()
        self.queues = Queues(self.clock)
        self.machines: Any = Machines()
        self.streams: Any = None
        self.objects: Any = None
        self.functions = Functions(READER)
        self.metrics = Metrics()
        self.archives = Archives()
        self.records = Records()
        self.outputs: Any = json.loads(json.dumps(OUTPUTS))
        self._file = folder / "outputs.json"
        self._capsys = capsys

    def clients(self, region: str) -> Clients:
        assert region == REGION
        return lambda service, **_: self.services()[service]

    def services(self) -> dict[str, Any]:
        """Return the clients by their services."""
        return {
            "sqs": self.queues,
            "firehose": self.archives,
            "stepfunctions": self.machines,
            "dynamodbstreams": self.streams,
            "lambda": self.functions,
            "cloudwatch": self.metrics,
            "s3": self.objects,
            "dynamodb": self.records,
        }

    def redrive(self, *arguments: str) -> Ran:
        """Run the command with `--json`."""
        status, out, err = self.say(*arguments, "--json")
        return Ran(status, json.loads(out), err)

    def say(self, *arguments: str) -> tuple[int, str, str]:
        """Run the command, and return its exit status and what it wrote."""
        self._file.write_text(json.dumps(self.outputs))
        self._capsys.readouterr()
        access = Access(self.clients, self.clock)
        status = context("redrive", "test", *arguments, "--outputs", str(self._file), access=access)
        out, err = self._capsys.readouterr()
        return status, out, err


def event(number: int, kind: str = "ThingDone") -> dict[str, Any]:
    """A CloudEvent of this context."""
    return {
        "specversion": "1.0",
        "id": f"event-{number}",
        "source": "context",
        "type": kind,
        "subject": f"thing-{number}",
        "data": {"secret": "nobody's business"},
    }


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Stack]:
    """The stack; handlers of signals are put back after the test."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setenv("COLUMNS", "200")
    yield Stack(tmp_path, capsys)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> "Iterator[Callable[[str], Any]]":
    """Gives clients of an empty account in moto, by their service."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    # moto lets the whole process wait for messages that nobody sends.
    monkeypatch.setattr("bounded_context_operations.repair.redrive.messages.WAIT_SECONDS", 0)
    with mock_aws():
        yield _client


@cache
def _client(service: str) -> Any:
    """Clients are slow to make, and moto's accounts are empty for each test whoever asks."""
    session: Any = boto3.Session("testing", "testing", region_name=REGION)
    return session.client(service)
