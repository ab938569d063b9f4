"""Cursors: the position between two pages, as an opaque text for callers.

Members have names, and absent parameters are omitted: this version and a version with more parameters can read each
other's cursors.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..domain.fields import IDENTIFIER

MOST: Final = 100
"""The maximum length of a page, and of one read of a shard."""

LONGEST_CURSOR: Final = 512
"""The maximum length in characters. A list id, a status, a shard and an identity take about half of that."""

Question = Mapping[str, str | None]
"""The parameters of a list query, by name; an absent parameter is None."""


class BadCursor(Exception):
    """The cursor is not from an answer to this query."""


@dataclass(frozen=True)
class Position:
    """A position between two aggregates: after an identity (empty: before the first one) of a shard."""

    shard: int
    after: str = ""


def cursor(question: Question, position: Position) -> str:
    """Return a position in the answer to a query as a text."""
    members = {"asked": _asked(question), "shard": position.shard, "after": position.after}
    text = json.dumps(members, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position(question: Question, text: str, shards: int) -> Position:
    """Return the position of a cursor of the same query.

    Raises:
        BadCursor: the text is not a cursor, or is of another query.
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
    # In Python, True is an int.
    whole = not isinstance(shard, bool) and 0 <= shard < shards
    return whole and (not after or re.fullmatch(IDENTIFIER, after) is not None)
