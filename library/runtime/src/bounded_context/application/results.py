"""The report for the partner who sent a list, and the results of a list's pieces until the decision about the list."""

import csv
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from heapq import merge
from io import BufferedReader, RawIOBase, StringIO
from itertools import islice
from typing import Any, BinaryIO, Final, NamedTuple, Self, cast

from ..domain.aggregate import shortened
from ..domain.faults import ListFault, remedy_of
from ..domain.formats import PLAIN, Difference, FileFormat
from ..domain.lists import ReceivedList
from ..domain.rows import Rejection, Unreadable
from .ports import Files, Lists, SeenIds
from .staging import Part, TypedRow, adapter

# A partner fixes causes, not ten thousand rows. The limit keeps the report's memory constant.
REPORTED_REJECTIONS = 10_000
_HEADER = "line,field,reason,code,remedy\r\n"
_CELLS = 5
_FORMULA = ("=", "+", "-", "@")


class Reported(NamedTuple):
    """The members of a rejection that a report has. ``reason`` is not shortened."""

    line: int
    field: str
    reason: str
    code: str


class FirstRejections:
    """A collector of rejections: it keeps the first 10,000 and counts all."""

    def __init__(self) -> None:
        self.first: list[Reported] = []
        self.rejections = 0
        """The number of all added rejections."""

    def add(self, rejections: Iterable[Rejection]) -> None:
        """Add rejections; above the limit they are only counted."""
        for rejection in rejections:
            self.rejections += 1
            if self.rejections <= REPORTED_REJECTIONS:
                self.first.append(Reported(rejection.line, rejection.field, rejection.reason, rejection.code))


class Report:
    """A collector of rejections as CSV text: it writes the first 10,000 and counts all.

    ``kind`` is the kind of the partner's format, whose words the remedies have.
    """

    def __init__(self, so_far: str = "", kind: str = PLAIN.kind) -> None:
        self._kind = kind
        self._text = StringIO(newline="")
        self._writer = csv.writer(self._text)
        # Rows of an earlier version have no code, or no remedy.
        self._writer.writerows([*cells, "", ""][:_CELLS] for cells in csv.reader(StringIO(so_far, newline="")))
        self.rejections = 0
        """The number of all added rejections."""

    def add(self, rejections: Iterable[Rejection | Reported]) -> None:
        """Add rejections; above the limit they are only counted."""
        for rejection in rejections:
            self.rejections += 1
            if self.rejections <= REPORTED_REJECTIONS:
                self._writer.writerow(_cells(rejection, self._kind))

    def add_lines(self, lines: str, rejections: int) -> None:
        """Add the `lines` of another report, which has this number of rejections."""
        capacity = max(0, REPORTED_REJECTIONS - self.rejections)
        self._writer.writerows(islice(csv.reader(StringIO(lines, newline="")), capacity))
        self.rejections += rejections

    @property
    def full(self) -> bool:
        """Whether the lines of further rejections would be left out."""
        return self.rejections >= REPORTED_REJECTIONS

    @property
    def lines(self) -> str:
        """The lines of the first rejections, without the header."""
        return self._text.getvalue()

    @property
    def rows(self) -> str:
        """The lines, and a last line with the number of the other rejections."""
        unreported = self.rejections - REPORTED_REJECTIONS
        return self.lines + (whole_list(f"and {unreported} more") if unreported > 0 else "")


def by_line(rows: str) -> str:
    """Return the lines of a report in the order of the file: a stage of the check adds its rejections at the end."""
    text, lines = StringIO(newline=""), csv.reader(StringIO(rows, newline=""))
    csv.writer(text).writerows(sorted(lines, key=lambda cells: int(cells[0]) if cells[0] else sys.maxsize))
    return text.getvalue()


def _cells(rejection: Rejection | Reported, kind: str) -> tuple[int, str, str, str, str]:
    return (
        rejection.line,
        shortened(rejection.field),
        _harmless(rejection.reason),
        rejection.code,
        remedy_of(rejection.code, kind),
    )


def whole_list(reason: str, code: str = "", line: int | str = "", kind: str = PLAIN.kind) -> str:
    """Return the line of a reason for the list as a whole. ``kind`` is the kind of the partner's format."""
    text = StringIO(newline="")
    csv.writer(text).writerow((line, "", _harmless(reason), code, remedy_of(code, kind)))
    return text.getvalue()


def file_lines(refusal: Unreadable, format_: FileFormat) -> str:
    """Return the lines of a refused file: the differences from the format, then the reason with its code and line."""
    reason = whole_list(refusal.reason, refusal.fault, refusal.line or "", format_.kind)
    return format_lines(refusal.differences, format_) + reason


def format_lines(differences: Sequence[Difference], format_: FileFormat) -> str:
    """Return a line for each difference from the partner's format, with the remedy."""
    return "".join(whole_list(sentence, ListFault.FORMAT) for sentence in remedies(differences, format_))


def remedies(differences: Sequence[Difference], format_: FileFormat) -> list[str]:
    """Return a sentence for each difference from the partner's format."""
    # The settings of a kind belong to it: a partner who changes the kind needs no other separator.
    kinds = [difference for difference in differences if difference.member == "kind"]
    return [each.remedy(format_) for each in differences if not kinds or each.member != "delimiter"]


def document(rows: str) -> bytes:
    """Return the bytes of a report file."""
    return (_HEADER + rows).encode()


