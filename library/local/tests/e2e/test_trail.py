"""One trace from what came in to what subscribers get, over a table, a stream, a topic and their queues."""

import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from bounded_context_local.actors.subscriber import Subscriber, wait_for
from bounded_context_local.running.context import RunningContext

from .facts import CHANGES, CONTEXT, CREATE, DELETE, ID, LIST_IMPORTED
from .lists import Sample, import_list
from .test_commands import SECONDS, _details, _events_of, _send

pytestmark = pytest.mark.e2e
TRACEPARENT = "traceparent"
OWN = {TRACEPARENT: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
MADE = f"00-{'ab' * 16}-0000000000000001-00"
OLD = {
    "pk": "LIST#c456eecf9ed8e9992d9ecc3d402c5e53",
    "list_id": "c456eecf9ed8e9992d9ecc3d402c5e53",
    "status": "IMPORTING",
    "execution": "run",
    "partner": "demo",
    "bucket": "inbox",
    "key": "incoming/demo/old.csv",
    "version_id": "v1",
    "size": 1,
    "rows": 1,
    "valid": 1,
    "rejected": 0,
    "parts": 1,
    "imported_parts": {0},
    "received_at": "2026-01-01T00:00:00+00:00",
}
"""A list's record, as a version wrote it that knew of no traces."""

FORM = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01")


def _item(deployed: RunningContext, identity: str) -> dict[str, Any]:
    key = {"pk": {"S": CONTEXT.key_prefix + identity}}
    table = deployed.outputs["table_name"]
    return deployed.aws.call("dynamodb", "get_item", TableName=table, Key=key, ConsistentRead=True)["Item"]


@pytest.mark.parametrize(("ragged", "outcome"), [(0, "IMPORTED"), (30, "REJECTED")])
def test_a_list_and_all_that_it_causes_are_one_trace(
    ragged: int, outcome: str, deployed: RunningContext, sample: Callable[[int], Sample]
):
    """Its record, each of its items, each event in its body; the relay's messages say so in an attribute too."""
    result = import_list(deployed, sample(30).with_ragged(ragged), expected=31 - ragged)
    assert result.outcome == outcome
    carried = result.record[TRACEPARENT]
    assert FORM.fullmatch(carried)
    imported = deployed.table.imported_items(result.list_id)
    assert [item[TRACEPARENT] for item in imported] == [carried] * (30 - ragged)
    for subscriber in deployed.subscribers:
        events = result.events[subscriber.name]
        assert [event[TRACEPARENT] for event in events] == [carried] * (31 - ragged)
        relayed = [event["id"] for event in events if event["subject"] != result.list_id]
        # The emulator's Step Functions loses message attributes: the list's own event comes without.
        assert _carried(subscriber, relayed) == [carried] * (30 - ragged)


def test_each_command_is_a_trace_of_its_own(deployed: RunningContext, sample: Callable[[int], Sample]):
    """A removal's event has what the last write carried."""
    details = _details(sample)
    identity, carried = details[ID], []
    for command in [CREATE, *CHANGES]:
        assert _send(deployed, command, details if command is CREATE else {ID: identity})["ok"]
        carried.append(_item(deployed, identity)[TRACEPARENT]["S"])
    assert _send(deployed, DELETE, {ID: identity})["ok"]
    carried.append(carried[-1])
    assert all(FORM.fullmatch(traceparent) for traceparent in carried)
    assert len(set(carried)) == len(carried) - 1
    for subscriber, events in zip(deployed.subscribers, _events_of(deployed, identity, len(carried)), strict=True):
        assert [event[TRACEPARENT] for event in events] == carried
        assert _carried(subscriber, [event["id"] for event in events]) == carried


def test_a_list_recorded_before_traces_were_kept_is_imported(deployed: RunningContext):
    """The state machine gives it a place in a trace, for the event that tells of the import."""
    list_id = OLD["list_id"]
    item = {name: TypeSerializer().serialize(value) for name, value in OLD.items()}
    deployed.aws.call("dynamodb", "put_item", TableName=deployed.outputs["table_name"], Item=item)
    definition = json.loads(_machine(deployed)["definition"]) | {"StartAt": "MarkImported"}
    ended = _run(deployed, definition, {"list_id": list_id})
    assert ended == {"list_id": list_id, "outcome": "IMPORTED"}
    traceparent = f"00-{list_id}-0000000000000001-00"
    for events in wait_for(deployed.subscribers, list_id, 1).values():
        assert [(event["type"], event[TRACEPARENT]) for event in events] == [(LIST_IMPORTED, traceparent)]
    assert deployed.table.list_item(list_id)[TRACEPARENT] == traceparent


@pytest.mark.parametrize(("written", "published"), [({}, MADE), (OWN, OWN[TRACEPARENT])])
def test_a_rejection_that_an_older_function_words_gets_a_place_in_a_trace(
    written: dict[str, str], published: str, deployed: RunningContext
):
    """And one of today's keeps its own."""
    selector = json.loads(_machine(deployed)["definition"])["States"]["CompensateError"]["ResultSelector"]
    definition = {"StartAt": "Select", "States": {"Select": {"Type": "Pass", "Parameters": selector, "End": True}}}
    payload = {"list_id": "ab" * 16, "outcome": "REJECTED", "event": {"type": "x", "data": {"n": 1}, **written}}
    event = _run(deployed, definition, {"Payload": payload})["event"]
    assert event == {"type": "x", "data": {"n": 1}, TRACEPARENT: published}


def _carried(subscriber: Subscriber, ids: list[str]) -> list[str]:
    """The place in a trace that the messages with these events' ids carry in their attributes."""
    attributes = {message.event["id"]: message.attributes for message in subscriber.received}
    return [attributes[event_id][TRACEPARENT] for event_id in ids]


def _machine(deployed: RunningContext) -> dict[str, Any]:
    arn = deployed.outputs["state_machine"]
    return deployed.aws.call("stepfunctions", "describe_state_machine", stateMachineArn=arn)


def _run(deployed: RunningContext, definition: dict[str, Any], payload: dict[str, Any]) -> dict[str, Any]:
    """Return what a machine of this definition, with the role of the context's, makes of an input."""
    role = _machine(deployed)["roleArn"]
    named = {"name": f"trail-{uuid.uuid4()}", "definition": json.dumps(definition), "roleArn": role}
    machine = deployed.aws.call("stepfunctions", "create_state_machine", **named)["stateMachineArn"]
    run = deployed.aws.call("stepfunctions", "start_execution", stateMachineArn=machine, input=json.dumps(payload))
    deadline = time.monotonic() + SECONDS
    while True:
        ended = deployed.aws.call("stepfunctions", "describe_execution", executionArn=run["executionArn"])
        if ended["status"] != "RUNNING" or time.monotonic() > deadline:
            assert ended["status"] == "SUCCEEDED", ended
            return json.loads(ended["output"])
        time.sleep(0.05)
