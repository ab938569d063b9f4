"""AWS/DynamoDB, for the table.

Measured: SuccessfulRequestLatency by operation, from trace documents. Assumed: throttling, errors, and the consumed
capacity, which the emulator does not calculate.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..samples import Sample
from . import zeros

NAMESPACE = "AWS/DynamoDB"
OF_TABLE = ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents")
OPERATIONS = (
    "GetItem",
    "BatchGetItem",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "TransactWriteItems",
    "BatchExecuteStatement",
    "Query",
    "Scan",
    "GetRecords",
)
LATENCY = "SuccessfulRequestLatency"
NAMES = (*OF_TABLE, "SystemErrors", LATENCY)


def samples(table: str, documents: Iterable[Mapping[str, Any]], now: float) -> Iterator[Sample]:
    """Yield the table's samples; `now` is the time of assumed samples, in seconds since 1970."""
    yield from zeros(NAMESPACE, {"TableName": table}, OF_TABLE, now)
    for operation in OPERATIONS:
        yield from zeros(NAMESPACE, {"TableName": table, "Operation": operation}, ["SystemErrors"], now)
    for document in documents:
        for call in _calls(document):
            yield from _latency(table, call)


def _calls(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the calls to DynamoDB in a document and its nested subsegments."""
    if document.get("namespace") == "aws" and str(document.get("name", "")).lower() == "dynamodb":
        yield document
    for inner in document.get("subsegments", []):
        yield from _calls(inner)


def _latency(table: str, call: Mapping[str, Any]) -> Iterator[Sample]:
    details = call.get("aws", {})
    if details.get("table_name") in (None, table) and "operation" in details and "end_time" in call:
        took = (call["end_time"] - call["start_time"]) * 1000
        dimensions = {"TableName": table, "Operation": details["operation"]}
        if not (call.get("error") or call.get("fault") or call.get("throttle")):
            yield Sample(NAMESPACE, LATENCY, dimensions, "Milliseconds", call["end_time"], took)
