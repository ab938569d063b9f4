"""The consumer behind a subscriber's queue, and a subscriber that gets some events only, on the embedded AWS."""

import json
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.command.operation import Access
from bounded_context_local.actors.subscriber import Subscriber
from bounded_context_local.provider import deploy
from bounded_context_local.provider.program import STACK
from bounded_context_local.running.context import RunningContext
from bounded_context_local.running.start import running_context
from bounded_context_operations.repair.reseed.state import LastChanges
from tests.console import PROGRAM, context
from tests.event_schemas import faults

from .facts import CHANGES, CONTEXT, CREATE, CREATED, DELETE, DELETED, ENVIRONMENT, ID, LIST_IMPORTED, PROJECT
from .lists import Sample
from .test_commands import _details, _send

pytestmark = pytest.mark.e2e
CONSUMER = Path(__file__).parents[3] / "examples" / "consumer"
CONSUMED, FILTERED, EVERY = "consumed", "filtered", "every"
SECONDS = 40.0
HIDDEN_SECONDS = "2"
"""Of a message that was received: the 180 of a deployed queue, 5 times, would be a quarter of an hour."""


@pytest.fixture(scope="module")
def consuming() -> Iterator[tuple[RunningContext, dict[str, Any]]]:
    """A context with a consumer behind one of its queues; the consumer's outputs beside it."""
    settings = {"subscribers": [CONSUMED, FILTERED, EVERY], "filters": {FILTERED: [LIST_IMPORTED]}}
    with running_context(PROJECT, settings=settings) as running:
        _of(running, CONSUMED).stop()
        yield running, _deployed(running)


def _of(deployed: RunningContext, name: str) -> Subscriber:
    return next(subscriber for subscriber in deployed.subscribers if subscriber.name == name)


def _deployed(deployed: RunningContext) -> dict[str, Any]:
    """Deploy the consumer's own program."""
    url = deployed.outputs["queues"][CONSUMED]
    deployed.aws.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"VisibilityTimeout": HIDDEN_SECONDS})
    code = deployed.emulator.folder / "consumer.zip"
    with zipfile.ZipFile(code, "w") as archive:
        for path in sorted(CONSUMER.glob("*.py")):
            archive.write(path, f"consumer/{path.name}")
    layer = deployed.aws.call(
        "lambda",
        "publish_layer_version",
        LayerName="consumer",
        Content={"ZipFile": (PROJECT.build / "local" / "layer.zip").read_bytes()},
    )["LayerVersionArn"]
    settings = {
        "queue_arn": deployed.outputs["queue_arns"][CONSUMED],
        "key_arn": deployed.outputs["key_arn"],
        "layer_arn": layer,
        "code": str(code),
    }
    return deploy(deployed.aws, CONSUMER / "infra", "dev", settings).outputs


def _kept(deployed: RunningContext, outputs: dict[str, Any], identity: str) -> dict[str, Any]:
    pages = deployed.aws.client("dynamodb").get_paginator("scan").paginate(TableName=outputs["table_name"])
    items = [item for page in pages for item in page["Items"] if item["pk"]["S"].endswith(f"#{identity}")]
    return items[0] if items else {}


def _until(condition: Callable[[], Any], seconds: float = 0) -> Any:
    deadline = time.monotonic() + max(SECONDS, seconds)
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return value


def _put(deployed: RunningContext, *bodies: str) -> None:
    url = deployed.outputs["queues"][CONSUMED]
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
    deployed.aws.call("sqs", "send_message_batch", QueueUrl=url, Entries=entries)


def _dead(deployed: RunningContext) -> list[str]:
    url = deployed.outputs["dead_letter_queues"][CONSUMED]
    response = deployed.aws.call("sqs", "receive_message", QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=1)
    return [message["Body"] for message in response.get("Messages", [])]


@pytest.mark.nightly
def test_the_consumer_follows_the_life_of_an_aggregate(
    consuming: tuple[RunningContext, dict[str, Any]], sample: Callable[[int], Sample]
):
    """Its life in the context is its life at the consumer, each event once; the last is its removal."""
    deployed, outputs = consuming
    details = _details(sample)
    assert _send(deployed, CREATE, details)["ok"]
    for command in (*CHANGES, DELETE):
        assert _send(deployed, command, {ID: details[ID]})["ok"]
    assert _until(lambda: _kept(deployed, outputs, details[ID]).get("type") == {"S": DELETED})
    events = _until(lambda: _about(deployed, details[ID], len(CHANGES) + 2))
    assert {event["type"] for event in events} <= {*CONTEXT.event_by_status.values(), DELETED}
    assert [fault for event in events for fault in faults(event)] == []
    sequences = [event["sequence"] for event in events]
    assert sequences == sorted(sequences)
    assert _kept(deployed, outputs, details[ID])["sequence"] == {"S": sequences[-1]}


