"""Calls to an AWS account, embedded or real."""

import threading
from collections.abc import Callable
from typing import Any


class Calls:
    """Calls to an account in a region.

    Attributes:
        region: the region.
    """

    def __init__(self, region: str, create: Callable[[str], Any]) -> None:
        """Let `create` create the boto3 client of a service when it is first used."""
        self.region = region
        self._create = create
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service, which all threads share."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._create(service)
            return self._clients[service]

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        """Call an operation by its boto3 name, such as `create_queue`. Parameters that are None are omitted."""
        present = {name: value for name, value in parameters.items() if value is not None}
        return getattr(self.client(service), operation)(**present)
