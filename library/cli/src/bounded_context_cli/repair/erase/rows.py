"""The person's rows in a partner's file, which may have any format, also one that the import refuses."""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BufferedReader, RawIOBase
from typing import BinaryIO, Final, cast

from bounded_context.application import json_lines
from bounded_context.application.detection import detected
from bounded_context.application.encodings import marked
from bounded_context.application.reading import GZIP, HEAD_BYTES, Source
from bounded_context.domain.rows import Record, Unreadable

from ..identity import no_identity
from .person import Person

UNKNOWN: Final = 0
"""The line of a row in a file that cannot be read as a list."""

_LAYERS: Final = 8
"""The maximum number of compressions, one in another, that are unpacked."""

_ESCAPE: Final = re.compile(rb"\\+u00([0-7][0-9A-Fa-f])")
_LONGEST: Final = 4 * 6 * 66
"""The bytes of the longest identity and its neighbours as escapes of JSON, in UTF-32."""

_CONTROL: Final = bytes({*range(32)} - {*b"\t\n\v\f\r\x1a"})
_BINARY: Final = 1000
"""A block with more than one control character for this number of bytes is no text."""

_ARMOURED: Final = b"-----BEGIN"
"""The beginning of an encrypted file that is text (RFC 9580, "Forming ASCII Armor")."""


@dataclass
class Search:
    """The result of the search of a file.

    `lines` are the lines of the person's rows. `outside` is whether other text names the identity. `unread` is the
    reason why the file, or a part of it, cannot be searched; empty if all is searched.
    """

    lines: set[int] = field(default_factory=set[int])
    outside: bool = False
    unread: str = ""


def search(person: Person, read: Callable[[], BinaryIO]) -> Search:
    """Search a file for the person's rows, in constant memory. `read` returns its bytes, which may be read twice."""
    found = _mentions(person, read())
    return _rows(person, read(), found.unread) if found.outside else found


def _mentions(person: Person, body: BinaryIO) -> Search:
    """Search a file for the identity in any text, compressed or not. The result has no lines."""
    found, rest = Search(), b"\n"
    try:
        source = _unpacked(body)
        is_text = marked(source.head) == "utf-16" or source.head.startswith(codecs.BOM_UTF32_BE)
        if source.head.startswith(_ARMOURED):
            found.unread = "it is encrypted"
        for block in _blocks(source):
            rest += block
            found.outside = found.outside or _is_named(person, rest, at_end=not block)
            if not is_text and _is_binary(block):
                found.unread = "it is no text, such as an archive or a workbook"
            rest = rest[-_LONGEST:]
    except Unreadable as error:
        # A compressed file whose end is lost has no more rows.
        found.outside = found.outside or _is_named(person, rest, at_end=True)
        if not isinstance(error.__cause__, EOFError):
            found.unread = found.unread or error.reason
    return found


def _rows(person: Person, body: BinaryIO, unread: str) -> Search:
    found, header = Search(unread=unread), None
    try:
        source = _unpacked(body)
        for record in source.records(detected(source.head)):
            cells = [cell.replace("\0", "").strip() for cell in record.cells]
            header = cells if header is None else header
            _judge(person, header, Record(record.line, cells), found)
    except Unreadable:
        found.lines.add(UNKNOWN)
    return found


class _Single(RawIOBase):
    """Unpacked bytes, of which a read returns those of a single read: an error at a later place loses none of them."""

    def __init__(self, content: "BufferedReader[RawIOBase]") -> None:
        self._content = content

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # pyrefly: ignore[bad-override] (the caller passes a memoryview)
        return self._content.readinto1(buffer)


def _unpacked(body: BinaryIO) -> Source:
    source = Source(body)
    for _ in range(_LAYERS - 1):
        if not source.head.startswith(GZIP):
            break
        source = Source(cast("BinaryIO", _Single(source.content())))
    return source


def _blocks(source: Source) -> Iterator[bytes]:
    """Yield the bytes of a file, and an empty block at its end."""
    content = source.content()
    while block := content.read1(HEAD_BYTES):
        yield block
    yield b""


def _is_named(person: Person, data: bytes, *, at_end: bool) -> bool:
    """Return whether bytes name the identity, in any encoding that contains ASCII: UTF-16 and UTF-32 add zeros."""
    plain = data.replace(b"\0", b"")
    if b"\\u00" in plain:
        plain = _ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), plain)
    if person.id.encode() not in plain:
        return False
    text = plain.decode("latin-1")
    # A word at an edge may be a part of a longer word: the previous or the next block decides.
    return any(word.start() > 0 and (at_end or word.end() < len(text)) for word in person.word.finditer(text))


def _is_binary(block: bytes) -> bool:
    return (len(block) - len(block.translate(None, _CONTROL))) * _BINARY > len(block)


def _judge(person: Person, header: list[str], record: Record, found: Search) -> None:
    """Add a record to the result. In an odd row, any cell with the identity makes the row the person's."""
    cells, own = record.cells, None
    if len(cells) == 1 and (members := json_lines.members(cells[0])) is not None:
        values = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in members]
        cells, own = [text for member in values for text in member], dict(values).get(person.field)
    elif person.field in header and len(header) == len(cells):
        own = cells[header.index(person.field)]
    if not any(map(person.is_named_in, cells)):
        return
    # Without an identity in its column, the columns of the row are swapped.
    if own is None or own == person.id or no_identity(own):
        found.lines.add(record.line)
    else:
        found.outside = True
