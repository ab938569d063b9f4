"""The list workflow's step that reads a file: good rows go to parts, bad rows to the report. It can be repeated.

A large file is read in ranges, in parallel. Then one call decides about the list, with the result of a single pass.
"""

from collections.abc import Sequence
from contextlib import closing
from fractions import Fraction

from ..domain.faults import ListFault
from ..domain.formats import Difference, setting
from ..domain.lists import ListStatus, ReceivedList, over_tolerance, rows_a_part
from ..domain.rows import Unreadable
from .calls import without_garbage_collection
from .checking import FilePass, ListFile
from .list_import import Outcome, Step, Workflow, counts, refuse
from .ports import Fact, Files, Lists
from .ranges import Join, has_ranges, plan
from .reading import HEAD_BYTES, Misfit, check_size
from .results import Report, file_lines, format_lines, remedies
from .staging import VALIDATED, Staging, attempt


@without_garbage_collection()
def validate_list(
    flow: Workflow, list_id: str, tolerated_share: Fraction, part_rows: int, outcome: Outcome | None = None
) -> Step:
    """Read the pinned file, in constant memory; write good rows to parts of ``part_rows``, bad rows to the report.

    More bad rows than ``tolerated_share`` (0 to 1) reject the list, here or after the verification. Parts have more
    rows if the list could have over 10,000 parts otherwise. Each attempt stages its own rows. The first recorded
    attempt counts: later attempts repeat its answer.

    ``outcome`` is the answer of the workflow's previous step. After `REGISTERED`, a large list is `SPLIT`: the workflow
    validates the ranges of its file in parallel, and calls again with `SPLIT`. A definition of an earlier release names
    no outcome, and this call reads the whole file.
    """
    received, files = flow.lists.get(list_id), flow.files
    if received.status is not ListStatus.REGISTERED:
        return _answer(received, files)
    validation = _Validation(flow, received, part_rows)
    try:
        if outcome is Outcome.REGISTERED and validation.split():
            return Step(list_id, Outcome.SPLIT)
        validation.join_or_read() if outcome is Outcome.SPLIT else validation.read()
    except Unreadable as refusal:
        return _answer(_refuse_file(flow.lists, received, validation, refusal), files)
    return _answer(_record_result(flow.lists, received, validation, tolerated_share), files)


def _answer(received: ReceivedList, files: Files) -> Step:
    """Publish the recorded attempt's parts, and return the answer for the list."""
    if received.cancelled:
        return Step(received.list_id, Outcome.REJECTED)
    Staging(files, received.list_id, received.staged).publish(VALIDATED)
    return Step(received.list_id, Outcome.VALIDATED)


class _Validation:
    """The validation of a list by one attempt, in the partner's ``format_``. ``file_pass`` has the results."""

    def __init__(self, flow: Workflow, received: ReceivedList, part_rows: int) -> None:
        self._flow, self._received, self._part_rows = flow, received, part_rows
        self._formats, self._file = flow.formats(), received.file
        self.format_ = self._formats.of(self._file.partner)
        self._read: ListFile | None = None
        self.file_pass = self._new_pass()

    @property
    def staging(self) -> Staging:
        """The folder of the attempt."""
        return self.file_pass.staging

    def _new_pass(self) -> FilePass[Report]:
        staging = Staging(self._flow.files, self._received.list_id, attempt())
        size = self.format_.most_bytes(self._formats.max_bytes) if self.format_.is_packed else self._file.size
        part_rows = rows_a_part(self._part_rows, size, self._flow.form.smallest_row)
        return FilePass(self._flow.form, staging, part_rows, Report(kind=self.format_.kind))

    def split(self) -> bool:
        """Store the ranges of a large file; return whether it has several.

        Raises:
            Unreadable: the header cannot be read, with its differences from the format.
        """
        if not has_ranges(self._file.size, self.format_):
            return False
        ranges = plan(self._flow, self._file)
        if len(ranges) > 1:
            Staging(self._flow.files, self._received.list_id).write_ranges(ranges)
        return len(ranges) > 1

    def read(self) -> None:
        """Read the whole file.

        Raises:
            Unreadable: the file cannot be read as a list, with its differences from the format.
        """
        if not self.format_.has_ranges:
            check_size(self._file.size, self._formats.max_bytes, self.format_)
        with closing(self._flow.files.open(self._file)) as stream:
            self._read = ListFile(stream, self._flow.form, self._flow.seen_ids(), self.format_, self._formats.max_bytes)
            for checked in self._read.checked():
                self.file_pass.take(checked)
        self.file_pass.finish()

    def join_or_read(self) -> None:
        """Add the results of the ranges. Read the whole file if a range does not end between two records.

        Raises:
            Unreadable: the file cannot be read as a list, with its differences from the format.
        """
        try:
            Join(self._flow, self._received, self._part_rows, self.file_pass).run()
        except Unreadable as refusal:
            raise self._beginning().refusal(refusal) from refusal
        except Misfit:
            self.file_pass = self._new_pass()
            self.read()

    @property
    def differences(self) -> Sequence[Difference]:
        """The differences of the beginning of the file from the format."""
        return (self._read or self._beginning()).differences

    def _beginning(self) -> ListFile:
        with closing(self._flow.files.open(self._file, 0, HEAD_BYTES)) as stream:
            return ListFile(stream, self._flow.form, self._flow.seen_ids(), self.format_)


def _refuse_file(lists: Lists, received: ReceivedList, validation: _Validation, refusal: Unreadable) -> ReceivedList:
    """Record why a file is no list: its differences from the format, which may be the cause, and the reason.

    The staged lines of the report have these and the line.
    """
    staging, facts = validation.staging, _setting(received, refusal.differences)
    staging.write_rejections(file_lines(refusal, validation.format_))
    facts |= {"code": refusal.fault, "staged": staging.attempt or ""}
    reason = ". ".join([*remedies(refusal.differences, validation.format_), str(refusal)])
    return refuse(received.list_id, reason, lists, ListStatus.REGISTERED, **facts)


def _setting(received: ReceivedList, differences: Sequence[Difference]) -> dict[str, Fact]:
    """Return the fact for operators: the setting that would accept the file. The report has the partner's remedies."""
    accepting = setting(differences, received.file.partner)
    return {"setting": accepting} if accepting else {}


def _record_result(
    lists: Lists, received: ReceivedList, validation: _Validation, tolerated_share: Fraction
) -> ReceivedList:
    """Record the result for a list, unless another attempt has recorded one; return the record.

    Too many bad rows reject the list here only if the report needs no refusals of rules. Otherwise the verification
    rejects it, so that the partner gets all faults in a single report.
    """
    file_pass, staging = validation.file_pass, validation.staging
    facts = counts(file_pass.rows, file_pass.rejected) | {"staged": staging.attempt or ""}
    reason = over_tolerance(file_pass.rejected.total(), file_pass.rows, tolerated_share)
    differences = validation.differences if reason else ()
    staging.write_rejections(format_lines(differences, validation.format_) + file_pass.report.rows)
    staging.write_manifest(VALIDATED)
    if reason and (differences or file_pass.report.full or file_pass.rejected.total() == file_pass.rows):
        facts |= {"code": ListFault.TOLERANCE, **_setting(received, differences)}
        return refuse(received.list_id, reason, lists, ListStatus.REGISTERED, **facts)
    return lists.progress(received.list_id, ListStatus.VALIDATED, **facts)
