"""Problems: refusals as HTTP answers (RFC 9457, "Problem Details for HTTP APIs")."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from ..domain.events import SOURCE
from ._refusals import INVALID, Refused

MALFORMED: Final = "malformed-request"
BAD_PARAMETER: Final = "bad-parameter"
NO_SUCH_ROUTE: Final = "no-such-route"
TOO_LARGE: Final = "too-large"
UNSUPPORTED: Final = "unsupported-media-type"
MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True)
class Kind:
    """What all problems with one code have in common."""

    status: int
    title: str
    headers: dict[str, str] = field(default_factory=dict)


KINDS: Final = {
    MALFORMED: Kind(400, "The body cannot be read as JSON"),
    BAD_PARAMETER: Kind(400, "A parameter is not as it should be"),
    NO_SUCH_ROUTE: Kind(404, "There is no such route"),
    "not-found": Kind(404, "Nothing has that identity"),
    "already-exists": Kind(409, "The identity is taken"),
    "illegal-move": Kind(409, "The change makes no sense from where it stands"),
    "in-progress": Kind(409, "The same command is being run", {"Retry-After": "1"}),
    "version-conflict": Kind(412, "Somebody else changed it first"),
    TOO_LARGE: Kind(413, "The body is too large"),
    UNSUPPORTED: Kind(415, "The body must be JSON"),
    INVALID: Kind(422, "Values in the body are not as they should be"),
    "idempotency-key-reused": Kind(422, "The idempotency key was used for another command"),
}
"""Each code's status and title."""

OTHER: Final = Kind(409, "A rule of the context forbids it")
"""What a rule of the context's own is told as until it is named above."""


def problem(refused: Refused, correlation_id: str) -> dict[str, Any]:
    """Return a refusal as Lambda's answer to API Gateway."""
    kind = KINDS.get(refused.code, OTHER)
    members = {
        "type": f"urn:problem-type:{SOURCE}:{refused.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": refused.detail,
        "code": refused.code,
        "correlation_id": correlation_id,
    }
    body = members | ({"errors": list(refused.errors)} if refused.errors else {})
    headers = {"Content-Type": MEDIA_TYPE, **kind.headers}
    return {"statusCode": kind.status, "headers": headers, "body": json.dumps(body), "isBase64Encoded": False}
