"""DynamoDB as pydynox has it. Exceptions and messages were observed with pydynox 1.8.0."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from boto3.dynamodb.types import Binary
from botocore.exceptions import ClientError
from pydynox.exceptions import (
    ConnectionException,
    IdempotentParameterMismatchException,
    ProvisionedThroughputExceededException,
    PydynoxException,
    ResourceNotFoundException,
    TransactionCanceledException,
    ValidationException,
)

from ..retries import Faults
from ..values import normalized, raw
from .messages import converted
from .reads import MOST_KEYS
from .service import Service
from .transactions import OPERATION as TRANSACTION

_READS: Final = 5
"""How often pydynox reads keys that come back unprocessed."""

_MEMBERS: Final = {
    "table": "TableName",
    "key": "Key",
    "item": "Item",
    "update_expression": "UpdateExpression",
    "condition_expression": "ConditionExpression",
    "expression_attribute_names": "ExpressionAttributeNames",
    "expression_attribute_values": "ExpressionAttributeValues",
}
"""DynamoDB's names of the members of an operation."""

_ACTIONS: Final = {"put": "Put", "update": "Update", "delete": "Delete", "condition_check": "ConditionCheck"}


_EXCEPTIONS: Final = {
    "IdempotentParameterMismatchException": IdempotentParameterMismatchException,
    "ResourceNotFoundException": ResourceNotFoundException,
    "TransactionCanceledException": TransactionCanceledException,
    "ValidationException": ValidationException,
}


class _Failed(PydynoxException):
    """An answer with status 500, for which pydynox has no exception of its own."""


def _throttled() -> Exception:
    return ProvisionedThroughputExceededException("DynamoDB request rate too high. Try again with exponential backoff.")


def _unanswered() -> Exception:
    return ConnectionException("Connection failed to DynamoDB. Check if the endpoint is reachable.")


def _passes(error: Exception) -> bool:
    return isinstance(error, (ProvisionedThroughputExceededException, ConnectionException, _Failed))


_FAULTS: Final = Faults(_throttled, lambda: _Failed("Internal server error"), _unanswered, _passes)
_EVERY: Final[dict[str, Faults]] = dict.fromkeys((TRANSACTION, "BatchGetItem"), _FAULTS)


class SimBulk:
    """A client of pydynox."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def sync_transact_write(
        self, operations: Sequence[Mapping[str, Any]], *, client_request_token: str | None = None
    ) -> None:
        """Write in a transaction. Raises TransactionCanceledException, whose message ends with the list of reasons."""
        token = {} if client_request_token is None else {"ClientRequestToken": client_request_token}
        request = {"TransactItems": [_action(operation) for operation in operations], **token}
        self._call(TRANSACTION, request)

    def sync_batch_get(
        self,
        table: str,
        keys: Sequence[Mapping[str, Any]],
        consistent_read: bool = False,
        projection: Sequence[str] | None = None,
    ) -> list[dict[str, Any]]:
        """Return the items that exist, in any order. Raises PydynoxException if keys stay unprocessed."""
        starts = range(0, len(keys), MOST_KEYS)
        more = {"ConsistentRead": consistent_read, **_projected(projection)}
        return [
            item
            for start in starts
            for item in self._hundred(table, {"Keys": list(keys[start : start + MOST_KEYS]), **more})
        ]

    def _hundred(self, table: str, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        items, unprocessed = list[dict[str, Any]](), {table: wanted}
        for _ in range(_READS):
            answer = self._call("BatchGetItem", {"RequestItems": unprocessed})
            items += [{name: _plain(value) for name, value in item.items()} for item in answer["Responses"][table]]
            unprocessed = answer["UnprocessedKeys"]
            if not unprocessed:
                return items
        missing = f"Failed to get {len(unprocessed[table]['Keys'])} keys after {_READS} retries"
        raise PydynoxException(f'Failed to build request: ConstructionFailure {{ source: "{missing}" }}')

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._service.call(operation, converted(request, normalized), _EVERY)
        except ClientError as error:
            raise _translated(error) from None


def _action(operation: Mapping[str, Any]) -> dict[str, Any]:
    members = {_MEMBERS[name]: member for name, member in operation.items() if name != "type"}
    return {_ACTIONS[operation["type"]]: members}


def _projected(projection: Sequence[str] | None) -> dict[str, Any]:
    if projection is None:
        return {}
    names = {f"#p{number}": name for number, name in enumerate(projection)}
    return {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}


def _translated(error: ClientError) -> Exception:
    """Return pydynox's exception for an error of DynamoDB."""
    details = error.response.get("Error", {})
    kind = _EXCEPTIONS.get(details.get("Code", ""), PydynoxException)
    return kind(details.get("Message", ""))


def _plain(value: Any) -> Any:
    """Return a value as pydynox gives it: whole numbers as int, others as float."""
    if type(value) is Decimal:
        return int(value) if value == value.to_integral_value() else float(value)
    if type(value) is dict:
        return {name: _plain(member) for name, member in value.items()}
    if type(value) in (list, set):
        return type(value)(_plain(member) for member in value)
    return raw(value) if type(value) is Binary else value
