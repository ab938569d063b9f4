"""The decision about a list whose ranges are validated: the result of a single pass, from the results of the ranges."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing

from ..domain.faults import Fault
from ..domain.lists import ReceivedList
from ..domain.ranges import FileRange
from ..domain.rows import Rejection
from .checking import already_on, no_rows, repetition
from .list_import import Workflow
from .passes import FilePass
from .ports import RepeatedLines
from .range_results import RangePart, RangeResult
from .range_validation import range_result
from .reading import Misfit
from .repetitions import repetitions
from .report import Report, Reported
from .staging import Part, Staging, read_part


class Join:
    """The join of the results of the ranges of a list. Ranges without a result are validated.

    Args:
        flow: the workflow.
        received: the list.
        found: the empty results of a pass, to which the ranges are added.
    """

    def __init__(self, flow: Workflow, received: ReceivedList, part_rows: int, found: FilePass[Report]) -> None:
        self._flow, self._received, self._part_rows, self._found = flow, received, part_rows, found
        self._staging = Staging(flow.files, received.list_id)
        self._ranges = self._staging.ranges()

    def run(self) -> None:
        """Add all ranges to the results.

        Raises:
            Unreadable: the file cannot be read as a list. The refusal has no settings of the file's beginning.
            Misfit: a range ends inside a quoted cell.
        """
        repeated = self._repeated(list(self._identities()))
        for result in self._results():
            self._take(result, repeated)
        if not self._found.rows:
            raise no_rows()

    def _results(self) -> Iterator[RangeResult]:
        """Yield the result of each range in order. The first refusal in this order is the refusal of one pass."""
        for place, data in zip(self._ranges, self._staging.range_results(self._ranges), strict=True):
            result = RangeResult.of(data) if data else self._validated(place)
            if result.refusal:
                raise result.refusal.error
            if result.misfit:
                raise Misfit
            yield result

    def _validated(self, place: FileRange) -> RangeResult:
        return range_result(self._flow, self._received, place, self._part_rows)

    def _identities(self) -> Iterator[str]:
        return (result.identities for result in self._results() if result.identities)

    def _repeated(self, keys: Sequence[str]) -> RepeatedLines:
        """Return the lines whose identity is in an earlier range."""
        lines = self._flow.repeated_lines()
        with ExitStack() as opened:
            lines.add(repetitions(opened.enter_context(closing(self._staging.read_identities(key))) for key in keys))
        return lines

    def _take(self, result: RangeResult, repeated: RepeatedLines) -> None:
        found = self._found
        more = [rejection for part in result.parts for rejection in self._take_part(part, repeated)]
        reported = [_renamed(one, result, repeated) for one in result.reported]
        # The rejections of a row are in order already.
        found.report.add(sorted([*reported, *more], key=lambda one: one.line))
        found.report.add_lines("", result.rejections - len(reported))
        found.rows += result.rows
        found.rejected.update(result.rejected)
        if more:
            found.rejected[str(Fault.REPEATED)] += len(more)

    def _take_part(self, part: RangePart, repeated: RepeatedLines) -> list[Reported]:
        """Add a part without the rows whose identity is in an earlier range; return their rejections."""
        number, lines = len(self._found.staging.parts), repeated.between(part.first, part.last)
        whole = Part(number, part.key, part.rows)
        if not lines:
            self._found.staging.keep_part(whole)
            return []
        form = self._flow.form
        staged = read_part(self._flow.files, whole, form)
        good = [row for row in staged if row.line not in lines]
        if good:
            self._found.staging.keep_part(self._found.staging.rewrite_part(whole, good))
        bad = [row for row in staged if row.line in lines]
        return [_reported(repetition(form, row.values[form.identity], row.line, lines[row.line])) for row in bad]


def _reported(found: Rejection) -> Reported:
    return Reported(found.line, found.field, found.reason, found.code)


def _renamed(one: Reported, result: RangeResult, repeated: RepeatedLines) -> Reported:
    """Return a rejection with the first line of its identity in the file, if that is in an earlier range."""
    first = result.repeated.get(one.line, 0)
    earlier = repeated.between(first, first).get(first) if first else None
    if earlier is None:
        return one
    identity = one.reason.removesuffix(already_on(first))
    return one._replace(reason=identity + already_on(earlier))
