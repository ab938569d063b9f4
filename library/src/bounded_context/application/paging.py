"""Where a page ends and the next begins, as an opaque text for callers.

Members have names, and what is not asked for is left out: a version that may be asked for more reads the cursors of the
one before, and the other way round.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..domain.fields import IDENTIFIER

MOST: Final = 100
"""The longest page, and what one read of a shard takes at most."""

LONGEST_CURSOR: Final = 512
"""Characters. A list id, a status, a shard and an identity take about half of that."""

Question = Mapping[str, str | None]
"""What is asked for, by name; None is what is not."""


class BadCursor(Exception):
    """The cursor is not one that an answer to this question gave."""


@dataclass(frozen=True)
class Position:
    """A place between two aggregates: after an identity (empty: before the first one) of a shard."""

    shard: int
    after: str = ""


def cursor(question: Question, position: Position) -> str:
    """Return the place in the answer to a question as a text."""
    members = {"asked": _asked(question), "shard": position.shard, "after": position.after}
    text = json.dumps(members, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position(question: Question, text: str, shards: int) -> Position:
    """Return the place that a cursor of the same question names.

    Raises:
        BadCursor: it names none, or is of another question.
    """
    match _members(text):
        case {"asked": dict(asked), "shard": int(shard), "after": str(after)} if _asked(asked) == _asked(
            question
        ) and _is_place(shard, after, shards):
            return Position(shard, after)
        case _:
            raise BadCursor


def _asked(question: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in question.items() if value is not None}


def _members(text: str) -> Any:
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        return json.loads(urlsafe_b64decode(padded))
    except (ValueError, RecursionError):
        return None


def _is_place(shard: int, after: str, shards: int) -> bool:
    # Python takes true for 1.
    whole = not isinstance(shard, bool) and 0 <= shard < shards
    return whole and (not after or re.fullmatch(IDENTIFIER, after) is not None)
