"""One trace from what came in to what subscribers get, over a table, a stream, a topic and their queues."""

import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from <<cookiecutter.__package>>.adapters import items
from <<cookiecutter.__package>>.adapters.items import <<cookiecutter.__constant>>, TRACEPARENT
from <<cookiecutter.__package>>.domain.events import LIST_IMPORTED
from <<cookiecutter.__package>>.domain.lists import ListStatus, PinnedFile, ReceivedList
from <<cookiecutter.__package>>.domain.model import ID

from ..commands import CHANGES, CREATE, DELETE
from .lists import Sample, import_list
from .test_commands import SECONDS, _details, _events_of, _send
from local.context import RunningContext
from local.subscribers import Subscriber, wait_for

pytestmark = pytest.mark.e2e
OWN = {TRACEPARENT: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
MADE = f"00-{'ab' * 16}-0000000000000001-00"
FORM = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01")


def _item(context: RunningContext, identity: str) -> dict[str, Any]:
    key = {"pk": {"S": <<cookiecutter.__constant>> + identity}}
    table = context.outputs["table_name"]
    return context.aws.call("dynamodb", "get_item", TableName=table, Key=key, ConsistentRead=True)["Item"]


@pytest.mark.parametrize(("ragged", "outcome"), [(0, "IMPORTED"), (30, "REJECTED")])
def test_a_list_and_all_that_it_causes_are_one_trace(
    ragged: int, outcome: str, context: RunningContext, sample: Callable[[int], Sample]
):
    """Its record, each of its items, each event in its body; the relay's messages say so in an attribute too."""
    done = import_list(context, sample(30).with_ragged(ragged), expected=31 - ragged)
    assert done.outcome == outcome
    carried = done.record[TRACEPARENT]
    assert FORM.fullmatch(carried)
    imported = context.imported_items(done.list_id)
    assert [item[TRACEPARENT] for item in imported] == [carried] * (30 - ragged)
    for subscriber in context.subscribers:
        events = done.events[subscriber.name]
        assert [event[TRACEPARENT] for event in events] == [carried] * (31 - ragged)
        relayed = [event["id"] for event in events if event["subject"] != done.list_id]
        # The emulator's Step Functions loses message attributes: the list's own event comes without.
        assert _carried(subscriber, relayed) == [carried] * (30 - ragged)


def test_each_command_is_a_trace_of_its_own(context: RunningContext, sample: Callable[[int], Sample]):
    """A removal's event has what the last write carried."""
    details = _details(sample)
    identity, carried = details[ID], []
    for command in [CREATE, *CHANGES]:
        assert _send(context, command, details if command is CREATE else {ID: identity})["ok"]
        carried.append(_item(context, identity)[TRACEPARENT]["S"])
    assert _send(context, DELETE, {ID: identity})["ok"]
    carried.append(carried[-1])
    assert all(FORM.fullmatch(one) for one in carried)
    assert len(set(carried)) == len(carried) - 1
    for subscriber, events in zip(context.subscribers, _events_of(context, identity, len(carried)), strict=True):
        assert [event[TRACEPARENT] for event in events] == carried
        assert _carried(subscriber, [event["id"] for event in events]) == carried


def test_a_list_recorded_before_traces_were_kept_is_imported(context: RunningContext):
    """The state machine gives it a place in a trace, for the event that tells of the import."""
    received = ReceivedList(PinnedFile("inbox", "incoming/demo/old.csv", "v1", 1), "run", ListStatus.IMPORTING)
    facts = {"rows": 1, "valid": 1, "rejected": 0, "parts": 1, "imported_parts": {0}}
    facts |= {"received_at": "2026-01-01T00:00:00+00:00"}
    item = {name: TypeSerializer().serialize(value) for name, value in (items.from_list(received) | facts).items()}
    context.aws.call("dynamodb", "put_item", TableName=context.outputs["table_name"], Item=item)
    definition = json.loads(_machine(context)["definition"]) | {"StartAt": "MarkImported"}
    ended = _run(context, definition, {"list_id": received.list_id})
    assert ended == {"list_id": received.list_id, "outcome": "IMPORTED"}
    made = f"00-{received.list_id}-0000000000000001-00"
    for events in wait_for(context.subscribers, received.list_id, 1).values():
        assert [(event["type"], event[TRACEPARENT]) for event in events] == [(LIST_IMPORTED, made)]
    assert context.list_item(received.list_id)[TRACEPARENT] == made


@pytest.mark.parametrize(("written", "published"), [({}, MADE), (OWN, OWN[TRACEPARENT])])
def test_a_rejection_that_an_older_function_words_gets_a_place_in_a_trace(
    written: dict[str, str], published: str, context: RunningContext
):
    """And one of today's keeps its own."""
    selector = json.loads(_machine(context)["definition"])["States"]["CompensateError"]["ResultSelector"]
    definition = {"StartAt": "Select", "States": {"Select": {"Type": "Pass", "Parameters": selector, "End": True}}}
    payload = {"list_id": "ab" * 16, "outcome": "REJECTED", "event": {"type": "x", "data": {"n": 1}, **written}}
    event = _run(context, definition, {"Payload": payload})["event"]
    assert event == {"type": "x", "data": {"n": 1}, TRACEPARENT: published}


def _carried(subscriber: Subscriber, ids: list[str]) -> list[str]:
    """The place in a trace that the messages with these events' ids carry in their attributes."""
    attributes = {one.event["id"]: one.attributes for one in subscriber.received}
    return [attributes[one][TRACEPARENT] for one in ids]


def _machine(context: RunningContext) -> dict[str, Any]:
    arn = context.outputs["state_machine"]
    return context.aws.call("stepfunctions", "describe_state_machine", stateMachineArn=arn)


def _run(context: RunningContext, definition: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return what a machine of this definition, with the role of the context's, makes of an input."""
    role = _machine(context)["roleArn"]
    named = {"name": f"trail-{uuid.uuid4()}", "definition": json.dumps(definition), "roleArn": role}
    machine = context.aws.call("stepfunctions", "create_state_machine", **named)["stateMachineArn"]
    run = context.aws.call("stepfunctions", "start_execution", stateMachineArn=machine, input=json.dumps(given))
    deadline = time.monotonic() + SECONDS
    while True:
        ended = context.aws.call("stepfunctions", "describe_execution", executionArn=run["executionArn"])
        if ended["status"] != "RUNNING" or time.monotonic() > deadline:
            assert ended["status"] == "SUCCEEDED", ended
            return json.loads(ended["output"])
        time.sleep(0.05)
