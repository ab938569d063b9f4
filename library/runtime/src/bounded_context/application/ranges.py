"""The ranges of a large file: their plan, their validation in calls of their own, and the decision about their list."""

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from io import BufferedReader, RawIOBase
from itertools import pairwise
from typing import BinaryIO, Final, NamedTuple, cast

from ..domain.faults import Fault
from ..domain.formats import FileFormat
from ..domain.lists import FileRange, ListStatus, PinnedFile, ReceivedList, rows_a_part
from ..domain.rows import Checked, Rejection, Unreadable
from .calls import without_garbage_collection
from .checking import FilePass, ListFile, already_on, checked_range, no_rows, repetition
from .list_import import Outcome, Step, Workflow
from .ports import RepeatedLines
from .reading import Misfit, read_until
from .results import FirstRejections, RangeIdentities, RangePart, RangeResult, Refusal, Report, Reported, repetitions
from .staging import Part, Staging, attempt, read_part

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
        pairs = data.count(b"\r\n") + (self._after_return and data.startswith(b"\n"))
        self.next += data.count(b"\n") + data.count(b"\r") - pairs
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
        Unreadable: the header cannot be read, with its differences from the format.
    """
    format_ = flow.formats().of(file.partner)
    with closing(flow.files.open(file)) as stream:
        names, line = ListFile(stream, flow.form, flow.seen_ids(), format_, file.size).header()
        columns = flow.form.stored_columns(names)
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
        counted = 0
        for start, stop in quoted.outside(data) if quoted else [(0, len(data))]:
            while (line_end := _LINE_END.search(data, max(start, target - offset), stop)) and not _is_open(
                data, line_end
            ):
                lines.skip(data[counted : line_end.end()])
                counted = line_end.end()
                yield _Cut(offset + counted, lines.next, lines.others)
                target = ((offset + counted) // RANGE_BYTES + 1) * RANGE_BYTES
        lines.skip(data[counted:])


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


@without_garbage_collection()
def validate_range(flow: Workflow, list_id: str, place: FileRange, part_rows: int) -> Step:
    """Read a range of the pinned file, and store the result for the decision about the list.

    Any try of a range may store its result: all tries read the same bytes. A list that is not to be validated any more
    stays as it is.
    """
    received = flow.lists.get(list_id)
    if received.status is ListStatus.REGISTERED:
        range_result(flow, received, place, part_rows)
    return Step(list_id, Outcome.VALIDATED)


def range_result(flow: Workflow, received: ReceivedList, place: FileRange, part_rows: int) -> RangeResult:
    """Validate a range; store and return its result."""
    result = _validate(flow, received, place, part_rows)
    Staging(flow.files, received.list_id).write_range_result(place, result.as_json())
    return result


def _validate(flow: Workflow, received: ReceivedList, place: FileRange, part_rows: int) -> RangeResult:
    file, staging = received.file, Staging(flow.files, received.list_id, attempt())
    range_pass = FilePass(flow.form, staging, range_part_rows(flow, file, part_rows), FirstRejections())
    identities = RangeIdentities(flow.seen_ids())
    try:
        for checked in _checked(flow, file, place, identities):
            range_pass.take(checked)
    except Unreadable as refusal:
        return RangeResult(refusal=Refusal.of(refusal))
    except Misfit:
        return RangeResult(misfit=True)
    range_pass.finish()
    return _result(range_pass, identities)


def range_part_rows(flow: Workflow, file: PinnedFile, preferred: int) -> int:
    """Return the number of rows of a part of a range, for the maximum number of parts of a list."""
    return rows_a_part(preferred, file.size, flow.form.smallest_row, most_ranges(file.size))


def _checked(flow: Workflow, file: PinnedFile, place: FileRange, identities: RangeIdentities) -> Iterator[Checked]:
    format_ = flow.formats().of(file.partner)
    with closing(flow.files.open(file, place.start, read_until(place.end, file.size))) as stream:
        if place.number == 0:
            yield from ListFile(stream, flow.form, identities, format_, place=place).checked()
        else:
            yield from checked_range(stream, flow.form, identities, format_, place)


def _result(range_pass: FilePass[FirstRejections], identities: RangeIdentities) -> RangeResult:
    parts = zip(range_pass.staging.parts, range_pass.lines, strict=True)
    return RangeResult(
        parts=[RangePart(part.key, part.rows, *lines) for part, lines in parts],
        rows=range_pass.rows,
        rejected=range_pass.rejected,
        reported=range_pass.report.first,
        rejections=range_pass.report.rejections,
        repeated=identities.repeated,
        identities=range_pass.staging.write_identities(identities.data) if range_pass.staging.parts else "",
    )


class Join:
    """The join of the results of the ranges of a list. Ranges without a result are validated.

    Args:
        flow: the workflow.
        received: the list.
        file_pass: the empty results of a pass, to which the ranges are added.
    """

    def __init__(self, flow: Workflow, received: ReceivedList, part_rows: int, file_pass: FilePass[Report]) -> None:
        self._flow, self._received, self._part_rows, self._file_pass = flow, received, part_rows, file_pass
        self._staging = Staging(flow.files, received.list_id)
        self._ranges = self._staging.ranges()

    def run(self) -> None:
        """Add all ranges to the results.

        Raises:
            Unreadable: the file cannot be read as a list. The refusal has no settings of the file's beginning.
            Misfit: a range ends inside a quoted cell.
        """
        repeated = self._repeated([result.identities for result in self._results() if result.identities])
        for result in self._results():
            self._take(result, repeated)
        if not self._file_pass.rows:
            raise no_rows()

    def _results(self) -> Iterator[RangeResult]:
        """Yield the result of each range in order. The first refusal in this order is the refusal of one pass."""
        for place, data in zip(self._ranges, self._staging.range_results(self._ranges), strict=True):
            result = RangeResult.of(data) if data else self._validate(place)
            if result.refusal:
                raise result.refusal.error
            if result.misfit:
                raise Misfit
            yield result

    def _validate(self, place: FileRange) -> RangeResult:
        return range_result(self._flow, self._received, place, self._part_rows)

    def _repeated(self, keys: Sequence[str]) -> RepeatedLines:
        """Return the lines whose identity is in an earlier range."""
        lines = self._flow.repeated_lines()
        with ExitStack() as opened:
            lines.add(repetitions(opened.enter_context(closing(self._staging.read_identities(key))) for key in keys))
        return lines

    def _take(self, result: RangeResult, repeated: RepeatedLines) -> None:
        file_pass = self._file_pass
        more = [rejection for part in result.parts for rejection in self._take_part(part, repeated)]
        reported = [_renamed(entry, result, repeated) for entry in result.reported]
        # The rejections of a row are in order already.
        file_pass.report.add(sorted([*reported, *more], key=lambda entry: entry.line))
        file_pass.report.add_lines("", result.rejections - len(reported))
        file_pass.rows += result.rows
        file_pass.rejected.update(result.rejected)
        if more:
            file_pass.rejected[str(Fault.REPEATED)] += len(more)

    def _take_part(self, part: RangePart, repeated: RepeatedLines) -> list[Reported]:
        """Add a part without the rows whose identity is in an earlier range; return their rejections."""
        number, lines = len(self._file_pass.staging.parts), repeated.between(part.first, part.last)
        whole = Part(number, part.key, part.rows)
        if not lines:
            self._file_pass.staging.keep_part(whole)
            return []
        form = self._flow.form
        staged = read_part(self._flow.files, whole, form)
        good = [row for row in staged if row.line not in lines]
        if good:
            self._file_pass.staging.keep_part(self._file_pass.staging.rewrite_part(whole, good))
        bad = [row for row in staged if row.line in lines]
        return [_reported(repetition(form, row.values[form.identity], row.line, lines[row.line])) for row in bad]


def _reported(rejection: Rejection) -> Reported:
    return Reported(rejection.line, rejection.field, rejection.reason, rejection.code)


def _renamed(rejection: Reported, result: RangeResult, repeated: RepeatedLines) -> Reported:
    """Return a rejection with the first line of its identity in the file, if that is in an earlier range."""
    first = result.repeated.get(rejection.line, 0)
    earlier = repeated.between(first, first).get(first) if first else None
    if earlier is None:
        return rejection
    identity = rejection.reason.removesuffix(already_on(first))
    return rejection._replace(reason=identity + already_on(earlier))
