"""The reader of partners' files: a stream in constant memory, for any content, each format and each encoding."""

import codecs
import csv
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from io import BufferedReader, RawIOBase, TextIOWrapper
from itertools import islice
from typing import BinaryIO, Final, TypeAlias, TypeVar, cast

from ..domain.faults import ListFault
from ..domain.formats import MOST_BYTES, PLAIN, SINGLE_BYTE, Difference, FileFormat
from ..domain.lists import FileRange
from ..domain.rows import Record, Unreadable

_CODECS: Final = {"utf-8": "utf-8", "latin-1": "latin-1", "windows-1252": "cp1252"}
_UTF_16: Final = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_LINE_END: Final = re.compile("\r\n|\r|\n")
MARK: Final = "\ufeff"
ORDER_BYTES: Final = 4096
"""The first bytes of a file in UTF-16 without a byte order mark that show the order of its bytes."""

_ESCAPED: Final = re.compile("[\udc80-\udcff]")
_CONTROL: Final = re.compile("[\x00-\x08]")


def codec(encoding: str, head: bytes) -> str:
    """Return Python's codec for an encoding. Raises Unreadable if the first bytes contradict the encoding."""
    mark = marked(head, encoding)
    if mark and mark != encoding:
        raise Unreadable(f"the file is {mark.upper()} text: save it as {encoding.upper()}", ListFault.ENCODING)
    if encoding != "utf-16":
        return "utf-8-sig" if encoding == "utf-8" else _CODECS[encoding]
    if head and not mark:
        raise Unreadable("the file is not UTF-16 text", ListFault.ENCODING)
    return _utf_16(head, agreed=True) or encoding


def continued(encoding: str) -> str:
    """Return Python's codec for bytes inside a file, where a byte order mark is a character."""
    return _CODECS[encoding]


