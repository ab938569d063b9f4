"""Recorded calls as regression tests: they fail while the code fails, and need the recorded state."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from payment.context import PAYMENT

from bounded_context.testing.functions import TABLE, Functions
from bounded_context_local.reproduction import call as lists
from bounded_context_local.reproduction.execution import Outcome, write
from bounded_context_local.testing.plugin import functions
from bounded_context_local.testing.reproduced import replay
from tests.erase.conftest import NAME, Stack
from tests.foreign import CONSUMES_JSON

from .conftest import production
from .test_list import failed

__all__ = ["functions"]

KNOWN = json.loads(CONSUMES_JSON)
SOURCE = next(iter(KNOWN))


def case(folder: Path, **changed: Any) -> Path:
    """Record a call of the inbound function."""
    event = {
        "id": "event-1",
        "source": SOURCE,
        "type": KNOWN[SOURCE]["created_by"][0],
        "subject": "id-1",
        "time": "2031-01-01T00:00:00+00:00",
        "specversion": "1.0",
        "sequence": f"{3:040d}",
        "data": {},
    } | changed
    record = {"messageId": "1", "body": json.dumps(event), "attributes": {}, "messageAttributes": {}}
    state = {
        "function": "on_event",
        "event": {"Records": [record | {"eventSource": "aws:sqs"}]},
        "settings": {"CONSUMES": CONSUMES_JSON},
        "items": [],
        "record": None,
        "objects": [],
    }
    file = folder / "case.json"
    file.write_text(json.dumps(state))
    return file


def test_a_call_that_succeeds_now_passes_with_the_recorded_settings(functions: Functions, tmp_path: Path):
    """Without the setting, the function would set the event aside."""
    assert replay(functions, case(tmp_path)) == {"batchItemFailures": []}


def test_a_message_that_is_set_aside_fails_the_test(functions: Functions, tmp_path: Path):
    """The function itself answers."""
    with pytest.raises(AssertionError):
        replay(functions, case(tmp_path, subject=""))


@pytest.mark.parametrize("step", ["validate_list", PAYMENT.steps[2], "import_list"])
def test_the_state_of_a_list_is_enough_for_its_step(step: str, stack: Stack, tmp_path: Path):
    """The table and the bucket of the test are empty before; the files have no personal data."""
    list_id = failed(stack, step, 0 if step == "import_list" else None)
    origin = production(stack)
    call = lists.call_of_list(origin, list_id)
    keys = [*stack.dynamodb.scan(TableName=TABLE)["Items"]]
    references = [origin.item(item["pk"]["S"]) for item in keys if item["pk"]["S"].startswith("SUBSCRIPTION#")]
    test = write(tmp_path, "prod", origin, call, Outcome(step, {}, [item for item in references if item]))
    assert NAME not in (tmp_path / test).with_suffix(".json").read_text()
    for item in keys:
        stack.dynamodb.delete_item(TableName=TABLE, Key={"pk": item["pk"]})
    answer = replay(Functions(PAYMENT), (tmp_path / test).with_suffix(".json"))
    assert answer["outcome"] in ("VALIDATED", "VERIFIED", "IMPORTED")
    table: Any = boto3.resource("dynamodb").Table(TABLE)
    assert table.get_item(Key={"pk": f"LIST#{answer['list_id']}"})["Item"]["status"] != "FAILED"
