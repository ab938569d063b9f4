"""Where a page ends and the next begins, as an opaque text for callers."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Final

from ..domain.fields import IDENTIFIER

MOST: Final = 100
"""The longest page, and what one read of a shard takes at most."""

LONGEST_CURSOR: Final = 512
"""Characters. A list id, a status, a shard and an identity take less than half of that."""


class BadCursor(Exception):
    """The cursor is none that an answer to this question gave."""


@dataclass(frozen=True)
class Position:
    """A place between two aggregates: after an identity (empty: before the first one) of a shard."""

    shard: int
    after: str = ""


def cursor(question: list[str | None], position: Position) -> str:
    """Return the place in the answer to a question as a text."""
    text = json.dumps([*question, position.shard, position.after], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position(question: list[str | None], text: str, shards: int) -> Position:
    """Return the place that a cursor of the same question names.

    Raises:
        BadCursor: it names none, or is of another question.
    """
    match _members(text):
        case [*asked, int(shard), str(after)] if asked == question and _is_place(shard, after, shards):
            return Position(shard, after)
        case _:
            raise BadCursor


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
