"""DynamoDB as boto3's client has it: values in DynamoDB's JSON, such as ``{"S": "text"}``."""

from types import SimpleNamespace
from typing import Any, Final

from ..client_errors import (
    ConditionalCheckFailedException,
    IdempotentParameterMismatchException,
    ResourceNotFoundException,
    TransactionCanceledException,
    answered,
)
from ..metadata import Meta
from ..typed_values import typed, untyped
from .messages import converted
from .service import Service

EXCEPTIONS: Final = SimpleNamespace(
    ConditionalCheckFailedException=ConditionalCheckFailedException,
    IdempotentParameterMismatchException=IdempotentParameterMismatchException,
    ResourceNotFoundException=ResourceNotFoundException,
    TransactionCanceledException=TransactionCanceledException,
)
"""The attribute ``exceptions`` of the clients."""


class SimClient:
    """A client."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.meta = Meta()
        self.exceptions = EXCEPTIONS

    def get_item(self, **request: Any) -> dict[str, Any]:
        """Send GetItem."""
        return self._send("GetItem", request)

    def put_item(self, **request: Any) -> dict[str, Any]:
        """Send PutItem."""
        return self._send("PutItem", request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        """Send UpdateItem."""
        return self._send("UpdateItem", request)

    def delete_item(self, **request: Any) -> dict[str, Any]:
        """Send DeleteItem."""
        return self._send("DeleteItem", request)

    def query(self, **request: Any) -> dict[str, Any]:
        """Send Query."""
        return self._send("Query", request)

    def scan(self, **request: Any) -> dict[str, Any]:
        """Send Scan."""
        return self._send("Scan", request)

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        """Send BatchGetItem."""
        return self._send("BatchGetItem", request)

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        """Send TransactWriteItems."""
        return self._send("TransactWriteItems", request)

    def _send(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer = self._service.call(operation, converted(request, untyped))
        return {**converted(answer, typed), "ResponseMetadata": answered(200)}
