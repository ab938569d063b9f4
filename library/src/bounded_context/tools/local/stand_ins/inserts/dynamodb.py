"""The proxy of the emulator's DynamoDB: executes INSERTs itself, and forwards other requests unchanged."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from urllib3.exceptions import HTTPError

from ...emulator.aws import Aws
from ..http_server import Request, Response
from ..upstream import Upstream
from .callers import Callers
from .insert import Reasons, at_fault, inserted, is_insert

_CONTENT_TYPE: Final = "application/x-amz-json-1.0"
_TARGET: Final = "DynamoDB_20120810.%s"


class Refused(Exception):
    """A rejection of the whole request."""

    def __init__(self, response: Response) -> None:
        """Store the response."""
        super().__init__(response.status)
        self.response = response


class DynamoDB:
    """A thread-safe handler of DynamoDB requests."""

    def __init__(self, aws: Aws) -> None:
        """Store a client with the account's root credentials."""
        self._aws = aws
        self._callers = Callers(aws)
        self._emulator = Upstream(aws.emulator.port)
        self._key_of = cache(self._partition_key)

    def respond(self, sent: Request) -> Response:
        """Return the response to a request: 502 if the emulator does not respond."""
        statements = _inserts(sent.headers, sent.body)
        try:
            if not statements:
                return self._emulator.send(sent.method, sent.path, sent.headers, sent.body)
            answers = inserted(statements, self._key_of, lambda puts: self._write(sent.headers, puts))
        except Refused as refused:
            return refused.response
        except HTTPError as error:
            return Response(HTTPStatus.BAD_GATEWAY, {}, repr(error).encode())
        return _as_json(200, {"Responses": answers})

    def close(self) -> None:
        """Close the connections to the emulator."""
        self._emulator.close()

    def _write(self, headers: Mapping[str, str], puts: Sequence[Mapping[str, Any]]) -> Reasons:
        """Execute a transaction with the caller's credentials. Raises Refused if DynamoDB rejects the whole request."""
        body = json.dumps({"TransactItems": puts}).encode()
        response = self._emulator.send("POST", "/", self._signed(headers, "TransactWriteItems", body), body)
        if response.status == 200:
            return []
        reasons = _reasons(response.body)
        if not at_fault(reasons):
            raise Refused(response)
        return reasons

    def _signed(self, headers: Mapping[str, str], operation: str, body: bytes) -> Mapping[str, str]:
        """Return the headers of a request signed for the caller of `headers`. Raises Refused for an unknown caller."""
        credentials = self._callers.credentials(headers)
        if credentials is None:
            raise Refused(_error("UnrecognizedClientException", "The request is not signed with a function's keys."))
        wanted = {"X-Amz-Target": _TARGET % operation, "Content-Type": _CONTENT_TYPE}
        request = AWSRequest("POST", self._aws.emulator.endpoint, data=body, headers=wanted)
        SigV4Auth(credentials, "dynamodb", self._aws.region).add_auth(request)
        return dict(request.headers.items())

    def _partition_key(self, table: str) -> str:
        try:
            described = self._aws.call("dynamodb", "describe_table", TableName=table)["Table"]
        except ClientError as error:
            response: Any = error.response
            raise Refused(_error(response["Error"]["Code"], response["Error"]["Message"])) from error
        return next(key["AttributeName"] for key in described["KeySchema"] if key["KeyType"] == "HASH")


def _inserts(headers: Mapping[str, str], body: bytes) -> Sequence[Mapping[str, Any]]:
    """Return the batch's statements if any is an INSERT, or an empty list."""
    if headers.get("X-Amz-Target") != _TARGET % "BatchExecuteStatement":
        return []
    try:
        statements = json.loads(body)["Statements"]
        return statements if any(map(is_insert, statements)) else []
    except (ValueError, TypeError, KeyError, AttributeError):  # the emulator responds with the error
        return []


def _reasons(body: bytes) -> Reasons:
    try:
        return json.loads(body).get("CancellationReasons", [])
    except (ValueError, AttributeError):
        return []


def _error(code: str, message: str) -> Response:
    return _as_json(400, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message})


def _as_json(status: int, content: Mapping[str, Any]) -> Response:
    return Response(status, {"Content-Type": _CONTENT_TYPE}, json.dumps(content).encode())
