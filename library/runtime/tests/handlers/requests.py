"""Requests of the HTTP API, made of recorded ones, and what the routes answer."""

import base64
import json
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from payment.context import PAYMENT

from tests.handlers.functions import CREATES, ID, SAMPLES
from tests.handlers.messages import call

_EVENTS = Path(__file__).parents[1] / "events"
IAM, JWT = (json.loads((_EVENTS / f"http_api_{kind}.json").read_text()) for kind in ("iam", "jwt"))
"""A signed request, and one with a token."""

JSON = {"content-type": "application/json"}


class Answer(NamedTuple):
    """An answer: its status, its headers by their names in lower case, and its body read as JSON."""

    status: int
    headers: dict[str, str]
    body: Any


def request(
    function: str,
    body: str | bytes | None = None,
    *,
    identity: str = "",
    headers: dict[str, str] | None = None,
    query: dict[str, Any] | None = None,
    recorded: dict[str, Any] = IAM,
) -> dict[str, Any]:
    """Return a request on a function's route; bytes are sent as API Gateway sends what is no text."""
    method, _, path = PAYMENT.routes[function].partition(" ")
    path = path.replace(f"{{{ID}}}", identity)
    event: dict[str, Any] = deepcopy(recorded) | {"rawPath": path, "rawQueryString": urlencode(query or {}, doseq=True)}
    event["requestContext"]["http"] |= {"method": method, "path": path}
    event["headers"] |= headers or {}
    if query:
        event["queryStringParameters"] = {name: _joined(value) for name, value in query.items()}
    return event if body is None else event | _body(body)


def _joined(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _body(body: str | bytes) -> dict[str, Any]:
    if isinstance(body, bytes):
        return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return {"body": body, "isBase64Encoded": False}


def send(function: str, body: str | bytes | None = None, **members: Any) -> Answer:
    """Send a request to a function; every answer must be one that API Gateway takes."""
    response = call(function, request(function, body, **members))
    assert set(response) <= {"statusCode", "headers", "body", "isBase64Encoded", "cookies"}
    headers = {name.lower(): value for name, value in response["headers"].items()}
    assert all(isinstance(value, str) for value in headers.values())
    text = response["body"]
    return Answer(response["statusCode"], headers, json.loads(text) if text else None)


def create(n: int = 1, key: str | None = None, **members: Any) -> Answer:
    """Create the n-th aggregate."""
    headers = JSON | ({"idempotency-key": key} if key else {}) | members.pop("headers", {})
    return send(CREATES, json.dumps(SAMPLES.values(n)), headers=headers, **members)
