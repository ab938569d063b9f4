"""Identities that are repeated across the ranges of a file: sorted digests of each range, merged by one call."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from heapq import merge
from io import BufferedReader, RawIOBase
from typing import BinaryIO, Final, cast

from .ports import SeenIds
from .report import REPORTED_REJECTIONS

_DIGEST: Final = 16
"""The size of a digest in bytes. Two of 100 million identities have the same digest with a probability below 1e-22."""

_ENTRY: Final = _DIGEST + 8
_ENTRIES_AT_ONCE: Final = 1000


class RangeIdentities:
    """The identities of the good rows of a range: a store of seen identities that keeps a digest of each.

    ``repeated`` has the first repeated lines of the range, at most as many as a report has, each with the first line of
    its identity in the range.
    """

    def __init__(self, seen: SeenIds) -> None:
        self._seen = seen
        self._entries: list[bytes] = []
        self.repeated: dict[int, int] = {}

    def first_lines(self, found: Sequence[tuple[str, int]]) -> dict[int, int]:
        """Remember (identity, line) pairs; for each repeated identity return its line and its first line."""
        earlier = self._seen.first_lines(found)
        self._entries += [_entry(identity, line) for identity, line in found if line not in earlier]
        if len(self.repeated) < REPORTED_REJECTIONS:
            self.repeated |= earlier
        return earlier

    @property
    def data(self) -> bytes:
        """The sorted entries: a digest of 16 bytes and a line of 8 bytes."""
        return b"".join(sorted(self._entries))


def digest_of(identity: str) -> bytes:
    """Return the digest of an identity."""
    return blake2b(identity.encode(), digest_size=_DIGEST).digest()


def _entry(identity: str, line: int) -> bytes:
    return digest_of(identity) + line.to_bytes(_ENTRY - _DIGEST, "big")


def repetitions(ranges: Iterable[BinaryIO]) -> Iterator[tuple[int, int]]:
    """Yield each line with the identity of a line in an earlier range, and the first line of the identity.

    Each stream has the `RangeIdentities.data` of a range.
    """
    digest, first = b"", 0
    for entry in merge(*map(_entries, ranges)):
        line = int.from_bytes(entry[_DIGEST:], "big")
        if entry[:_DIGEST] == digest:
            yield line, first
        else:
            digest, first = entry[:_DIGEST], line


def _entries(stream: BinaryIO) -> Iterator[bytes]:
    # A read of the stream itself may return fewer bytes.
    buffered = BufferedReader(cast("RawIOBase", stream), _ENTRIES_AT_ONCE * _ENTRY)
    while data := buffered.read(_ENTRIES_AT_ONCE * _ENTRY):
        for start in range(0, len(data), _ENTRY):
            yield data[start : start + _ENTRY]


class LinesInMemory:
    """The repeated lines of a file, in memory: for tests, and for callers without a store."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, int]] = []

    def add(self, repeated: Iterable[tuple[int, int]]) -> None:
        """Remember lines, each with the first line of its identity."""
        self._lines = sorted([*self._lines, *repeated])

    def between(self, first: int, last: int) -> dict[int, int]:
        """Return the lines from ``first`` to ``last``, each with the first line of its identity."""
        start, stop = bisect_left(self._lines, (first, 0)), bisect_right(self._lines, (last + 1, 0))
        return dict(self._lines[start:stop])
