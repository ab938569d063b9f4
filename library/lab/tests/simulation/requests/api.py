"""One function by two ways in: requests as API Gateway sends them, and messages. Answers look alike."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from payment.context import PAYMENT

_IAM: Final = {"iam": {"userArn": "arn:aws:sts::123456789012:assumed-role/shop/shop"}}


@dataclass(frozen=True)
class Answer:
    """An answer: a refusal's ``code``, the ``body``, and the ``tag``. ``same`` says that the caller has the version."""

    code: str = ""
    body: Any = None
    tag: str = ""
    same: bool = False

    @property
    def message(self) -> dict[str, Any]:
        """The answer as a message's."""
        return {"ok": False, "error": {"code": self.code}} if self.code else {"ok": True, PAYMENT.name: self.body}


def request(
    function: str,
    identity: str = "",
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a request on a function's route."""
    method, _, route = PAYMENT.routes[function].partition(" ")
    path = route.replace(f"{{{PAYMENT.identity}}}", identity)
    http = {"method": method, "path": path}
    context = {"authorizer": _IAM, "http": http, "requestId": "request", "stage": "$default"}
    parameters = {name: str(value) for name, value in (query or {}).items()}
    event = {"requestContext": context, "rawPath": path, "headers": dict(headers or {})}
    event |= {"rawQueryString": urlencode(parameters), "queryStringParameters": parameters}
    return event if body is None else event | {"body": json.dumps(body)}


def answer_of(result: Mapping[str, Any]) -> Answer:
    """Read an answer."""
    return _response(result) if "statusCode" in result else _message(result)


def _response(result: Mapping[str, Any]) -> Answer:
    tag = result["headers"].get("ETag", "").strip('"')
    body = json.loads(result["body"]) if result["body"] else None
    if result["statusCode"] >= HTTPStatus.BAD_REQUEST:
        return Answer(code=body["code"] if body else "")
    return Answer(body=body, tag=tag, same=result["statusCode"] == 304)


def _message(result: Mapping[str, Any]) -> Answer:
    if not result["ok"]:
        return Answer(code=result["error"]["code"])
    return Answer(body=result.get(PAYMENT.name, result), tag=result.get("etag", ""))