def with_reason(rows: str, reason: str, code: str = "") -> bytes:
    """Return the bytes of a report file with the reason why the list as a whole was refused."""
    return document(rows + whole_list(reason, code))


def write_report(files: Files, lists: Lists, received: ReceivedList, data: bytes) -> None:
    """Store the partner's report of a list, unless the list's status differs from the status in ``received``.

    A step may outlive its execution and write late. The report is replaced only if it is the report that existed before
    the status was read. A late step therefore does not replace the report of a later step.
    """
    key = received.file.report_key
    while True:
        tag = files.tag(key)
        if lists.get(received.list_id).status is not received.status or files.replace(key, data, tag):
            return


def _harmless(reason: str) -> str:
    # A spreadsheet runs a cell with such a beginning as a formula; an apostrophe makes it text.
    return shortened(f"'{reason}" if reason.startswith(_FORMULA) else reason)


class StoredResult:
    """The base of a dataclass that is stored until the decision about its list. Unknown members are ignored."""

    def as_json(self) -> bytes:
        """Return the result as JSON; decimals are texts, since they are exact."""
        return adapter(type(self)).dump_json(self)

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return the result in this JSON."""
        return adapter(cls).validate_json(data)


@dataclass(frozen=True)
class PartResult(StoredResult):
    """The result for a part.

    ``part`` is the part to import, or None if no row is left. ``lines`` are the report's lines of the first
    ``rejections``. ``rejected`` counts the rejected rows by fault. ``amounts`` are the sums of the other rows by field
    and currency. Another version of the library may add members, and faults.
    """

    part: Part | None = None
    lines: str = ""
    rejections: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict[str, int])
    amounts: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict[str, Mapping[str, Decimal]])


@dataclass
class RuleProgress(StoredResult):
    """The results of a rule for the rows of a part up to ``line``. The next try of the part continues after that line.

    ``reported`` are the rejections. ``created`` has the values to import by line, if they differ from the row's.
    """

    line: int = 0
    reported: list[Rejection] = field(default_factory=list[Rejection])
    created: dict[int, Mapping[str, Any]] = field(default_factory=dict[int, Mapping[str, Any]])

    def take(self, row: TypedRow[Any], rejection: Rejection | None) -> None:
        """Add the result of the next row."""
        self.line = row.line
        if rejection:
            self.reported.append(rejection)
        elif row.created is not None:
            self.created[row.line] = row.created

    def remaining(self, rows: Sequence[TypedRow[Any]]) -> Sequence[TypedRow[Any]]:
        """Return the rows without a result; the other rows get their values to import."""
        if not self.line:
            return rows
        for row in rows:
            row.created = self.created.get(row.line)
        return [row for row in rows if row.line > self.line]


@dataclass(frozen=True)
class RangePart:
    """A part of the good rows of a range: its key, the number of its rows, and its first and last line of the file."""

    key: str
    rows: int
    first: int
    last: int


@dataclass(frozen=True)
class Refusal:
    """The reason why a file is no list, found in a range. ``differences`` are those from the format."""

    reason: str
    fault: ListFault
    line: int
    differences: Sequence[tuple[str, Any]] = ()

    @classmethod
    def of(cls, error: Unreadable) -> "Refusal":
        """Return the refusal for an exception."""
        differences = [(difference.member, difference.value) for difference in error.differences]
        return cls(error.reason, error.fault, error.line, differences)

    @property
    def error(self) -> Unreadable:
        """The exception."""
        return Unreadable(
            self.reason, self.fault, self.line, [Difference(*difference) for difference in self.differences]
        )


@dataclass(frozen=True)
class RangeResult(StoredResult):
    """The result for a range.

    ``rows`` counts the rows, and ``rejected`` the rejected rows by fault. ``reported`` are the first of the
    ``rejections``. ``repeated`` are lines in ``reported``, each with the first line of its identity in the range.
    ``identities`` is the key of the digests of the good rows' identities. ``misfit`` is whether the range ends inside a
    quoted cell. With a ``refusal`` or a misfit, the other members are empty.
    """

    parts: Sequence[RangePart] = ()
    rows: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict[str, int])
    reported: Sequence[Reported] = ()
    rejections: int = 0
    repeated: Mapping[int, int] = field(default_factory=dict[int, int])
    identities: str = ""
    refusal: Refusal | None = None
    misfit: bool = False


_DIGEST: Final = 16
"""The size of a digest in bytes. Two of 100 million identities have the same digest with a probability below 1e-22."""

_ENTRY: Final = _DIGEST + 8
_ENTRIES_AT_ONCE: Final = 1000


class RangeIdentities:
    """The identities of the good rows of a range: a store of seen identities that keeps a digest of each.

    ``repeated`` has the first repeated lines of the range, at most as many as a report has, each with the first line of
    its identity in the range.
    """

    def __init__(self, seen_ids: SeenIds) -> None:
        self._seen = seen_ids
        self._entries: list[bytes] = []
        self.repeated: dict[int, int] = {}

    def first_lines(self, found: Sequence[tuple[str, int]]) -> dict[int, int]:
        """Remember (identity, line) pairs; for each repeated identity return its line and its first line."""
        earlier = self._seen.first_lines(found)
        new = ((identity, line) for identity, line in found if line not in earlier)
        self._entries += [digest_of(identity) + line.to_bytes(_ENTRY - _DIGEST, "big") for identity, line in new]
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
