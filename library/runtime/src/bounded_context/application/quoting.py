"""The quoted cells of a CSV file, as the reader of the records sees them, from blocks of its bytes."""

from collections.abc import Iterator
from typing import Final

_QUOTE: Final = b'"'


class QuotedCells:
    """The quoted cells of a file, whose bytes are given block by block.

    A quote opens a cell only at the beginning of a cell. A quote inside an unquoted cell is a character. The bytes are
    text of an encoding in which ASCII characters are single bytes.
    """

    def __init__(self, delimiter: str) -> None:
        self._openings = delimiter.encode() + b"\r\n"
        self._before = b"\n"
        self._quoted = False
        self._closing = False
        """Whether the last byte of the previous block is a quote inside a quoted cell: its end, or half of two."""

    def outside(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield the start and the end of each span of the block that is in no quoted cell."""
        at = self._continued(data)
        while at < len(data):
            if self._quoted:
                at = self._closed(data, at)
            else:
                stop = self._opened(data, at)
                yield at, stop
                at = stop + 1
        self._before = data[-1:]

    def _continued(self, data: bytes) -> int:
        """Decide whether the last quote of the previous block was the end of a cell; return where the block goes on."""
        doubled = self._closing and data.startswith(_QUOTE)
        self._quoted = self._quoted and (doubled or not self._closing)
        self._closing = False
        return int(doubled)

    def _closed(self, data: bytes, at: int) -> int:
        while (quote := data.find(_QUOTE, at)) >= 0:
            if quote + 1 == len(data):
                self._closing = True
                return len(data)
            if not data.startswith(_QUOTE, quote + 1):
                self._quoted = False
                return quote + 1
            at = quote + 2
        return len(data)

    def _opened(self, data: bytes, at: int) -> int:
        while (quote := data.find(_QUOTE, at)) >= 0:
            before = data[quote - 1 : quote] if quote else self._before
            if before in self._openings:
                self._quoted = True
                return quote
            at = quote + 1
        return len(data)