def marked(head: bytes, expected: str = "") -> str:
    """Return the encoding that the first bytes show: by a byte order mark, or by the zeros of UTF-16; or empty."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8"
    return "utf-16" if _utf_16(head, agreed=expected == "utf-16") else ""


def _utf_16(head: bytes, *, agreed: bool = False) -> str:
    """Return the codec of a text in UTF-16, or an empty text.

    Without a byte order mark, the zeros show the order of the bytes: of the first two letters, or, in a file that is
    ``agreed`` to be UTF-16, of the separators and line ends, also next to letters outside of Latin-1.
    """
    zeros = [byte == 0 for byte in head[: ORDER_BYTES if agreed else 4]]
    first, second = sum(zeros[::2]), sum(zeros[1::2])
    if not agreed and {first, second} != {0, 2}:
        return _UTF_16.get(head[:2], "")
    return _UTF_16.get(head[:2]) or ("utf-16-be" if first > second else "utf-16-le" if second > first else "")


def check(line: str, encoding: str, others: bool) -> None:
    """Check a line that is not ASCII; ``others`` is whether there were such lines before.

    Raises:
        Unreadable: the line has a byte order mark, or is UTF-8 text in a file of another encoding.
    """
    if MARK in line:
        raise Unreadable("a byte order mark is inside the file: was it joined from several files?", ListFault.MARK)
    if encoding in SINGLE_BYTE and _is_text(data := line.encode(_CODECS[encoding]), "utf-8"):
        raise _foreign(f"the line is UTF-8 text, and not {encoding.upper()}", data, encoding, others)


def undecodable(error: UnicodeDecodeError, encoding: str, others: bool) -> tuple[Unreadable, int]:
    """Return the reason to refuse a file with bytes that are no text, and the number of line ends before the bytes."""
    before, after = error.object[: error.start], error.object[error.start :]
    text = before.decode(error.encoding if encoding == "utf-16" else "latin-1", "replace")
    line = before.rpartition(b"\n")[2] + after.partition(b"\n")[0]
    reason = f"the byte 0x{after[0]:02X} is not {encoding.upper()} text"
    return _foreign(reason, line, encoding, others or not before.isascii()), len(_LINE_END.findall(text))


def _foreign(reason: str, line: bytes, encoding: str, others: bool) -> Unreadable:
    if encoding == "utf-16":
        return Unreadable(reason, ListFault.ENCODING)
    if others:
        return Unreadable(f"{reason}: the file has several encodings", ListFault.ENCODING)
    actual = guessed(line, encoding)
    differences = [Difference("encoding", actual)] if actual != encoding else []
    return Unreadable(reason, ListFault.ENCODING, differences=differences)


def _is_text(data: bytes, codec_: str) -> bool:
    try:
        return bool(data.decode(codec_))
    except UnicodeDecodeError:
        return False


def guessed(data: bytes, expected: str) -> str:
    """Return the encoding of the beginning of a file, or of a line; ``expected`` if the bytes show no other encoding.

    Bytes of two encodings, and bytes that are no text, show no other encoding.
    """
    if mark := marked(data, expected):
        return mark
    # The last character may be cut.
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(data)
    wrong = _ESCAPED.findall(text)
    if not wrong:
        return "utf-8" if expected == "utf-16" or not text.isascii() else expected
    mixed = not _ESCAPED.sub("", text).isascii()
    if mixed or expected in SINGLE_BYTE or _CONTROL.search(text):
        return expected
    return "windows-1252" if _is_text(data, "cp1252") else "latin-1"


def first_text(data: bytes, encoding: str) -> str:
    """Return the beginning of a file as text. Wrong bytes are replaced."""
    name = (_utf_16(data, agreed=True) or "utf-16-le") if encoding == "utf-16" else _CODECS[encoding]
    return codecs.getincrementaldecoder(name)("replace").decode(data).removeprefix(MARK)


T = TypeVar("T")
_Buffered: TypeAlias = "BufferedReader[RawIOBase]"

# Many times the longest valid row; a longer record is a missing quote or no CSV at all.
MAX_RECORD_CHARACTERS = 64 * 1024
MAX_RECORD_CELLS = 1000
"""A cell takes 50 to 100 bytes of memory, and a thousand records are read at once: 100 MB at most. Lists have far fewer
columns."""

ROWS_AT_ONCE: Final = 1000
"""Rows that are checked together, or written together. A repeated step starts after the last recorded row."""

HEAD_BYTES: Final = 64 * 1024
"""The bytes at the beginning of a file that are kept to detect its format."""

TEXT_BYTES: Final = 8 * 1024
"""The bytes that are decoded at once. Bytes that are no text refuse a file before the lines of the same 8 KiB are read.

