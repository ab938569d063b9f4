"""Parameters of the routes, as they are checked and documented; versions in headers (RFC 9110).

A version is given as an entity tag: ``ETag: "482910573012345"`` (`Aggregate.tag`).
"""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field
from pydantic.fields import FieldInfo

from ..context import Context
from ..domain.aggregate import TAG
from ..domain.fields import IDENTIFIER, description_of
from ..words import plain

Place = Literal["path", "query", "header"]


@dataclass(frozen=True)
class Parameter:
    """Where a parameter stands and what it must be: a type, with what is said of it; ``name`` is that of a header.

    Without a default it must be there.
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
    """Return the part of a path that is an identity."""
    said = Field(pattern=IDENTIFIER, description=f"The {plain(context.title)}'s identity.")
    return Parameter("path", Annotated[str, said])


def in_path(field: FieldInfo) -> Parameter:
    """Return the part of a path that is a field of a command."""
    return Parameter("path", Annotated[(field.annotation, *field.metadata, Field(description=description_of(field)))])


def etag(tag: str) -> str:
    """Return a version's entity tag, by its name."""
    return f'"{tag}"'


def expected_version(if_match: str | None) -> str | None:
    """Return the tag of the version that a command is meant for, or None for whichever there is."""
    return None if if_match in (None, ANY) else str(if_match).strip('"')


def is_held(if_none_match: str | None, tag: str) -> bool:
    """Tell whether the caller has this version already; weak tags count too (RFC 9110, 13.1.2)."""
    held = {one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")}
    return not held.isdisjoint({ANY, etag(tag)})
