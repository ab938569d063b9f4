"""The reader of partners' files: a stream in constant memory, for any content and each format."""

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator
from io import BufferedReader, RawIOBase, TextIOWrapper
from typing import BinaryIO, Final, TypeAlias, TypeVar, cast

from ..domain.faults import ListFault
from ..domain.formats import MOST_BYTES, PLAIN, SINGLE_BYTE, FileFormat
from ..domain.rows import Record, Unreadable
from .encodings import MARK, check, codec, undecodable

T = TypeVar("T")
_Buffered: TypeAlias = "BufferedReader[RawIOBase]"

# Many times the longest valid row; a longer record is a missing quote or no CSV at all.
MAX_RECORD_CHARACTERS = 64 * 1024
MAX_RECORD_CELLS = 1000
"""A cell takes 50 to 100 bytes of memory, and a thousand records are read at once: 100 MB at most. Lists have far fewer
columns."""

ROWS_AT_ONCE: Final = 1000
"""Rows that are checked together, or written before the list's record is updated. A repeated step starts after the last
recorded row."""

HEAD_BYTES: Final = 64 * 1024
"""The bytes at the beginning of a file that are kept to detect its format."""

GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"


class _Lines:
    """The text's lines. ``taken`` counts the characters of the current record, up to the maximum.

    ``others`` is whether a line was not ASCII.
    """

    def __init__(self, text: TextIOWrapper, encoding: str) -> None:
        self._text = text
        self.encoding = encoding
        self.others = False
        self.taken = 0

    def __iter__(self) -> Iterator[str]:
        readline, always = self._text.readline, self.encoding in SINGLE_BYTE
        while line := readline(MAX_RECORD_CHARACTERS + 1):
            self.taken += len(line)
            if self.taken > MAX_RECORD_CHARACTERS:
                reason = f"a record is longer than {MAX_RECORD_CHARACTERS} characters: is a quote missing?"
                raise Unreadable(reason, ListFault.RECORD)
            if not line.isascii():
                if always or MARK in line:
                    check(line, self.encoding, self.others)
                self.others = True
            yield line


def check_size(size: int, most: int) -> None:
    """Raise Unreadable if a file of ``size`` bytes is empty, or has more than ``most`` bytes."""
    if size == 0:
        raise Unreadable("the file is empty", ListFault.EMPTY)
    if size > most:
        raise Unreadable(f"the file has {size} bytes, and at most {most} are taken: split it", ListFault.SIZE)


class _Unpacked(RawIOBase):
    """The content of a gzip file, up to a maximum size."""

    def __init__(self, packed: BinaryIO, max_bytes: int) -> None:
        self._file = gzip.GzipFile(fileobj=packed)
        self._max = self._left = max_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        try:
            # A single read: the lines before a broken end are read.
            data = self._file.read1(len(buffer))
        except EOFError as error:
            raise Unreadable("the compressed file ends too early: send it again", ListFault.COMPRESSION) from error
        except (OSError, zlib.error) as error:
            raise Unreadable("the compressed file is broken: send it again", ListFault.COMPRESSION) from error
        self._left -= len(data)
        if self._left < 0:
            raise Unreadable(f"the unpacked file has over {self._max} bytes: split it", ListFault.SIZE)
        buffer[: len(data)] = data
        return len(data)


def _buffered(stream: BinaryIO | RawIOBase) -> _Buffered:
    # BufferedReader needs readinto, readable and closed only, and every binary stream has them.
    return BufferedReader(cast("RawIOBase", stream), 1024 * 1024)


class Source:
    """A partner's file, of at most ``max_bytes`` unpacked. ``head`` has its first bytes, as they are."""

    def __init__(self, stream: BinaryIO, max_bytes: int = MOST_BYTES) -> None:
        self._max_bytes = max_bytes
        self._buffered = _buffered(stream)
        self.head = self._buffered.peek(HEAD_BYTES)[:HEAD_BYTES]

    def records(self, format_: FileFormat = PLAIN) -> Iterator[Record]:
        """Yield each record, the header first, without blank lines. A record of JSON lines has its line as one cell.

        Raises:
            Unreadable: the file has another format, breaks the rules of quoting (RFC 4180), or has a record that is
                endless or has more than 1,000 cells.
        """
        self._check_compression(format_)
        content = self.content()
        text = TextIOWrapper(content, codec(format_.encoding, content.peek(4)), newline="")
        lines = _Lines(text, format_.encoding)
        return _csv(lines, format_.delimiter) if format_.kind == "csv" else _json(lines)

    def content(self) -> _Buffered:
        """Return the bytes, unpacked if they are compressed. A read of the bytes may raise Unreadable."""
        packed = self.head.startswith(GZIP)
        return _buffered(_Unpacked(self._buffered, self._max_bytes)) if packed else self._buffered

    def _check_compression(self, format_: FileFormat) -> None:
        if self.head.startswith(_ZIP):
            reason = "the file is a ZIP archive or an Excel workbook: save it as text"
            raise Unreadable(reason, ListFault.COMPRESSION)
        packed = self.head.startswith(GZIP)
        if self.head and packed is not (format_.compression == "gzip"):
            reason = "the file is compressed with gzip: unpack it" if packed else "the file is not compressed with gzip"
            raise Unreadable(reason, ListFault.COMPRESSION)


def records(stream: BinaryIO, format_: FileFormat = PLAIN) -> Iterator[Record]:
    """Yield the records of a file as `Source.records` does. Raises Unreadable."""
    return Source(stream).records(format_)


def _csv(lines: _Lines, delimiter: str) -> Iterator[Record]:
    reader = csv.reader(lines, strict=True, delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            if len(cells) > MAX_RECORD_CELLS:
                reason = f"a record has {len(cells)} cells, and at most {MAX_RECORD_CELLS} are read"
                raise Unreadable(reason, ListFault.RECORD)
            if cells:
                yield Record(line, cells)
            line = reader.line_num + 1
            lines.taken = 0
    except csv.Error as error:
        raise Unreadable(f"the record breaks the rules of CSV: {error}", ListFault.QUOTES, line) from error
    except (UnicodeDecodeError, Unreadable) as error:
        raise _located(error, lines, line, reader.line_num + 1) from error


def _json(lines: _Lines) -> Iterator[Record]:
    number = 0
    try:
        for number, line in enumerate(lines, 1):
            if not line.isspace():
                yield Record(number, [line])
            lines.taken = 0
    except (UnicodeDecodeError, Unreadable) as error:
        raise _located(error, lines, number + 1, number + 1) from error


def _located(error: UnicodeDecodeError | Unreadable, lines: _Lines, record: int, line: int) -> Unreadable:
    """Return the reason with its line: a long record begins on a line, and any other fault is on the next line."""
    if isinstance(error, UnicodeDecodeError):
        error, before = undecodable(error, lines.encoding, lines.others)
        line += before
    at = record if error.fault is ListFault.RECORD else line
    return Unreadable(error.reason, error.fault, at, error.differences)


def chunks(found: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield items in lists of ``size``; the last list may be shorter."""
    chunk: list[T] = []
    for item in found:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