def _about(deployed: RunningContext, identity: str, expected: int) -> list[dict[str, Any]]:
    events = [event for event in _of(deployed, EVERY).events if event["subject"] == identity]
    return events if len(events) >= expected else []


def test_a_poison_message_ends_among_the_dead_letters_and_the_others_are_done_once(
    consuming: tuple[RunningContext, dict[str, Any]], sample: Callable[[int], Sample]
):
    """Sent in one batch: two good events, each twice, and one that nobody can read."""
    deployed, outputs = consuming
    name = sample(1).rows[0][0]
    good = [
        json.dumps(
            {"id": f"{n}", "source": "s", "type": CREATED, "subject": f"{name}-{n}", "sequence": "1", "data": {}}
        )
        for n in range(2)
    ]
    poison = json.dumps({"id": f"poison of {name}"})
    _put(deployed, *good, poison, *good)
    assert _until(lambda: poison in _dead(deployed))
    for n in range(2):
        assert _kept(deployed, outputs, f"{name}-{n}")["applied"] == {"N": "1"}
    assert _dead(deployed) in ([poison], [])
    assert _waiting(deployed) == 0


def _good(subject: str) -> str:
    return json.dumps({"id": subject, "source": "s", "type": CREATED, "subject": subject, "sequence": "1", "data": {}})


def _waiting(deployed: RunningContext) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = deployed.outputs["queues"][CONSUMED]
    attributes = deployed.aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(map(int, attributes.values()))


def test_a_filtered_subscriber_gets_its_types_and_no_others(
    consuming: tuple[RunningContext, dict[str, Any]], sample: Callable[[int], Sample]
):
    """The one hears of the list alone; the other of all, and each event is what its schema says."""
    deployed, outputs = consuming
    rows = sample(20)
    deployed.partner.upload(rows.name, rows.content)
    own = _until(lambda: [event for event in _of(deployed, FILTERED).events if event["data"]["rows"] == 20])
    assert [event["type"] for event in own] == [LIST_IMPORTED]
    [event] = own
    received = _until(lambda: _all_of(deployed, event["subject"], 21))
    assert len(received) == 21
    assert [fault for event in received for fault in faults(_timed(event))] == []
    assert {event["type"] for event in _of(deployed, FILTERED).events} == {LIST_IMPORTED}
    for identity in rows.identities:
        assert _until(lambda identity=identity: _kept(deployed, outputs, identity))["applied"] == {"N": "1"}


def _timed(event: dict[str, Any]) -> dict[str, Any]:
    # The emulator's ResultSelector knows no context object, from which AWS takes this event's time.
    return event | {"time": "2026-01-31T12:00:00Z"} if event["type"] == LIST_IMPORTED else event


def _all_of(deployed: RunningContext, list_id: str, expected: int) -> list[dict[str, Any]]:
    events = _of(deployed, EVERY).of_list(list_id)
    return events if len(events) >= expected else []


ROWS = (200, 2_000)
RATE = 500
Kept = dict[str, dict[str, Any]]


