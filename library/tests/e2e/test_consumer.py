"""The consumer behind a subscriber's queue, and a subscriber that gets some events only, on the embedded AWS."""

import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bounded_context.tools.local.actors.subscriber import Subscriber
from bounded_context.tools.local.provider import deploy
from bounded_context.tools.local.running.context import RunningContext
from bounded_context.tools.local.running.start import running_context

from ..event_schemas import faults
from .facts import CHANGES, CONTEXT, CREATE, CREATED, DELETE, DELETED, ID, LIST_IMPORTED, PROJECT
from .lists import Sample
from .test_commands import _details, _send

pytestmark = pytest.mark.e2e
CONSUMER = Path(__file__).parents[2] / "examples" / "consumer"
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
    return next(one for one in deployed.subscribers if one.name == name)


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
    found = deployed.aws.client("dynamodb").get_paginator("scan").paginate(TableName=outputs["table_name"])
    items = [item for page in found for item in page["Items"] if item["pk"]["S"].endswith(f"#{identity}")]
    return items[0] if items else {}


def _until(done: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + SECONDS
    while not (found := done()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def _put(deployed: RunningContext, *bodies: str) -> None:
    url = deployed.outputs["queues"][CONSUMED]
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
    deployed.aws.call("sqs", "send_message_batch", QueueUrl=url, Entries=entries)


def _dead(deployed: RunningContext) -> list[str]:
    url = deployed.outputs["dead_letter_queues"][CONSUMED]
    found = deployed.aws.call("sqs", "receive_message", QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=1)
    return [message["Body"] for message in found.get("Messages", [])]


def test_the_consumer_keeps_what_becomes_of_an_aggregate(
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
    found = [event for event in _of(deployed, EVERY).events if event["subject"] == identity]
    return found if len(found) >= expected else []


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
    found = deployed.aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(map(int, found.values()))


def test_a_filtered_subscriber_gets_its_types_and_no_others(
    consuming: tuple[RunningContext, dict[str, Any]], sample: Callable[[int], Sample]
):
    """The one hears of the list alone; the other of all, and each event is what its schema says."""
    deployed, outputs = consuming
    rows = sample(20)
    deployed.partner.upload(rows.name, rows.content)
    own = _until(lambda: [one for one in _of(deployed, FILTERED).events if one["data"]["rows"] == 20])
    assert [event["type"] for event in own] == [LIST_IMPORTED]
    [event] = own
    received = _until(lambda: _all_of(deployed, event["subject"], 21))
    assert len(received) == 21
    assert [fault for one in received for fault in faults(_timed(one))] == []
    assert {one["type"] for one in _of(deployed, FILTERED).events} == {LIST_IMPORTED}
    for identity in rows.identities:
        assert _until(lambda identity=identity: _kept(deployed, outputs, identity))["applied"] == {"N": "1"}


def _timed(event: dict[str, Any]) -> dict[str, Any]:
    # The emulator's ResultSelector knows no context object, from which AWS takes this event's time.
    return event | {"time": "2026-01-31T12:00:00Z"} if event["type"] == LIST_IMPORTED else event


def _all_of(deployed: RunningContext, list_id: str, expected: int) -> list[dict[str, Any]]:
    found = _of(deployed, EVERY).of_list(list_id)
    return found if len(found) >= expected else []
