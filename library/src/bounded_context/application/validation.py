"""The list workflow's step that reads a file: good rows go to parts, bad rows to the report. It can be repeated."""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction

from ..domain.faults import Fault, ListFault
from ..domain.formats import PLAIN
from ..domain.lists import ListStatus, PinnedFile, ReceivedList, over_tolerance, rows_a_part
from ..domain.rows import Checked, Row, Rows, Unreadable, rejected_rows
from .checking import ListFile
from .list_import import Outcome, Step, Workflow, counts, refuse
from .ports import Files, Lists
from .report import Report, file_lines, format_lines, remedy
from .staging import VALIDATED, Staging, attempt


@dataclass
class _Validation:
    """The results of a pass over a file so far; full parts are already written."""

    form: Rows
    staging: Staging
    part_rows: int
    report: Report = field(default_factory=Report)
    rows: int = 0
    rejections: Counter[Fault] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._buffer: list[Row] = []

    @property
    def staged(self) -> dict[str, str]:
        """The fact that names the attempt."""
        return {"staged": self.staging.attempt or ""}

    def take(self, checked: Checked) -> None:
        self.rows += checked.count
        rejections = sorted(checked.rejections)
        self.report.add(rejections)
        self.rejections += rejected_rows(rejections)
        self._buffer += checked.rows
        while len(self._buffer) >= self.part_rows:
            self._flush()

    def finish(self, lines_of_file: str) -> None:
        if self._buffer:
            self._flush()
        self.staging.write_rejections(lines_of_file + self.report.rows)
        self.staging.write_manifest(VALIDATED)

    def _flush(self) -> None:
        self.staging.write_part(self._buffer[: self.part_rows], self.form)
        del self._buffer[: self.part_rows]


def validate_list(flow: Workflow, list_id: str, tolerated_share: Fraction, part_rows: int) -> Step:
    """Read the pinned file once, in constant memory; write good rows to parts of ``part_rows``, bad rows to the report.

    More bad rows than ``tolerated_share`` (0 to 1) reject the list. Parts have more rows if the list could have over
    10,000 parts otherwise. Each attempt stages its own rows. The first recorded attempt counts: later attempts repeat
    its answer.
    """
    received, files = flow.lists.get(list_id), flow.files
    if received.status is not ListStatus.REGISTERED:
        return _answer(received, files)
    found = _Validation(flow.form, Staging(files, list_id, attempt()), _part_rows(flow, received.file, part_rows))
    try:
        read = _read_through(flow, received.file, found)
    except Unreadable as refusal:
        return _answer(_refuse_file(flow.lists, received, found, refusal), files)
    return _answer(_judged(flow.lists, received, found, read, tolerated_share), files)


def _part_rows(flow: Workflow, file: PinnedFile, wanted: int) -> int:
    formats = flow.formats()
    packed = formats.of(file.partner).compression != PLAIN.compression
    return rows_a_part(wanted, formats.max_bytes if packed else file.size, flow.form.smallest_row)


def _answer(received: ReceivedList, files: Files) -> Step:
    """Publish the recorded attempt's parts, and return the answer for the list."""
    if received.cancelled:
        return Step(received.list_id, Outcome.REJECTED)
    Staging(files, received.list_id, received.staged).publish(VALIDATED)
    return Step(received.list_id, Outcome.VALIDATED)


def _read_through(flow: Workflow, file: PinnedFile, found: _Validation) -> ListFile:
    formats = flow.formats()
    with closing(flow.files.open(file)) as stream:
        read = ListFile(stream, flow.form, flow.seen_ids(), formats.of(file.partner), formats.max_bytes)
        for checked in read.checked():
            found.take(checked)
    return read


def _refuse_file(lists: Lists, received: ReceivedList, found: _Validation, refusal: Unreadable) -> ReceivedList:
    """Record the reason why a file is no list. Its line and its settings are in the staged lines of the report."""
    partner = received.file.partner
    found.staging.write_rejections(file_lines(refusal, partner))
    reason = f"{refusal}{remedy(refusal.differences, partner)}"
    return refuse(received.list_id, reason, lists, ListStatus.REGISTERED, code=refusal.fault, **found.staged)


def _judged(
    lists: Lists, received: ReceivedList, found: _Validation, read: ListFile, tolerated_share: Fraction
) -> ReceivedList:
    """Record the result for a list, unless another attempt has recorded one; return the record."""
    facts = counts(found.rows, found.rejections) | found.staged
    reason = over_tolerance(found.rejections.total(), found.rows, tolerated_share)
    differences, partner = read.differences if reason else (), received.file.partner
    found.finish(format_lines(differences, partner))
    if reason:
        reason += remedy(differences, partner)
        facts |= {"code": ListFault.TOLERANCE}
        return refuse(received.list_id, reason, lists, ListStatus.REGISTERED, **facts)
    return lists.progress(received.list_id, ListStatus.VALIDATED, **facts)
