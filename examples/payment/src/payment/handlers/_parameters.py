"""Paths and parameters of the routes, as they are checked and documented; versions in headers (RFC 9110).

A version is told as an entity tag: ``ETag: "3"``.
"""

from typing import Annotated, Final

from aws_lambda_powertools.event_handler.openapi.params import Header, Path

from ..domain.fields import IDENTIFIER
from ..domain.model import ID

MANY: Final = "/payments"
ONE: Final = f"{MANY}/<{ID}>"

Identity = Annotated[str, Path(pattern=IDENTIFIER, description="The payment's identity.")]

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,128}$",
        description="The caller's own name for this one command. For a day, the same command with the same key has one"
        " effect and the same answer; another command with that key is refused.",
    ),
]

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=r'^(\*|"[1-9][0-9]{0,14}")$',
        description="The entity tag of the version that the command is meant for: it is refused for any other.",
    ),
]

IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        description="The entity tag of a version that the caller has: if it is still the newest, it is not sent again.",
    ),
]

ANY: Final = "*"


def etag(version: int) -> str:
    """Return a version's entity tag."""
    return f'"{version}"'


def expected_version(if_match: str | None) -> int | None:
    """Return the version that a command is meant for, or None for whichever there is."""
    return None if if_match in (None, ANY) else int(str(if_match).strip('"'))


def is_held(if_none_match: str | None, version: int) -> bool:
    """Tell whether the caller has this version already; weak tags count too (RFC 9110, 13.1.2)."""
    held = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    return not held.isdisjoint({ANY, etag(version)})