@pytest.mark.nightly
@pytest.mark.parametrize("rows", ROWS)
def test_a_reseed_completes_an_empty_projection_and_changes_no_complete_projection(
    rows: int, consuming: tuple[RunningContext, dict[str, Any]], sample: Callable[[int], Sample], tmp_path: Path
):
    """The command runs in its own process during commands, and is killed once with kill -9."""
    deployed, outputs = consuming
    sent = sample(rows)
    deployed.partner.upload(sent.name, sent.content)
    _until(lambda: len(_all(deployed, outputs)) >= rows, rows / 20)
    # Other tests of this module send events of their own.
    own = f"{CONTEXT.name}#"
    before = {name: item for name, item in _all(deployed, outputs).items() if name.startswith(own)}
    report, seconds = _reseeded(deployed, tmp_path, lambda: _live(deployed, sample))
    # An aggregate that the commands change between the two reads is sent by its item.
    assert (report["result"], report["original"] >= rows) == ("done", True)
    assert seconds >= (report["sent"] - 10) / RATE
    _until(lambda: not _waiting(deployed), rows / 20)
    assert {name: item for name, item in _all(deployed, outputs).items() if name in before} == before
    _empty(deployed, outputs)
    _killed(deployed, tmp_path)
    report, _ = _reseeded(deployed, tmp_path, lambda: _live(deployed, sample))
    assert (report["result"], report["before"] > 0) == ("done", True)
    _until(lambda: not _waiting(deployed), rows / 20)
    after = _all(deployed, outputs)
    assert {name: item["sequence"] for name, item in after.items() if name in before} == {
        name: item["sequence"] for name, item in before.items()
    }
    assert {name: item["data"] for name, item in after.items() if name in before} == {
        name: item["data"] for name, item in before.items()
    }


@pytest.mark.nightly
def test_a_reseed_without_the_stream_completes_an_empty_projection_and_later_changes_apply(
    consuming: tuple[RunningContext, dict[str, Any]],
    sample: Callable[[int], Sample],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """As for aggregates that changed more than a day ago: the emulator's stream is as old as the run."""
    deployed, outputs = consuming
    details = _details(sample)
    assert _send(deployed, CREATE, details)["ok"]
    before = _until(lambda: _kept(deployed, outputs, details[ID]))
    monkeypatch.setattr("bounded_context_operations.repair.reseed.state.last_changes", lambda *_: LastChanges())
    access = Access(lambda _: lambda service, **_: deployed.aws.client(service))
    for _ in range(2):
        assert context(*_command(deployed, tmp_path), access=access) == 0
    _until(lambda: not _waiting(deployed))
    assert _kept(deployed, outputs, details[ID]) == before
    _empty(deployed, outputs)
    assert context(*_command(deployed, tmp_path), access=access) == 0
    after = _until(lambda: _kept(deployed, outputs, details[ID]))
    assert (after["data"], after["sequence"]["S"] < before["sequence"]["S"]) == (before["data"], True)
    assert _send(deployed, DELETE, {ID: details[ID]})["ok"]
    assert _until(lambda: _kept(deployed, outputs, details[ID]).get("type") == {"S": DELETED})


def _live(deployed: RunningContext, sample: Callable[[int], Sample]) -> None:
    details = _details(sample)
    for command, payload in ((CREATE, details), (DELETE, {ID: details[ID]})):
        assert _send(deployed, command, payload)["ok"]


def _command(deployed: RunningContext, folder: Path) -> list[str]:
    outputs = folder / "outputs.json"
    outputs.write_text(json.dumps(dict(deployed.outputs)))
    options = ["--rate", str(RATE), "--go", "--json"]
    return ["reseed", STACK, "--to", CONSUMED, "--outputs", str(outputs), *options]


def _started(deployed: RunningContext, folder: Path) -> "subprocess.Popen[str]":
    environment = ENVIRONMENT | deployed.emulator.client_environment()
    command = [PROGRAM, *_command(deployed, folder)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603


def _reseeded(deployed: RunningContext, folder: Path, meanwhile: Callable[[], None]) -> tuple[dict[str, Any], float]:
    """Run the command, and others' commands during it; return its report and its duration."""
    began, process = time.monotonic(), _started(deployed, folder)
    while process.poll() is None:
        meanwhile()
    assert process.stdout
    return json.loads(process.stdout.read()), time.monotonic() - began


def _killed(deployed: RunningContext, folder: Path) -> None:
    """Run the command, and kill it when it has sent the first events."""
    process, file = _started(deployed, folder), PROJECT.build / "reseed" / f"{STACK}-{CONSUMED}.json"
    while process.poll() is None and not file.exists():
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert file.exists()


def _all(deployed: RunningContext, outputs: dict[str, Any]) -> Kept:
    pages = deployed.aws.client("dynamodb").get_paginator("scan").paginate(TableName=outputs["table_name"])
    return {item["pk"]["S"]: item for page in pages for item in page["Items"]}


def _empty(deployed: RunningContext, outputs: dict[str, Any]) -> None:
    for key in _all(deployed, outputs):
        deployed.aws.call("dynamodb", "delete_item", TableName=outputs["table_name"], Key={"pk": {"S": key}})
