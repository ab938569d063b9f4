"""Parameters of the routes, for validation and for the OpenAPI document, and versions in headers (RFC 9110).

A version is an entity tag: ``ETag: "482910573012345"`` (`Aggregate.tag`).
"""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field
from pydantic.fields import FieldInfo

from ..declaration.context import Context
from ..domain.aggregate import TAG
from ..domain.fields import IDENTIFIER, description_of
from ..domain.spelling import plain

Place = Literal["path", "query", "header"]


@dataclass(frozen=True)
class Parameter:
    """A parameter's place, its type with a description, and its default; ``name`` is the header's name.

    A parameter without a default is required.
    """

    place: Place
    kind: Any
    default: Any = ...
    name: str = ""


IDEMPOTENCY_KEY: Final = Parameter(
    "header",
    Annotated[
        str | None,
        Field(
            pattern=r"^[\x21-\x7e]{1,128}$",
            description="The caller's own name for this one command. For a day, the same command with the same key has"
            " the same answer and, once it is answered, no second effect; another command with that key is refused.",
        ),
    ],
    None,
    "Idempotency-Key",
)

IF_MATCH: Final = Parameter(
    "header",
    Annotated[
        str | None,
        Field(
            pattern=rf'^(\*|"{TAG}")$',
            description="The entity tag of the version that the command is meant for: it is refused for any other.",
        ),
    ],
    None,
    "If-Match",
)

IF_NONE_MATCH: Final = Parameter(
    "header",
    Annotated[
        str | None,
        Field(
            description="The entity tag of a version that the caller has: if it is still the newest, it is not sent"
            " again.",
        ),
    ],
    None,
    "If-None-Match",
)

ANY: Final = "*"


def identity(context: Context[Any]) -> Parameter:
    """Return the path parameter for an aggregate's identity."""
    described = Field(pattern=IDENTIFIER, description=f"The {plain(context.title)}'s identity.")
    return Parameter("path", Annotated[str, described])


def in_path(field: FieldInfo) -> Parameter:
    """Return the path parameter for a field of a command."""
    return Parameter("path", Annotated[(field.annotation, *field.metadata, Field(description=description_of(field)))])


def etag(tag: str) -> str:
    """Return the entity tag of a version's tag."""
    return f'"{tag}"'


def expected_version(if_match: str | None) -> str | None:
    """Return the tag of the version that a command applies to, or None if it applies to any version."""
    return None if if_match in (None, ANY) else str(if_match).strip('"')


def is_held(if_none_match: str | None, tag: str) -> bool:
    """Return whether the caller already has this version; weak tags match too (RFC 9110, 13.1.2)."""
    held = {entry.strip().removeprefix("W/") for entry in (if_none_match or "").split(",")}
    return not held.isdisjoint({ANY, etag(tag)})
