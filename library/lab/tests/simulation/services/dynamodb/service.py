"""DynamoDB's operations on a store. Requests and answers have stored values."""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Any, Final

from ..client_errors import faults, invalid, refused
from ..expressions.tokens import Malformed
from ..gate import Gate
from ..retries import Faults, retried
from .reads import batch_get_item, get_item, query, scan
from .store import Store
from .transactions import OPERATION as TRANSACTION
from .transactions import transact_write_items
from .writes import Answer, Request, written

_WRITES: Final = ("PutItem", "UpdateItem", "DeleteItem")

_READS: Final[dict[str, Callable[[Store, Request], Answer]]] = {
    "GetItem": get_item,
    "Query": query,
    "Scan": scan,
    "BatchGetItem": batch_get_item,
    TRANSACTION: transact_write_items,
}

_EXPRESSIONS: Final = {"ExpressionAttributeNames", "ExpressionAttributeValues"}
_CONDITION: Final = {"TableName", "ConditionExpression", "ReturnValuesOnConditionCheckFailure", *_EXPRESSIONS}
_WRITE: Final = {*_CONDITION, "ReturnValues"}

PARAMETERS: Final[dict[str, set[str]]] = {
    "PutItem": {*_WRITE, "Item"},
    "UpdateItem": {*_WRITE, "Key", "UpdateExpression"},
    "DeleteItem": {*_WRITE, "Key"},
    "GetItem": {"TableName", "Key", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"},
    "BatchGetItem": {"RequestItems"},
    "Query": {
        *("TableName", "IndexName", "KeyConditionExpression", "Limit", "ExclusiveStartKey", "ConsistentRead"),
        "ScanIndexForward",
        *("ProjectionExpression", *_EXPRESSIONS),
    },
    "Scan": {
        *("TableName", "FilterExpression", "Limit", "ExclusiveStartKey", "ConsistentRead", "Segment", "TotalSegments"),
        *("ProjectionExpression", *_EXPRESSIONS),
    },
    TRANSACTION: {"TransactItems", "ClientRequestToken"},
    "Put": {*_CONDITION, "Item"},
    "Update": {*_CONDITION, "Key", "UpdateExpression"},
    "Delete": {*_CONDITION, "Key"},
    "ConditionCheck": {*_CONDITION, "Key"},
}
"""The parameters that are simulated, by operation and by action of a transaction."""

BOTOCORE: Final = {name: faults(name, "ProvisionedThroughputExceededException") for name in (*_WRITES, *_READS)}
"""The faults of botocore's clients."""


class Service:
    """DynamoDB with one table."""

    def __init__(self, store: Store, gate: Gate) -> None:
        self.store = store
        self.gate = gate
        self._numbers = count(1)

    def call(self, operation: str, request: Request, faults: Mapping[str, Faults] = BOTOCORE) -> Answer:
        """Send a request, again after faults, and return the answer.

        Raises:
            ClientError: what DynamoDB refuses.
            Exception: the exception of a fault after the last attempt.
        """
        _check(operation, request)
        if operation == TRANSACTION and "ClientRequestToken" not in request:
            request = {**request, "ClientRequestToken": self._token()}
        effect = partial(_applied, self.store, operation, request)
        return retried(self.gate, f"dynamodb.{operation} {_subject(request)}", effect, faults[operation])

    def _token(self) -> str:
        """Return a token as clients generate it: the same for each attempt of a request."""
        return f"{next(self._numbers):08x}-0000-4000-8000-000000000000"


def _check(operation: str, request: Request) -> None:
    """Raise NotImplementedError for a parameter that is not simulated."""
    parts = [(operation, request)]
    parts += [part for action in request.get("TransactItems", ()) for part in action.items()]
    for name, part in parts:
        if unknown := part.keys() - PARAMETERS[name]:
            raise NotImplementedError(f"{name}: {sorted(unknown)} is not simulated")


def _subject(request: Request) -> str:
    """Return the key of a request, or how many it has, for the gate's log."""
    if "TransactItems" in request:
        return f"{len(request['TransactItems'])} actions"
    if "RequestItems" in request:
        return f"{sum(len(wanted['Keys']) for wanted in request['RequestItems'].values())} keys"
    key = request.get("Key") or request.get("Item") or {"": request.get("IndexName")}
    return str(next(iter(key.values())))


def _applied(store: Store, operation: str, request: Request) -> Answer:
    if any(name != store.name for name in _tables(request)):
        raise refused(operation, "ResourceNotFoundException", "Requested resource not found")
    try:
        return written(store, operation, request) if operation in _WRITES else _READS[operation](store, request)
    except Malformed as error:
        raise invalid(operation, str(error)) from None


def _tables(request: Request) -> list[Any]:
    if "TransactItems" in request:
        return [operation["TableName"] for action in request["TransactItems"] for operation in action.values()]
    return list(request["RequestItems"]) if "RequestItems" in request else [request["TableName"]]
