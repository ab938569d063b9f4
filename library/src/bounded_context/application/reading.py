"""The reader of partners' CSV files: a stream in constant memory, for any content."""

import csv
from collections.abc import Iterable, Iterator
from io import BufferedReader, RawIOBase, TextIOWrapper
from typing import BinaryIO, TypeVar, cast

from ..domain.rows import Record, Unreadable

T = TypeVar("T")

# Many times the longest valid row; a longer record is a missing quote or no CSV at all.
MAX_RECORD_CHARACTERS = 64 * 1024
MAX_RECORD_CELLS = 1000
"""A cell takes 50 to 100 bytes of memory, and a thousand records are read at once: 100 MB at most. Lists have far fewer
columns."""

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class _Lines:
    """The text's lines. ``taken`` counts the characters of the current record, up to the maximum."""

    def __init__(self, text: TextIOWrapper) -> None:
        self._text = text
        self.taken = 0

    def __iter__(self) -> Iterator[str]:
        readline = self._text.readline
        while line := readline(MAX_RECORD_CHARACTERS + 1):
            self.taken += len(line)
            if self.taken > MAX_RECORD_CHARACTERS:
                raise Unreadable(f"a record is longer than {MAX_RECORD_CHARACTERS} characters: is a quote missing?")
            yield line


def records(stream: BinaryIO) -> Iterator[Record]:
    """Yield each record of a comma-separated UTF-8 file, the header first, without blank lines.

    Raises:
        Unreadable: the file is not UTF-8, breaks the rules of quoting (RFC 4180), or has a record that is endless or
            has more than 1,000 cells.
    """
    lines = _Lines(_text(stream))
    reader = csv.reader(lines, strict=True)
    line = 1
    try:
        for cells in reader:
            if len(cells) > MAX_RECORD_CELLS:
                raise Unreadable(f"a record has {len(cells)} cells, and at most {MAX_RECORD_CELLS} are read")
            if cells:
                yield Record(line, cells)
            line = reader.line_num + 1
            lines.taken = 0
    except csv.Error as error:
        raise Unreadable(f"the record on line {line} breaks the rules of CSV: {error}") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"the file is not UTF-8 text (at or after line {line})") from error
    except Unreadable as error:
        raise Unreadable(f"line {line}: {error}") from error


def _text(stream: BinaryIO) -> TextIOWrapper:
    # BufferedReader needs readinto, readable and closed only, and every binary stream has them.
    buffered = BufferedReader(cast("RawIOBase", stream), 1024 * 1024)
    if buffered.peek(2)[:2] in _UTF16_MARKS:
        raise Unreadable("the file is UTF-16 text: save it as UTF-8")
    return TextIOWrapper(buffered, encoding="utf-8-sig", newline="")


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
