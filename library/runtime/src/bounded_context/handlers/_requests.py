"""Requests from API Gateway (HTTP API, payload format 2.0), their answers, and refusals of messages and requests.

An entry point accepts requests and messages. Every response has the correlation id. A refusal becomes a problem
document. An unexpected exception is raised, as for a message. It counts as an error of the function, which sets off
alarms. API Gateway responds with 500.
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import wraps
from typing import Any, Final, NoReturn, Self
from urllib.parse import parse_qs

from pydantic import BaseModel, ValidationError

from ..application.queries import BadCursor
from ..declaration.structure import IN_PROGRESS, REUSED
from ..domain.aggregate import BusinessError, shortened
from ..domain.faults import INVALID
from ..domain.field_types import BY_KIND
from ..domain.fields import description_of, kind_of
from ..telemetry import Handler, about, continuing


class Refused(Exception):
    """An error of the caller. ``code`` is stable, ``detail`` is a sentence for people.

    Each of ``errors`` has the ``field`` of a bad value, and in ``detail`` the expected value, never the given value.
    ``rule`` is the rule of the context that refused, if a rule refused. ``retry_after`` has the seconds until the next
    attempt can succeed, if they are known.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        rule: type[BusinessError] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.errors = errors
        self.rule = rule
        self.retry_after = retry_after


@contextmanager
def reading(code: str = INVALID, model: type[BaseModel] | None = None) -> Iterator[None]:
    """Convert a validation error, such as of this model, into a refusal with this code."""
    try:
        yield
    except ValidationError as error:
        raise Refused(code, _sentence(error, model)) from None


@contextmanager
def obeying(code: str = INVALID) -> Iterator[None]:
    """Convert a broken rule of the context into a refusal; a bad cursor is refused with ``code``."""
    try:
        yield
    except BadCursor:
        raise Refused(code, "cursor: pass the next_cursor of an answer to the same query") from None
    except BusinessError as error:
        detail, wait = shortened(str(error)), getattr(error, "retry_after", None)
        errors = [{"field": error.field, "detail": detail}] if error.field else ()
        raise Refused(error.code, detail, errors, type(error), wait) from None


def answer(refused: Refused) -> dict[str, Any]:
    """Return a refusal as the answer to a message."""
    wait = {} if refused.retry_after is None else {"retry_after": refused.retry_after}
    field = {"field": refused.errors[0]["field"]} if refused.rule and refused.errors else {}
    return {"ok": False, "error": {"code": refused.code, "detail": refused.detail, **field, **wait}}


def _sentence(error: ValidationError, model: type[BaseModel] | None) -> str:
    return "; ".join(
        ": ".join(filter(None, (".".join(map(str, place)), text))) for place, text in described(error, model)
    )


def described(error: ValidationError, model: type[BaseModel] | None) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Yield the place and the message of each problem. The message has the accepted values of the field's type."""
    fields = model.model_fields if model else {}
    for details in error.errors(include_url=False, include_context=False, include_input=False):
        place, text = details["loc"], details["msg"]
        declared = fields.get(str(place[0])) if place and details["type"] != "missing" else None
        yield (
            place,
            f"{text} (expected {description_of(declared)})" if declared and kind_of(declared) in BY_KIND else text,
        )


Answer = dict[str, Any]
"""A function's response to API Gateway."""


def etag(tag: str) -> str:
    """Return the entity tag of a version's tag."""
    return f'"{tag}"'


MALFORMED: Final = "malformed-request"
BAD_PARAMETER: Final = "bad-parameter"
NO_SUCH_ROUTE: Final = "no-such-route"
TOO_LARGE: Final = "too-large"
UNSUPPORTED: Final = "unsupported-media-type"
MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True)
class Kind:
    """The status, title and headers that all problems with one code share."""

    status: int
    title: str
    headers: dict[str, str] = field(default_factory=dict)


OF_REQUESTS: Final[Mapping[str, Kind]] = {
    MALFORMED: Kind(400, "The body cannot be read as JSON"),
    BAD_PARAMETER: Kind(400, "A parameter is invalid"),
    NO_SUCH_ROUTE: Kind(404, "There is no such route"),
    IN_PROGRESS: Kind(409, "The same command is being run", {"Retry-After": "1"}),
    TOO_LARGE: Kind(413, "The body is too large"),
    UNSUPPORTED: Kind(415, "The body must be JSON"),
    INVALID: Kind(422, "Values in the body are invalid"),
    REUSED: Kind(422, "The idempotency key was used for another command"),
}


