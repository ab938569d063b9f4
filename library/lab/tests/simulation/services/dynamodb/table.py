"""DynamoDB as boto3's resource has it: a table, whose values are Python's."""

from types import SimpleNamespace
from typing import Any

from ..client_errors import answered
from ..metadata import Meta
from ..values import normalized
from .client import EXCEPTIONS
from .messages import as_text, converted
from .service import Service


class SimResourceClient:
    """The client of a resource, ``table.meta.client``, which takes and returns Python's values too."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.meta = Meta()
        self.exceptions = EXCEPTIONS

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        """Send BatchGetItem."""
        return self.send("BatchGetItem", request)

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        """Send TransactWriteItems."""
        return self.send("TransactWriteItems", request)

    def send(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request with Python's values, and return the answer with Python's values."""
        answer = self._service.call(operation, converted(as_text(request), normalized))
        return {**answer, "ResponseMetadata": answered(200)}


class SimTable:
    """A table of boto3's resource."""

    def __init__(self, service: Service) -> None:
        self.name = self.table_name = service.store.name
        self._client = SimResourceClient(service)
        self.meta = SimpleNamespace(client=self._client)

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

    def _send(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        return self._client.send(operation, {**request, "TableName": self.name})
