"""The validation of a range of a large file, in a call of its own. It can be repeated."""

from collections.abc import Iterator
from contextlib import closing

from ..domain.lists import ListStatus, PinnedFile, ReceivedList, rows_a_part
from ..domain.ranges import FileRange
from ..domain.rows import Checked, Unreadable
from .checking import ListFile, checked_range
from .garbage import without_garbage_collection
from .list_import import Outcome, Step, Workflow
from .passes import FilePass
from .range_results import RangePart, RangeResult, Refusal
from .ranges import most_ranges
from .reading import Misfit, read_until
from .repetitions import RangeIdentities
from .report import FirstRejections
from .staging import Staging, attempt


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
    result = _validated(flow, received, place, part_rows)
    Staging(flow.files, received.list_id).write_range_result(place, result.as_json())
    return result


def _validated(flow: Workflow, received: ReceivedList, place: FileRange, part_rows: int) -> RangeResult:
    file, staging = received.file, Staging(flow.files, received.list_id, attempt())
    found = FilePass(flow.form, staging, range_part_rows(flow, file, part_rows), FirstRejections())
    identities = RangeIdentities(flow.seen_ids())
    try:
        for checked in _checked(flow, file, place, identities):
            found.take(checked)
    except Unreadable as refusal:
        return RangeResult(refusal=Refusal.of(refusal))
    except Misfit:
        return RangeResult(misfit=True)
    found.finish()
    return _result(found, identities)


def range_part_rows(flow: Workflow, file: PinnedFile, wanted: int) -> int:
    """Return the number of rows of a part of a range, for the maximum number of parts of a list."""
    return rows_a_part(wanted, file.size, flow.form.smallest_row, most_ranges(file.size))


def _checked(flow: Workflow, file: PinnedFile, place: FileRange, identities: RangeIdentities) -> Iterator[Checked]:
    format_ = flow.formats().of(file.partner)
    with closing(flow.files.open(file, place.start, read_until(place.end, file.size))) as stream:
        if place.number == 0:
            yield from ListFile(stream, flow.form, identities, format_, place=place).checked()
        else:
            yield from checked_range(stream, flow.form, identities, format_, place)


def _result(found: FilePass[FirstRejections], identities: RangeIdentities) -> RangeResult:
    parts = zip(found.staging.parts, found.lines, strict=True)
    return RangeResult(
        parts=[RangePart(part.key, part.rows, *lines) for part, lines in parts],
        rows=found.rows,
        rejected=found.rejected,
        reported=found.report.first,
        rejections=found.report.rejections,
        repeated=identities.repeated,
        identities=found.staging.write_identities(identities.data) if found.staging.parts else "",
    )