A range is decoded in the same pieces as the file: a fault is found in the same order.
"""

GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"


class Misfit(Exception):
    """A range ends inside a quoted cell: the plan of the ranges is wrong, and the next range begins with no record."""


class _Lines:
    """The text's lines, of a range or of the whole file.

    ``characters`` counts the characters of the current record, up to the maximum. ``others`` is whether a line was not
    ASCII. ``cut`` is whether all lines of a range are read, and the file has more lines.
    """

    def __init__(self, text: TextIOWrapper, encoding: str, place: FileRange | None = None) -> None:
        self._text = text
        self._most = place.lines if place else None
        self.encoding = encoding
        self.first = place.line if place else 1
        self.others = place.others if place else False
        self.characters = 0
        self.cut = False

    def __iter__(self) -> Iterator[str]:
        always = self.encoding in SINGLE_BYTE
        for line in islice(iter(partial(self._text.readline, MAX_RECORD_CHARACTERS + 1), ""), self._most):
            self.characters += len(line)
            if self.characters > MAX_RECORD_CHARACTERS:
                reason = f"a record is longer than {MAX_RECORD_CHARACTERS} characters: is a quote missing?"
                raise Unreadable(reason, ListFault.RECORD)
            if not line.isascii():
                if always or MARK in line:
                    check(line, self.encoding, self.others)
                self.others = True
            yield line
        self.cut = self._most is not None


def check_size(size: int, most: int, format_: FileFormat = PLAIN) -> None:
    """Raise Unreadable if a file of ``size`` bytes is empty, or too large.

    ``most`` is the maximum size in bytes of the stack. A format without ranges has a lower maximum (`ONE_PASS_BYTES`).
    """
    if size == 0:
        raise Unreadable("the file is empty", ListFault.EMPTY)
    if size > format_.most_bytes(most):
        raise Unreadable(f"the file has {size} bytes, and {limit(most, format_)}", ListFault.SIZE)


def limit(most: int, format_: FileFormat = PLAIN) -> str:
    """Return the end of the reason to refuse a too large file. ``most`` is the maximum of the stack in bytes."""
    least = format_.most_bytes(most)
    if least == most:
        return f"at most {most} bytes are accepted: split it"
    form = format_.kind if format_.has_own_reader else format_.encoding.upper()
    form = "compressed" if format_.compression != PLAIN.compression else form
    return f"at most {least} bytes are accepted in a {form} file: split it"


class _Unpacked(RawIOBase):
    """The content of a gzip file, up to a maximum size."""

    def __init__(self, packed: BinaryIO, limit: str, max_bytes: int) -> None:
        self._file = gzip.GzipFile(fileobj=packed)
        self._limit, self._remaining = limit, max_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # pyrefly: ignore[bad-override] (the caller passes a memoryview)
        try:
            # A single read: the lines before a broken end are read.
            data = self._file.read1(len(buffer))
        except EOFError as error:
            raise Unreadable("the compressed file ends too early: send it again", ListFault.COMPRESSION) from error
        except (OSError, zlib.error) as error:
            raise Unreadable("the compressed file is broken: send it again", ListFault.COMPRESSION) from error
        self._remaining -= len(data)
        if self._remaining < 0:
            raise Unreadable(f"the unpacked file is too large: {self._limit}", ListFault.SIZE)
        buffer[: len(data)] = data
        return len(data)


class _Aligned(RawIOBase):
    """The bytes of a range. The first read ends where the file is divided into pieces of `TEXT_BYTES`."""

    def __init__(self, stream: BinaryIO, start: int) -> None:
        self._stream = stream
        self._first = TEXT_BYTES - start % TEXT_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # pyrefly: ignore[bad-override] (the caller passes a memoryview)
        data = self._stream.read(min(len(buffer), self._first or len(buffer)))
        self._first = 0
        buffer[: len(data)] = data
        return len(data)


def read_until(end: int, size: int) -> int:
    """Return the end of the bytes that the reader of a range needs: the piece with its last byte is decoded at once.

    The reader of a range that ends with CR may need one more piece, since LF would belong to the same line end.
    """
    return min(size, (-(-end // TEXT_BYTES) + 1) * TEXT_BYTES)


def _buffered(stream: BinaryIO | RawIOBase, size: int = 1024 * 1024) -> _Buffered:
    # BufferedReader needs readinto, readable and closed only, and every binary stream has them.
    return BufferedReader(cast("RawIOBase", stream), size)


class FileSource:
    """A partner's file, of at most ``max_bytes`` unpacked. ``head`` has its first bytes, as they are."""

    def __init__(self, stream: BinaryIO, max_bytes: int = MOST_BYTES) -> None:
        self._max_bytes = max_bytes
        self._buffered = _buffered(stream)
        self.head = self._buffered.peek(HEAD_BYTES)[:HEAD_BYTES]

    def records(self, format_: FileFormat = PLAIN, place: FileRange | None = None) -> Iterator[Record]:
        """Yield each record, the header first, without blank lines. A record of JSON lines has its line as one cell.

        A file without column names has the names of its format as the header.

        Args:
            format_: the format of the file.
            place: the first range of the file, if only its records are read.

        Raises:
            Unreadable: the file has another format, breaks the rules of quoting (RFC 4180), or has a record that is
                endless or has more than 1,000 cells.
            Misfit: the range ends inside a quoted cell.
        """
        self._check_compression(format_)
        content = self.content(format_)
        if format_.kind == "xml":
            from .xml_files import xml_records  # Only partners with such files need the module.

            return xml_records(content, format_)
        if format_.kind == "xlsx":
            from .workbooks import workbook_records

            most = self._max_bytes
            records = workbook_records(content, format_, format_.most_bytes(most), limit(most, format_))
        else:
            records = _records(content, codec(format_.encoding, content.peek(ORDER_BYTES)), format_, place)
        if format_.control and format_.kind != "fixed":
            from .control import table_records

            return table_records(records, format_)
        return records

    def content(self, format_: FileFormat = PLAIN) -> _Buffered:
        """Return the bytes, unpacked if they are compressed. A read of the bytes may raise Unreadable."""
        if not self.head.startswith(GZIP):
            return self._buffered
        most = self._max_bytes
        return _buffered(_Unpacked(self._buffered, limit(most, format_), format_.most_bytes(most)))

    def _check_compression(self, format_: FileFormat) -> None:
        if self.head.startswith(_ZIP) and format_.kind != "xlsx":
            form = "XML" if format_.kind == "xml" else "text"
            reason = f"the file is a ZIP archive or an Excel workbook: save it as {form}"
            raise Unreadable(reason, ListFault.COMPRESSION)
        packed = self.head.startswith(GZIP)
        if self.head and packed is not (format_.compression == "gzip"):
            reason = "the file is compressed with gzip: unpack it" if packed else "the file is not compressed with gzip"
            raise Unreadable(reason, ListFault.COMPRESSION)


