"""Requests from API Gateway (HTTP API, payload format 2.0): parsing and the checks that all routes share."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NoReturn
from urllib.parse import parse_qs

from ..domain.faults import INVALID
from ._refusals import MALFORMED, NO_SUCH_ROUTE, TOO_LARGE, UNSUPPORTED, Refused

MOST_BYTES: Final = 64 * 1024
"""The maximum size of a decoded body."""

CORRELATION_ID: Final = r"[A-Za-z0-9._-]{1,128}"
_JSON: Final = "application/json"
_ROLE: Final = r"arn:aws[a-z-]*:sts::\d{12}:assumed-role/([^/]+)/.*"


@dataclass(frozen=True)
class Request:
    """A request. ``base`` is the path prefix of a named stage, empty for ``$default``.

    Header names are in lower case. A repeated query parameter has a list of values.
    """

    method: str
    base: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str | list[str]]
    body: str
    caller: str


def is_request(event: Any) -> bool:
    """Return whether an event is a request of the HTTP API, not a message."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    return isinstance(context, dict) and "http" in context


def headers(event: dict[str, Any]) -> dict[str, str]:
    """Return a request's headers, with names in lower case."""
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}


def correlation_id(event: dict[str, Any]) -> str:
    """Return the caller's correlation id, or the request's id if the caller sent no valid one."""
    given = headers(event).get("x-correlation-id", "")
    return given if re.fullmatch(CORRELATION_ID, given) else event["requestContext"]["requestId"]


def read(event: dict[str, Any]) -> Request:
    """Return the request in an event.

    Raises:
        Refused: the body is too large, is not JSON by its media type, or is not UTF-8; or the path has an unprintable
            character.
    """
    context, path = event["requestContext"], event["rawPath"]
    if not path.isprintable():
        raise Refused(NO_SUCH_ROUTE, "there is no such route")
    base = "" if context["stage"] == "$default" else f"/{context['stage']}"
    method, below = context["http"]["method"].upper(), path[len(base) :]
    return Request(method, base, below, headers(event), _query(event), _body(event), _caller(context))


def _caller(context: dict[str, Any]) -> str:
    """Return the caller that API Gateway authenticated: an ARN, or a token's issuer and subject."""
    authorizer = context.get("authorizer") or {}
    if iam := authorizer.get("iam"):
        return str(iam["userArn"])
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    return f"{claims.get('iss', '')} {claims.get('sub', '')}"


def application(event: dict[str, Any]) -> str:
    """Return the calling application: the name of its role, or the client id of its token.

    Empty without either. Session names and IAM users are not used: they often name a person.
    """
    authorizer = event["requestContext"].get("authorizer") or {}
    if role := re.fullmatch(_ROLE, str((authorizer.get("iam") or {}).get("userArn", ""))):
        return role[1]
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    return str(claims.get("client_id") or claims.get("azp") or "")


def _query(event: dict[str, Any]) -> dict[str, str | list[str]]:
    # API Gateway joins the values of a repeated parameter by commas. A single value may contain commas too.
    raw = parse_qs(event.get("rawQueryString") or "", keep_blank_values=True)
    given = (event.get("queryStringParameters") or {}).items()
    return {name: value.split(",") if len(raw.get(name, ())) > 1 else value for name, value in given}


def _body(event: dict[str, Any]) -> str:
    data = _data(event)
    if len(data) > MOST_BYTES:
        raise Refused(TOO_LARGE, f"the body has {len(data)} bytes, and at most {MOST_BYTES} are accepted")
    if data and headers(event).get("content-type", _JSON).partition(";")[0].strip().lower() != _JSON:
        raise Refused(UNSUPPORTED, f"the body must be {_JSON}")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refused(MALFORMED, "the body is not UTF-8") from None


def _data(event: dict[str, Any]) -> bytes:
    body = event.get("body") or ""
    try:
        return b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except ValueError:
        raise Refused(MALFORMED, "the body is not text") from None


def parsed(text: str) -> dict[str, Any]:
    """Return the members of a JSON body. Numbers with a fraction become Decimal, so no digit is lost.

    Raises:
        Refused: the body is not JSON or not an object. Python's extensions, NaN and repeated members, are refused too.
    """
    try:
        body = json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_members)
    except (ValueError, RecursionError):
        raise Refused(MALFORMED, "the body is not JSON, or repeats a member") from None
    if not isinstance(body, dict):
        raise Refused(INVALID, "the body must be an object")
    return body


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members
