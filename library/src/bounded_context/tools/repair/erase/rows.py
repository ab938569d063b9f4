"""The person's rows in a partner's file, which may have any format."""

from typing import BinaryIO, Final

from ....application.detection import detected
from ....application.reading import Source
from ....domain.rows import Unreadable
from .person import Person

UNKNOWN: Final = 0
"""The line of a row in a file that cannot be read as a list."""

_CHUNK: Final = 1024 * 1024


def mentions(person: Person, body: BinaryIO) -> bool:
    """Return whether a file contains the identity, also as a part of a word: a fast test in constant memory."""
    # The identity is ASCII: its bytes are the same in each encoding except UTF-16.
    wanted = [person.id.encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be")]
    content, rest = Source(body).content(), b""
    try:
        while chunk := content.read1(_CHUNK):
            rest += chunk
            if any(one in rest for one in wanted):
                return True
            rest = rest[-2 * len(person.id) :]
    except Unreadable:
        pass  # a broken gzip file: its end has no rows
    return False


def lines(person: Person, body: BinaryIO) -> set[int]:
    """Return the lines of the rows with the identity: in its column, or in any cell of an odd row."""
    header: list[str] | None = None
    found: set[int] = set()
    try:
        source = Source(body)
        for record in source.records(detected(source.head)):
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
