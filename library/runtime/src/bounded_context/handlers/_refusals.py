"""Refusals: errors of the caller, as answers to messages and as HTTP responses (RFC 9457, "Problem Details")."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from ..application.paging import BadCursor
from ..declaration.context import Context
from ..declaration.structure import IN_PROGRESS, REUSED
from ..domain.errors import BusinessError
from ..domain.faults import INVALID
from ..domain.field_types import BY_KIND
from ..domain.fields import description_of, kind_of
from ..domain.reasons import shortened


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
        raise Refused(
            error.code, shortened(str(error)), rule=type(error), retry_after=getattr(error, "retry_after", None)
        ) from None


def answer(refused: Refused) -> dict[str, Any]:
    """Return a refusal as the answer to a message."""
    known = {} if refused.retry_after is None else {"retry_after": refused.retry_after}
    return {"ok": False, "error": {"code": refused.code, "detail": refused.detail, **known}}


def _sentence(error: ValidationError, model: type[BaseModel] | None) -> str:
    return "; ".join(
        ": ".join(filter(None, (".".join(map(str, place)), text))) for place, text in described(error, model)
    )


def described(error: ValidationError, model: type[BaseModel] | None) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Yield the place and the message of each problem. The message has the accepted values of the field's type."""
    fields = model.model_fields if model else {}
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        place, text = found["loc"], found["msg"]
        declared = fields.get(str(place[0])) if place and found["type"] != "missing" else None
        yield (
            place,
            f"{text} (expected {description_of(declared)})" if declared and kind_of(declared) in BY_KIND else text,
        )


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


_OF_REQUESTS: Final[Mapping[str, Kind]] = {
    MALFORMED: Kind(400, "The body cannot be read as JSON"),
    BAD_PARAMETER: Kind(400, "A parameter is invalid"),
    NO_SUCH_ROUTE: Kind(404, "There is no such route"),
    IN_PROGRESS: Kind(409, "The same command is being run", {"Retry-After": "1"}),
    TOO_LARGE: Kind(413, "The body is too large"),
    UNSUPPORTED: Kind(415, "The body must be JSON"),
    INVALID: Kind(422, "Values in the body are invalid"),
    REUSED: Kind(422, "The idempotency key was used for another command"),
}


def kinds(context: Context[Any]) -> dict[str, Kind]:
    """Return the kind of problem for each code, of bad requests and of the context's rules."""
    return {**_OF_REQUESTS, **{error.code: of_rule(error) for error in context.business_errors}}


def of_rule(error: type[BusinessError]) -> Kind:
    """Return the kind of problem for a rule."""
    return Kind(error.status, error.title)


def problem(refused: Refused, source: str, correlation_id: str) -> dict[str, Any]:
    """Return a refusal as Lambda's response to API Gateway; ``source`` is the context's name."""
    kind = of_rule(refused.rule) if refused.rule else _OF_REQUESTS[refused.code]
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