def continued_records(stream: BinaryIO, format_: FileFormat, place: FileRange) -> Iterator[Record]:
    """Yield the records of a range that is not the first, as `FileSource.records` does. Raises Unreadable, Misfit.

    ``stream`` has the bytes from the start of the range to `read_until` its end.
    """
    content = _buffered(_Aligned(stream, place.start), TEXT_BYTES)
    return _records(content, continued(format_.encoding), format_, place)


def _records(content: _Buffered, codec_: str, format_: FileFormat, place: FileRange | None) -> Iterator[Record]:
    text = TextIOWrapper(content, codec_, newline="")
    text._CHUNK_SIZE = TEXT_BYTES  # pyrefly: ignore[missing-attribute] (CPython's own attribute)
    lines = _Lines(text, format_.encoding, place)
    if format_.kind == "fixed":
        from .fixed_width import fixed_records  # Only partners with such files need the module.

        return fixed_records(_json(lines), format_)
    return _csv(lines, format_.delimiter) if format_.kind == "csv" else _json(lines)


def _csv(lines: _Lines, delimiter: str) -> Iterator[Record]:
    reader = csv.reader(lines, strict=True, delimiter=delimiter)
    line = lines.first
    try:
        for cells in reader:
            if len(cells) > MAX_RECORD_CELLS:
                reason = f"a record has {len(cells)} cells, and at most {MAX_RECORD_CELLS} are read"
                raise Unreadable(reason, ListFault.RECORD)
            if cells:
                yield Record(line, cells)
            line = lines.first + reader.line_num
            lines.characters = 0
    except csv.Error as error:
        if lines.cut:
            raise Misfit from error
        raise Unreadable(f"the record breaks the rules of CSV: {error}", ListFault.QUOTES, line) from error
    except (UnicodeDecodeError, Unreadable) as error:
        raise _located(error, lines, line, lines.first + reader.line_num) from error


def _json(lines: _Lines) -> Iterator[Record]:
    number = lines.first - 1
    try:
        for number, line in enumerate(lines, lines.first):
            if not line.isspace():
                yield Record(number, [line])
            lines.characters = 0
    except (UnicodeDecodeError, Unreadable) as error:
        raise _located(error, lines, number + 1, number + 1) from error


def _located(error: UnicodeDecodeError | Unreadable, lines: _Lines, record: int, line: int) -> Unreadable:
    """Return the reason with its line: a long record begins on a line, and any other fault is on the next line."""
    if isinstance(error, UnicodeDecodeError):
        error, before = undecodable(error, lines.encoding, lines.others)
        line += before
    at = record if error.fault is ListFault.RECORD else line
    return Unreadable(error.reason, error.fault, at, error.differences)


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield items in lists of ``size``; the last list may be shorter."""
    remaining = iter(items)
    while chunk := list(islice(remaining, size)):
        yield chunk
