"""Traces as calls: the failed step of the list, or the publication of the changes."""

import json
from typing import Any

import boto3
import pytest

from bounded_context.testing.functions import TABLE
from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_local.reproduction import call as lists
from bounded_context_local.reproduction.call import call_of_trace
from tests.erase.conftest import NAME, Stack

from .conftest import production
from .test_list import failed


def traceparent(list_id: str) -> str:
    """Return the trace of a list."""
    table: Any = boto3.resource("dynamodb").Table(TABLE)
    return table.get_item(Key={"pk": f"LIST#{list_id}"})["Item"]["traceparent"]


def test_a_trace_whose_list_failed_calls_the_step(stack: Stack):
    """In each form of the id."""
    list_id = failed(stack, "validate_list")
    whole = traceparent(list_id)
    digits = whole.split("-")[1]
    for form in (whole, digits, f"1-{digits[:8]}-{digits[8:]}"):
        assert call_of_trace(production(stack), form) == lists.call_of_list(production(stack), list_id)


def test_a_trace_without_a_failure_calls_the_relay_with_the_aggregates(stack: Stack):
    """Each of them as it is now, without personal data."""
    items: Any = boto3.resource("dynamodb").Table(TABLE).scan()["Items"]
    [january] = [item for item in items if str(item.get("key")).endswith("january.csv")]
    own = {item["pk"] for item in items if item.get("list_id") == january["list_id"] and "payer" in item}
    call = call_of_trace(production(stack), january["traceparent"])
    images = [record["dynamodb"]["NewImage"] for record in call.event["Records"]]
    trace = january["traceparent"].split("-")[1]
    assert call.function == "relay_events"
    assert images
    assert {image["pk"]["S"] for image in images} <= own
    assert all(trace in image["traceparent"]["S"] for image in images)
    assert NAME not in json.dumps(call.event)


def test_an_unknown_trace_and_another_text_are_refused(stack: Stack):
    """The first has no item."""
    for wanted in ("0" * 32, "p-4711"):
        with pytest.raises(Refusal):
            call_of_trace(production(stack), wanted)
