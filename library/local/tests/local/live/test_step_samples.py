"""Samples of the workflow's steps are about lists that a run has."""

import io
import json
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from bounded_context.declaration.context import Context
from bounded_context_cli.command.aws_errors import Calls
from bounded_context_local.live.events import step_samples

Item = dict[str, Any]

PART = {"part": 0, "key": "staging/new/part-00000", "rows": 3}


class Keeping(Calls):
    """An AWS whose table has these lists, and whose bucket has their manifests."""

    region = "eu-west-1"
    account = "123456789012"

    def __init__(self, *lists: Item) -> None:
        put = TypeSerializer().serialize
        self._items = [{name: put(value) for name, value in item.items()} for item in lists]

    def client(self, service: str) -> Any:
        assert service == "dynamodb"
        return self

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **_: object) -> list[Item]:
        return [{"Items": self._items}]

    def call(self, service: str, operation: str, **parameters: object) -> Any:
        assert (service, operation) == ("s3", "get_object")
        assert parameters == {"Bucket": "inbox", "Key": "staging/new/import.json"}
        return {"Body": io.BytesIO(json.dumps([PART]).encode())}


def _list(name: str, at: int, status: str, parts: int) -> Item:
    where = {"bucket": "inbox", "key": f"incoming/demo/{name}.csv", "version_id": "v", "execution": f"execution-{name}"}
    return {"list_id": name, "received_at": f"2026-01-0{at}", "status": status, "parts": parts, **where}


LISTS = (_list("old", 1, "IMPORTED", 1), _list("new", 2, "IMPORTED", 1), _list("bad", 3, "REJECTED", 0))


@pytest.fixture
def events(context: Context[Any]) -> dict[str, Item]:
    """What each step is asked, of these lists."""
    outputs = {"table_name": "table"}
    return {
        function: dict(step_samples(Keeping(*LISTS), outputs, context, function)).get("list", {})
        for function in context.functions
    }


def test_the_sample_of_a_step_is_the_newest_list_of_its_status(context: Context[Any], events: dict[str, Item]):
    """The first about any; it is the execution that has it already, so nothing is recorded anew."""
    register, validate, verify, load, _ = context.steps
    upload = {"bucket": "inbox", "key": "incoming/demo/bad.csv", "version": "v"}
    assert events[register] == {"upload": upload, "execution": "execution-bad"}
    assert events[validate] == events[verify] == {"list_id": "new"}
    assert events[load] == {"list_id": "new", "part": PART}


def test_the_sample_of_the_compensation_is_a_refused_list(context: Context[Any], events: dict[str, Item]):
    """Of a list that was imported, its rows would go."""
    assert events[context.steps[-1]] == {"list_id": "bad"}
    assert list(step_samples(Keeping(LISTS[0]), {"table_name": "table"}, context, context.steps[-1])) == []


def test_functions_that_are_not_steps_have_no_sample(context: Context[Any], events: dict[str, Item]):
    """And neither has one where no list has come yet."""
    assert {function for function, event in events.items() if event} == set(context.steps)
    assert list(step_samples(Keeping(), {"table_name": "table"}, context, context.steps[0])) == []
