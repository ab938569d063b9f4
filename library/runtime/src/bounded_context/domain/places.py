"""The places of values in a partner's file: characters of a line of fixed width, or paths of XML."""

from typing import Final

COUNT: Final = "count"
SUM: Final = "sum"
FIRST: Final = "first"
LAST: Final = "last"
"""Members of a format's ``control``: the file's own count and sum of rows, and its lines that are no rows."""

UP: Final = "../"
"""The beginning of a path from the element around a row."""


def span(place: str) -> slice:
    """Return the characters of a place such as ``1-10``: the first and the last, counted from 1."""
    first, last = place.split("-")
    return slice(int(first) - 1, int(last))


def resolved(record: str, path: str) -> str:
    """Return the path from the document's root of a path from its row."""
    while path.startswith(UP):
        record, path = record.rpartition("/")[0], path.removeprefix(UP)
    return f"{record}/{path}"
