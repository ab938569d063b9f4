"""The list workflow's step that reads a file: good rows go to parts, bad rows to the report. It can be repeated."""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from ..domain.faults import Fault
from ..domain.lists import ListStatus, PinnedFile, ReceivedList, over_tolerance, rows_a_part
from ..domain.rows import Checked, Record, Rejection, Row, Rows, Unreadable, rejected_rows
from .list_import import Outcome, Step, Workflow, counts, refuse
from .ports import Files, SeenIds
from .reading import chunks, records
from .report import Report
from .staging import VALIDATED, Staging, attempt

ROWS_AT_ONCE: Final = 1000
"""Rows that are checked together."""


@dataclass
class _Validation:
    """The results of a pass over a file so far; full parts are already written."""

    form: Rows
    staging: Staging
    seen: SeenIds
    part_rows: int
    report: Report
    rows: int = 0
    rejections: Counter[Fault] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._buffer: list[Row] = []

    def take(self, header: tuple[str, ...], chunk: list[Record]) -> None:
        checked = self._without_repeated(self.form.check(header, chunk))
        self.rows += len(chunk)
        rejections = sorted(checked.rejections)
        self.report.add(rejections)
        self.rejections += rejected_rows(rejections)
        self._buffer += checked.rows
        while len(self._buffer) >= self.part_rows:
            self._flush()

    def finish(self) -> None:
        if self._buffer:
            self._flush()
        self.staging.write_rejections(self.report.rows)
        self.staging.write_manifest(VALIDATED)

    def _flush(self) -> None:
        self.staging.write_part(self._buffer[: self.part_rows], self.form)
        del self._buffer[: self.part_rows]

    def _without_repeated(self, checked: Checked) -> Checked:
        first = self.seen.first_lines([(row.details.id, row.line) for row in checked.rows])
        if not first:
            return checked
        repeated = [self._repeated(row, first[row.line]) for row in checked.rows if row.line in first]
        return Checked([row for row in checked.rows if row.line not in first], checked.rejections + repeated)

    def _repeated(self, row: Row, first: int) -> Rejection:
        return Rejection(row.line, self.form.identity, f"{row.details.id!r} is on line {first} already", Fault.REPEATED)


def validate_list(flow: Workflow, list_id: str, tolerated_share: Fraction, part_rows: int) -> Step:
    """Read the pinned file once, in constant memory; write good rows to parts of ``part_rows``, bad rows to the report.

    More bad rows than ``tolerated_share`` (0 to 1) reject the list. Parts have more rows if the list could have over
    10,000 parts otherwise. Each attempt stages its own rows. The first recorded attempt counts: later attempts repeat
    its answer.
    """
    form, lists, files = flow.form, flow.lists, flow.files
    received = lists.get(list_id)
    if received.status is not ListStatus.REGISTERED:
        return _answer(received, files)
    size = rows_a_part(part_rows, received.file.size, form.smallest_row)
    found = _Validation(form, Staging(files, list_id, attempt()), flow.seen_ids(), size, Report())
    try:
        _read_through(files, received.file, found)
    except Unreadable as refusal:
        return _answer(refuse(list_id, str(refusal), lists, ListStatus.REGISTERED), files)
    facts = counts(found.rows, found.rejections) | {"staged": found.staging.attempt or ""}
    if reason := over_tolerance(found.rejections.total(), found.rows, tolerated_share):
        return _answer(refuse(list_id, reason, lists, ListStatus.REGISTERED, **facts), files)
    return _answer(lists.progress(list_id, ListStatus.VALIDATED, **facts), files)


def _answer(received: ReceivedList, files: Files) -> Step:
    """Publish the recorded attempt's parts, and return the answer for the list."""
    if received.cancelled:
        return Step(received.list_id, Outcome.REJECTED)
    Staging(files, received.list_id, received.staged).publish(VALIDATED)
    return Step(received.list_id, Outcome.VALIDATED)


def _read_through(files: Files, pinned: PinnedFile, found: _Validation) -> None:
    with closing(files.open(pinned)) as stream:
        found_records = records(stream)
        header = next(found_records, None)
        if header is None:
            raise Unreadable("the file is empty")
        names = found.form.check_header(header.cells)
        for chunk in chunks(found_records, ROWS_AT_ONCE):
            found.take(names, chunk)
    if not found.rows:
        raise Unreadable("the file has a header and no rows")
    found.finish()
