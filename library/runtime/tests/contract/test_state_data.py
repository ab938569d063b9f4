"""The largest data that the state machine holds, against the limits of Step Functions and DynamoDB."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import boto3
import pytest

from bounded_context.adapters.dynamodb_lists import ListTable
from bounded_context.adapters.items import LIST
from bounded_context.domain.faults import Fault
from bounded_context.domain.lists import MOST_PARTS, ListStatus, PinnedFile, ReceivedList, currencies
from bounded_context.testing.functions import BUCKET
from tests.aws_requests.graphs import EVERYTHING
from tests.contract.interpreter import shipped
from tests.map_runs import STATE_DATA, fits

ITEM = 400 * 1024
"""Bytes: Amazon DynamoDB Developer Guide, "Item size"."""

HEADERS = 8 * 1024
"""Bytes for the headers of DynamoDB's answer, which Step Functions adds to it: AWS states no limit."""

RUNNING = EVERYTHING["import_concurrency"]
"""The parts that are imported at the same time."""

DECIMALS = 50
"""The decimal fields of a context that has very many."""


_KEY = f"incoming/{'p' * 32}/".ljust(1024, "\u0001")
"""A key of as many bytes as S3 takes, most of which are escaped in JSON."""


def _largest() -> dict[str, Any]:
    """Return the facts of the largest record: each character of a text is escaped in JSON."""
    numbers = set(range(MOST_PARTS))
    running = range(MOST_PARTS, MOST_PARTS + RUNNING)
    sums = dict.fromkeys(currencies("currency"), "9" * 28)
    return {
        "status": ListStatus.IMPORTING.value,
        "reason": "\u0001" * 1000,
        "parts": MOST_PARTS,
        "imported_parts": numbers,
        **dict.fromkeys(("rows", "valid", "rejected"), 10**15),
        "rejections": dict.fromkeys(map(str, Fault), 10**15),
        "amounts": {f"{'f' * 40}{number}": sums for number in range(DECIMALS)},
        **{f"writer_{part}": "w" * 36 for part in running},
        **{f"until_{part}": 10**10 for part in running},
        **{f"rows_{part}": 50_000 for part in running},
    }


@pytest.fixture
def record(table: Any) -> dict[str, Any]:
    """The largest record, as the adapter and the steps write it."""
    file = PinnedFile(BUCKET, _KEY, "v" * 1024, 200 * 2**20)
    recorded = ListTable(table).register(ReceivedList(file, "arn" * 85))
    return table.get_item(Key={"pk": f"{LIST}{recorded.list_id}"})["Item"] | _largest()


@pytest.mark.slow
def test_the_record_of_an_imported_list_fits_the_state(
    record: dict[str, Any], table: Any, topic: tuple[str, str]
) -> None:
    """MarkImported reads it. `States.ALL` does not match `States.DataLimitExceeded`: the list would stay open."""
    table.put_item(Item=record)
    mark = shipped(topic[0])["States"]["MarkImported"]["Parameters"]
    mark["Key"] = {"pk": {"S": record["pk"]}}
    mark["ExpressionAttributeValues"][":untraced"] = {"S": "0" * 55}
    answer: Any = boto3.client("dynamodb").update_item(**mark)
    assert answer["Attributes"]["status"] == {"S": "IMPORTED"}
    assert len(answer["Attributes"]["imported_parts"]["NS"]) == MOST_PARTS
    assert len(json.dumps(answer["Attributes"])) + HEADERS < STATE_DATA


def test_the_outputs_of_the_children_fit_the_state(topic: tuple[str, str]) -> None:
    """A map without a ResultWriter has the outputs of all its children, also of failed children that it tolerates.

    A failed child returns its whole record, so each child has to catch its failure. A map without tolerated failures
    has no output after a failure.
    """
    for state in shipped(topic[0])["States"].values():
        for output in _outputs(state) if state["Type"] == "Map" else ():
            assert fits([output] * MOST_PARTS)


def _outputs(state: dict[str, Any]) -> Iterator[Any]:
    """Yield the outputs of a map's child: after its task, and after a failure if the map tolerates failures."""
    assert "ResultWriter" not in state
    children = state["ItemProcessor"]["States"]
    child = children[state["ItemProcessor"]["StartAt"]]
    yield child["ResultSelector"]
    if state.get("ToleratedFailurePercentage"):
        [catch] = child["Catch"]
        yield children[catch["Next"]]["Result"]


def test_the_record_of_a_list_fits_an_item(record: dict[str, Any]) -> None:
    """A list that is being undone has its parts twice: those that were imported, and those that are undone."""
    undone = record | {"undone_parts": record["imported_parts"]}
    assert _size(undone) < ITEM


def _size(value: Any) -> int:
    """Return the bytes of a value (Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats")."""
    match value:
        case str():
            return len(value.encode())
        case Mapping():
            return 3 + sum(_size(str(name)) + _size(child) + 1 for name, child in value.items())
        case Iterable():
            return 3 + sum(_size(child) + 1 for child in value)
        case _:
            return len(str(value)) // 2 + 2
