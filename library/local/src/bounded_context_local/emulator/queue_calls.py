"""Calls to the emulator's queues without botocore's client, for the readers of all events."""

import json
import threading
from http import HTTPStatus
from typing import Any, Final

from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionClosedError

from bounded_context.adapters.signed import Signed, Unanswered
from bounded_context_cli.command.calls import Calls

from .aws import Aws

_SERVICE: Final = "sqs"
_CONTENT_TYPE: Final = "application/x-amz-json-1.0"


class QueueCalls(Calls):
    """Calls to SQS on the emulator, as its root user, with boto3's parameters and answers.

    A call takes less time than with botocore's client, which validates each request and each answer.
    """

    def __init__(self, aws: Aws) -> None:
        """Send the calls of other services with `aws`."""
        super().__init__(aws.region, aws.client)
        self._emulator = aws.emulator
        self._credentials = Credentials(self._emulator.access_key, self._emulator.secret_key)
        self._of_thread = threading.local()

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        """Call an operation by its boto3 name.

        Raises:
            ClientError: the emulator refused the request.
            ConnectionClosedError: the emulator did not answer.
        """
        if service != _SERVICE:
            return super().call(service, operation, **parameters)
        try:
            status, body = self._posted(_headers(operation), json.dumps(parameters).encode())
        except Unanswered as error:
            raise ConnectionClosedError(endpoint_url=self._emulator.endpoint) from error
        answer = json.loads(body)
        if status != HTTPStatus.OK:
            raise ClientError({"Error": {"Code": answer["__type"], "Message": answer["message"]}}, operation)
        return answer

    def _posted(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Return the answer to a request, which is repeated once: the emulator closes idle connections."""
        try:
            return self._sender().post(headers, body)
        except Unanswered:
            return self._sender().post(headers, body)

    def _sender(self) -> Signed:
        """Return the sender of this thread: a sender has one connection."""
        if not hasattr(self._of_thread, "sender"):
            self._of_thread.sender = Signed(_SERVICE, self._credentials, self.region, self._emulator.endpoint)
        return self._of_thread.sender


def _headers(operation: str) -> dict[str, str]:
    name = "".join(part.title() for part in operation.split("_"))
    return {"Content-Type": _CONTENT_TYPE, "X-Amz-Target": f"AmazonSQS.{name}"}
