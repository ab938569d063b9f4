"""The person's rows in a partner's file."""

from typing import BinaryIO, Final

from ....application.reading import records
from ....domain.rows import Unreadable
from .person import Person

UNKNOWN: Final = 0
"""The line of a row in a file that cannot be read as a list."""

_CHUNK: Final = 1024 * 1024


def mentions(person: Person, body: BinaryIO) -> bool:
    """Return whether the bytes contain the identity, also as a part of a word: a fast test in constant memory."""
    wanted, rest = person.id.encode(), b""
    while chunk := body.read(_CHUNK):
        rest += chunk
        if wanted in rest:
            return True
        rest = rest[-len(wanted) :]
    return False


def lines(person: Person, body: BinaryIO) -> set[int]:
    """Return the lines of the rows with the identity: in its column, or in any cell of an odd row."""
    header: list[str] | None = None
    found: set[int] = set()
    try:
        for record in records(body):
            cells = [cell.strip() for cell in record.cells]
            header = cells if header is None else header
            if _is_own(person, header, cells):
                found.add(record.line)
    except Unreadable:
        found.add(UNKNOWN)
    return found


def _is_own(person: Person, header: list[str], cells: list[str]) -> bool:
    if person.field in header and len(header) == len(cells):
        return cells[header.index(person.field)] == person.id
    return any(map(person.is_named_in, cells))
