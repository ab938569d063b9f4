"""A stack on moto with one person's data in every store, and a search for this data that knows no store's rules."""

import json
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from payment.context import PAYMENT

from bounded_context.testing.functions import BUCKET, TABLE, LambdaContext
from bounded_context_cli.command.operation import Access, Clients
from bounded_context_local.testing import plugin
from bounded_context_local.testing.plugin import REGION
from tests.console import context
from tests.handlers.conftest import function, settings
from tests.handlers.functions import ID, SAMPLES, handler
from tests.redrive.clients import Queues
from tests.rollout.clients import FakeClock

__all__ = ["function", "settings"]

NAME = "Ada Lovelace"
PERSON = SAMPLES.aggregate(3).id
OTHER = SAMPLES.aggregate(4).id
GIVEN_UP = "given-up"
BATCH = "aws/lambda/mapping/shard/2031-01-01"
FUNCTION = f"arn:aws:lambda:{REGION}:123456789012:function:payment-test"


class Clock(FakeClock):
    """The time of moto, which passes only when somebody sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self._now = datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class Mappings:
    """Lambda with the mapping of each reader, which gives up batches to the bucket."""

    def list_event_source_mappings(self, FunctionName: str) -> Any:  # noqa: N803
        assert FunctionName.endswith("relay-events:live")
        destination = {"OnFailure": {"Destination": f"arn:aws:s3:::{GIVEN_UP}"}}
        return {"EventSourceMappings": [{"DestinationConfig": destination}]}


@dataclass
class Ran:
    """The result of a run: its exit status and its JSON."""

    status: int
    report: dict[str, Any]

    def remaining(self, store: str) -> list[dict[str, str]]:
        """Return the places that are left in a store."""
        return self.store(store)["left"]

    def store(self, name: str) -> dict[str, Any]:
        """Return the result of a store."""
        return next(entry for entry in self.report["stores"] if entry["store"] == name)


class Stack:
    """The stack named `test`."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.clock = Clock()
        self.lambda_: Any = Mappings()
        self.s3: Any = boto3.client("s3")
        self.sqs: Any = Queues(self.clock)
        self.dynamodb: Any = boto3.client("dynamodb")
        self.queues = {name: f"https://sqs/1/payment-test-{name}" for name in ("bi", "dead", "changes")}
        self.file = folder / "outputs.json"
        self.file.write_text(json.dumps(self._outputs()))
        self._capsys = capsys

    def _outputs(self) -> dict[str, Any]:
        return {
            "table_name": TABLE,
            "inbox_bucket": BUCKET,
            "queues": {"bi": self.queues["bi"]},
            "inbound_queue": self.queues["bi"],
            "archives": {"analysts": {}},
            "dead_letter_queues": {"bi": self.queues["dead"], "relay_events": self.queues["changes"]},
            "functions": {"relay_events": f"{FUNCTION}-relay-events:live"},
            "state_machine_arn": f"arn:aws:states:{REGION}:123456789012:stateMachine:import:live",
            "release": {"application": "payment-test"},
        }

    def services(self) -> dict[str, Any]:
        """Return the clients by their services."""
        return {"s3": self.s3, "sqs": self.sqs, "dynamodb": self.dynamodb, "lambda": self.lambda_}

    def clients(self, _region: str) -> Clients:
        return lambda service, **_: self.services()[service]

    def erase(self, *arguments: str, identity: str = PERSON) -> Ran:
        """Run the command with `--json`."""
        status, out, _ = self.say(identity, *arguments, "--json")
        return Ran(status, json.loads(out))

    def say(self, *arguments: str) -> tuple[int, str, str]:
        """Run the command, and return its exit status and its output."""
        self._capsys.readouterr()
        access = Access(self.clients, self.clock)
        status = context("erase", "test", *arguments, "--outputs", str(self.file), access=access)
        out, err = self._capsys.readouterr()
        return status, out, err

    def known(self, words: str = NAME) -> list[str]:
        """Return every place in every store whose text contains these words."""
        return [place for place, text in self._texts() if words in text]

    def _texts(self) -> Iterator[tuple[str, str]]:
        for item in boto3.resource("dynamodb").Table(TABLE).scan()["Items"]:
            yield f"table {item['pk']}", json.dumps(item, default=str)
        for bucket in (BUCKET, GIVEN_UP):
            for version in self.s3.list_object_versions(Bucket=bucket).get("Versions", []):
                response = self.s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
                yield f"{bucket} {version['Key']}", response["Body"].read().decode()
        for body in self.bodies("dead"):
            yield "dead letters", body

    def bodies(self, queue: str) -> list[str]:
        """Return the messages of a queue."""
        return self.sqs.bodies(self.queues[queue])

    def item(self, identity: str = PERSON) -> dict[str, Any] | None:
        """Return the aggregate's item."""
        return boto3.resource("dynamodb").Table(TABLE).get_item(Key={"pk": PAYMENT.key_prefix + identity}).get("Item")

    def upload(self, name: str, data: bytes) -> str:
        """Store a partner's file, and return its version."""
        return self.s3.put_object(Bucket=BUCKET, Key=f"incoming/acme/{name}", Body=data)["VersionId"]

    def register(self, name: str) -> dict[str, Any]:
        """Record the list of a file."""
        upload = {"upload": {"path": f"/{BUCKET}/incoming/acme/{name}"}, "execution": f"run-{name}"}
        return handler("register_list")(upload, LambdaContext())

    def take(self, name: str, data: bytes) -> str:
        """Import a file as the workflow does, and close its list; return the list's id."""
        self.upload(name, data)
        event = self.register(name)
        step: Callable[[str], Any] = lambda function: handler(function)(event, LambdaContext())  # noqa: E731
        if step("validate_list")["outcome"] == "VALIDATED" and step("verify_subscription")["outcome"] == "VERIFIED":
            manifest = self.s3.get_object(Bucket=BUCKET, Key=f"staging/{event['list_id']}/import.json")["Body"].read()
            for part in json.loads(manifest):
                handler("import_list")({**event, "part": part}, LambdaContext())
            self.close(event["list_id"], "IMPORTED")
        else:
            step("compensate_error")
        return event["list_id"]

    def close(self, list_id: str, status: str) -> None:
        """Set the status of a list."""
        names, values = {"#status": "status"}, {":status": status}
        boto3.resource("dynamodb").Table(TABLE).update_item(
            Key={"pk": f"LIST#{list_id}"},
            UpdateExpression="SET #status = :status",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )


def row(number: int, **changes: str) -> dict[str, str]:
    """Return a row; the third is the person's."""
    return SAMPLES.values(number, **({"payer": NAME} if SAMPLES.aggregate(number).id == PERSON else {}), **changes)


def event(number: int) -> dict[str, Any]:
    """Return the event of a row."""
    data = row(number)
    return {"id": f"event-{number}", "source": "payment", "subject": data[ID], "data": data}


def record(number: int) -> dict[str, Any]:
    """Return the stream's record of a row."""
    image = {name: TypeSerializer().serialize(value) for name, value in row(number).items()}
    return {"eventID": f"event-{number}", "dynamodb": {"SequenceNumber": str(number), "NewImage": image}}


@pytest.fixture
def empty(function: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Stack:
    """A stack without data, whose model marks the payer."""
    stack = Stack(tmp_path, capsys)
    place: Any = {"LocationConstraint": REGION}
    stack.s3.create_bucket(Bucket=GIVEN_UP, CreateBucketConfiguration=place)
    stack.s3.put_bucket_versioning(Bucket=GIVEN_UP, VersioningConfiguration={"Status": "Enabled"})
    table = boto3.resource("dynamodb").Table(TABLE)
    for known in SAMPLES.projection():
        table.put_item(Item=known)
    return stack


_STORED: dict[str, tuple[float, bytes, Any]] = {}


def stored(name: str, build: Callable[[], Any]) -> Any:
    """Return the result of `build`, which fills the table and the buckets: it runs once a minute, and is copied."""
    tables, buckets = plugin._model("dynamodb").tables, plugin._model("s3", "aws").buckets
    if name in _STORED and time.monotonic() - _STORED[name][0] < 60:
        copies = pickle.loads(_STORED[name][1])  # noqa: S301 (written by this process)
        tables.update(copies[0])
        buckets.update(copies[1])
    else:
        result = build()
        # A reset of moto closes the files of objects, also of copies: pickle has their content.
        _STORED[name] = (time.monotonic(), pickle.dumps((dict(tables), dict(buckets))), result)
    return _STORED[name][2]


@pytest.fixture
def stack(empty: Stack) -> Stack:
    """A stack with the person's data in every store: from a good list, a rejected list, and a command."""
    stored("erase", lambda: _import(empty))
    payload = json.dumps({"Records": [record(3), record(4)]})
    empty.s3.put_object(Bucket=GIVEN_UP, Key=BATCH, Body=json.dumps({"payload": payload}).encode())
    for number in (3, 4):
        empty.sqs.put(empty.queues["dead"], event(number))
    return empty


def _import(empty: Stack) -> None:
    empty.take("january.csv", SAMPLES.file([row(n) for n in range(12)]))
    bad = {**row(3), "payer": f"={NAME}"}
    empty.take("february.csv", SAMPLES.file([row(40), bad, *(row(n) for n in range(50, 80))]))
    message = {"idempotency_key": "key-1", "payload": {ID: PERSON}}
    assert handler("verify_payment")(message, LambdaContext())["ok"]