def of_rule(error: type[BusinessError]) -> Kind:
    """Return the kind of problem for a rule."""
    return Kind(error.status, error.title)


def problem(refused: Refused, source: str, correlation_id: str) -> dict[str, Any]:
    """Return a refusal as Lambda's response to API Gateway; ``source`` is the context's name."""
    kind = of_rule(refused.rule) if refused.rule else OF_REQUESTS[refused.code]
    members = {
        "type": f"urn:problem-type:{source}:{refused.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": refused.detail,
        "code": refused.code,
        "correlation_id": correlation_id,
    }
    body = members | ({"errors": list(refused.errors)} if refused.errors else {})
    retry = {} if refused.retry_after is None else {"Retry-After": str(refused.retry_after)}
    headers = {"Content-Type": MEDIA_TYPE, **kind.headers, **retry}
    return {"statusCode": kind.status, "headers": headers, "body": json.dumps(body), "isBase64Encoded": False}


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


def correlation_of(event: dict[str, Any]) -> str:
    """Return the caller's correlation id, or the request's id if the caller sent no valid one."""
    identity = headers(event).get("x-correlation-id", "")
    return identity if re.fullmatch(CORRELATION_ID, identity) else event["requestContext"]["requestId"]


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


def application_of(event: dict[str, Any]) -> str:
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
    parameters = (event.get("queryStringParameters") or {}).items()
    return {name: value.split(",") if len(raw.get(name, ())) > 1 else value for name, value in parameters}


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
    """Return the members of a JSON body. Numbers with a fraction or an exponent become Decimal, so no digit is lost.

    Raises:
        Refused: the body is not JSON or not an object. Python's extensions, NaN and repeated members, are refused too.
    """
    try:
        body = json.loads(text, parse_float=_Number, parse_constant=_no_number, object_pairs_hook=_members)
    except (ValueError, RecursionError):
        raise Refused(MALFORMED, "the body is not JSON, or repeats a member") from None
    if not isinstance(body, dict):
        raise Refused(INVALID, "the body must be an object")
    return body


class _Number(Decimal):
    """A number whose text is as written, since types check the text: `1.5e1` is as wrong as in a list."""

    _written: str

    def __new__(cls, written: str) -> Self:
        number = super().__new__(cls, written)
        number._written = str(written)
        return number

    def __str__(self) -> str:
        return self._written


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


Run = Callable[[Request, Any], Answer]
"""Runs an operation for a request and Lambda's context. Raises Refused."""
Watch = Callable[[], AbstractContextManager[None]]


def answers_requests(run: Run, source: str, watch: Watch) -> Callable[[Handler], Handler]:
    """Return a decorator that answers HTTP requests with an operation, and passes messages to the handler.

    ``source`` is the context's name. ``watch`` wraps each request to log its outcome; refusals reach it as ``Refused``.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def answering(event: dict[str, Any], context: Any) -> Any:
            if not is_request(event):
                return handler(event, context)
            return _run_operation(run, source, watch, event, context)

        return answering

    return decorate


def _run_operation(run: Run, source: str, watch: Watch, event: dict[str, Any], context: Any) -> Answer:
    correlation_id = correlation_of(event)
    about(correlation_id=correlation_id)
    if application := application_of(event):
        about(caller=application)
    with continuing(headers(event).get("traceparent"), context.function_name):
        try:
            with watch():
                response = run(read(event), context)
        except Refused as refused:
            response = problem(refused, source, correlation_id)
    # A response may contain personal data, so no cache may store it.
    response["headers"] |= {"X-Correlation-Id": correlation_id, "Cache-Control": "no-store"}
    return response


def json_answer(view: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Return a JSON response."""
    return _answer(status, json.dumps(view), {"Content-Type": "application/json"} | (headers or {}))


def version_answer(view: dict[str, Any], tag: str, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Return the response with an aggregate, and its version as the entity tag."""
    return json_answer(view, status, {"ETag": etag(tag)} | (headers or {}))


def unchanged(tag: str) -> Answer:
    """Return the response for a caller that already has this version: 304."""
    return _answer(304, "", {"ETag": etag(tag)})


def _answer(status: int, body: str, headers: dict[str, str]) -> Answer:
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}
