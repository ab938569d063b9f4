"""The plan of the ranges of a large file: cuts between two records, found in one pass without reading the records."""

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from io import BufferedReader, RawIOBase
from itertools import pairwise
from typing import BinaryIO, Final, NamedTuple, cast

from ..domain.formats import FileFormat
from ..domain.lists import PinnedFile
from ..domain.ranges import FileRange
from .checking import ListFile
from .list_import import Workflow
from .quoting import QuotedCells

RANGE_BYTES: Final = 16 * 1024 * 1024
"""The least size of a range in bytes. A call validates 16 MiB in less than a minute, and 2 GB have 128 ranges."""

_BLOCK: Final = 1024 * 1024
_LINE_END: Final = re.compile(rb"\n|\r(?!\n)")


class _Cut(NamedTuple):
    """A place between two records.

    ``at`` is in bytes, ``line`` is the next line, and ``others`` whether a line before is not ASCII.
    """

    at: int
    line: int
    others: bool


class _Lines:
    """Counts lines as `TextIOWrapper` does: a line ends with LF, CR, or both."""

    def __init__(self) -> None:
        self.next = 1
        self.others = False
        self._after_return = False

    def skip(self, data: bytes) -> None:
        """Count the line ends in the next bytes."""
        both = data.count(b"\r\n") + (self._after_return and data.startswith(b"\n"))
        self.next += data.count(b"\n") + data.count(b"\r") - both
        self.others = self.others or not data.isascii()
        self._after_return = data.endswith(b"\r") if data else self._after_return


def most_ranges(size: int) -> int:
    """Return the largest number of ranges of a file of ``size`` bytes."""
    return max(1, -(-size // RANGE_BYTES))


def has_ranges(size: int, format_: FileFormat) -> bool:
    """Return whether a file of ``size`` bytes may be validated in ranges."""
    return size > RANGE_BYTES and format_.has_ranges


def plan(flow: Workflow, file: PinnedFile) -> list[FileRange]:
    """Return the ranges of a file; a single range if there is no place to cut.

    Raises:
        Unreadable: the header cannot be read, with the settings that would accept the file.
    """
    format_ = flow.formats().of(file.partner)
    with closing(flow.files.open(file)) as stream:
        columns, line = ListFile(stream, flow.form, flow.seen_ids(), format_, file.size).header()
    with closing(flow.files.open(file)) as stream:
        # The first range has the header.
        cuts = [cut for cut in _cuts(stream, format_) if line < cut.line and cut.at < file.size]
    return list(_between([_Cut(0, 1, others=False), *cuts], file.size, columns))


def _between(cuts: list[_Cut], size: int, columns: tuple[str, ...]) -> Iterator[FileRange]:
    ends: Iterable[tuple[_Cut, _Cut | None]] = [*pairwise(cuts), (cuts[-1], None)]
    for number, (cut, end) in enumerate(ends):
        until, lines = (end.at, end.line - cut.line) if end else (size, None)
        yield FileRange(number, cut.at, until, cut.line, lines, cut.others, columns)


def _cuts(stream: BinaryIO, format_: FileFormat) -> Iterator[_Cut]:
    """Yield the place after the first line end outside of quoted cells at or after each multiple of `RANGE_BYTES`."""
    quoted = QuotedCells(format_.delimiter) if format_.kind == "csv" else None
    lines, target = _Lines(), RANGE_BYTES
    for offset, data in _blocks(stream):
        done = 0
        for start, stop in quoted.outside(data) if quoted else [(0, len(data))]:
            while (found := _LINE_END.search(data, max(start, target - offset), stop)) and not _is_open(data, found):
                lines.skip(data[done : found.end()])
                done = found.end()
                yield _Cut(offset + done, lines.next, lines.others)
                target = ((offset + done) // RANGE_BYTES + 1) * RANGE_BYTES
        lines.skip(data[done:])


def _is_open(data: bytes, end: re.Match[bytes]) -> bool:
    """Return whether a line end at the end of a block is CR: the next block may begin with its LF."""
    return end.end() == len(data) and end[0] == b"\r"


def _blocks(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield blocks of a file, each with its offset. A byte order mark at the beginning is no part of the text."""
    buffered = BufferedReader(cast("RawIOBase", stream), _BLOCK)
    offset = len(codecs.BOM_UTF8) if buffered.peek(len(codecs.BOM_UTF8)).startswith(codecs.BOM_UTF8) else 0
    buffered.read(offset)
    while data := buffered.read(_BLOCK):
        yield offset, data
        offset += len(data)
