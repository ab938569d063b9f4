"""The list workflow: one function per step. Every step can be repeated; what it found is kept on the list's record.

The verification is in a module of its own.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final
from urllib.parse import unquote_plus

from ..domain.faults import Fault
from ..domain.lists import ListStatus, PinnedFile, ReceivedList, StoredVersion, is_temporary, over_tolerance
from ..domain.reasons import enumerated, shortened
from ..domain.rows import Checked, Record, Rejection, Row, Rows, Unreadable, rejected_rows
from . import report
from .ports import AlreadyTaken, Fact, Files, ImportedAggregates, Lists, SeenIds
from .reading import chunks, records
from .report import Report
from .staging import VALIDATED, VERIFIED, Part, Staging, identities, read_part

TECHNICAL_FAILURE = "a technical failure: nothing of the list was kept, and it can be sent again"
BROKE_OFF = "the upload broke off: send the file again"
GONE = "the file was gone before it could be read: send it again"
OVERWRITTEN = "the file was overwritten before it could be read: send it again"
CHUNK_ROWS: Final = 1000
"""So many rows are taken at once; before each of them the import looks whether its list is still wanted."""

NEAR: Final = timedelta(minutes=15)
"""How far from an SFTP operation the version that it stored may be dated.

A rename copies the file, which takes seconds. S3 dates a version that was uploaded in parts by the start of its upload
(S3 User Guide, "Working with object metadata"), and the clocks of Transfer and S3 may differ. The sweep for lost
uploads waits as long.
"""

_CLOSED = (ListStatus.REJECTED, ListStatus.FAILED)


class Outcome(StrEnum):
    """What a step tells the workflow, which branches on it."""

    REGISTERED = "REGISTERED"
    ALREADY_REGISTERED = "ALREADY_REGISTERED"
    IGNORED = "IGNORED"
    VALIDATED = "VALIDATED"
    VERIFIED = "VERIFIED"
    IMPORTED = "IMPORTED"
    UNDONE = "UNDONE"
    REFUSED = "REFUSED"
    REJECTED = "REJECTED"


@dataclass(frozen=True)
class Upload:
    """An announced file.

    ``version`` is None where its announcement names none. ``etag`` and ``size``, in bytes, then tell which version is
    meant; an announcement of a rename has neither. ``broken_by`` is the id of the event that says that the partner's
    connection broke before the end. ``during`` is when the upload or rename began and ended, or None if the
    announcement does not contain it.
    """

    bucket: str
    key: str
    version: str | None = None
    broken_by: str = ""
    size: int | None = None
    etag: str = ""
    during: tuple[datetime, datetime] | None = None

    def means(self, stored: StoredVersion) -> bool:
        """Return whether this may be the announced version. Without a tag, its size and its time decide."""
        if self.etag:
            return stored.etag == self.etag
        return self.size in (None, stored.file.size) and (self.version is not None or self._is_near(stored.modified))

    def _is_near(self, modified: datetime) -> bool:
        began, ended = self.during or (modified, modified)
        return began - NEAR <= modified <= ended + NEAR


@dataclass(frozen=True)
class Step:
    """A step's answer. ``list_id`` is empty if there is no list."""

    list_id: str
    outcome: Outcome


def register_list(
    upload: Upload, execution: str, max_bytes: int, lists: Lists, files: Files, temporary: Collection[str] = ()
) -> Step:
    """Pin the uploaded file and record the list, once however often the file is announced.

    What was uploaded is read also if a later file of its name has replaced it. Of versions that may be meant, the
    newest is taken that no other execution has: of two that their announcements cannot tell apart, each is imported.
    The remains of a recorded broken upload are never imported because of an announcement that does not identify them.
    A name that ends as one of ``temporary`` is not the file's last: its client renames it, and that is announced too.

    Raises:
        NotAList: the file lies in no partner's folder.
    """
    upload = _found(upload, files)
    if upload.key.endswith("/") or (is_temporary(upload.key, temporary) and not upload.broken_by):
        # A folder is what a console or an SFTP client makes for an empty one.
        return Step("", Outcome.IGNORED)
    taken = ""
    for pinned, reason in _meant(upload, execution, max_bytes, lists, files):
        _ = pinned.partner
        recorded = lists.register(ReceivedList(pinned, execution, reason=reason))
        if recorded.execution == execution:
            _remember_remains(upload, recorded, lists)
            return Step(recorded.list_id, Outcome.REFUSED if recorded.reason else Outcome.REGISTERED)
        taken = taken or recorded.list_id
    return Step(taken, Outcome.ALREADY_REGISTERED)


def _found(upload: Upload, files: Files) -> Upload:
    """Return the upload under the key that its version has.

    No page of AWS says whether S3's events to EventBridge encode the key, as its other notifications do. A key that
    exists as the event contains it is that key.
    """
    decoded = replace(upload, key=unquote_plus(upload.key))
    if upload.version is None or decoded == upload or _stored(upload, files):
        return upload
    return decoded if _stored(decoded, files) else upload


def _meant(
    upload: Upload, execution: str, max_bytes: int, lists: Lists, files: Files
) -> Iterator[tuple[PinnedFile, str | None]]:
    """Yield the versions that may be meant, newest first, each with the reason to refuse it, if there is one."""
    if upload.broken_by:
        # Never a version: what lies there may be the next try, which is announced by an event of its own. By its tag,
        # whoever looks for uploads that nobody has heard of knows what was left behind.
        yield _gone(upload, "").broken_off(upload.etag or upload.broken_by), BROKE_OFF
        return
    stored = _stored(upload, files)
    meant = [one for one in stored if upload.means(one) and not _is_remains(upload, one, lists)]
    for one in meant:
        yield one.file, GONE if one.removed else _refusal(one.file, max_bytes)
    if not meant:
        replaced = any(not one.removed for one in stored)
        yield _gone(upload, f"gone-{execution}"), OVERWRITTEN if replaced else GONE


def _is_remains(upload: Upload, stored: StoredVersion, lists: Lists) -> bool:
    """Return whether a recorded broken upload left this version behind, by its tag or by its size.

    A version that was stored after the record is not its remains: the client has sent the whole file again.
    """
    if upload.version or upload.etag:
        return False
    times = map(lists.broke_off_at, (stored.file.broken_off(stored.etag), _of_size(stored.file, stored.file.size)))
    return any(at is not None and stored.modified <= at for at in times)


def _remember_remains(upload: Upload, recorded: ReceivedList, lists: Lists) -> None:
    """Make the record of a broken upload whose event has no tag findable by the size of what it left behind.

    Its list cannot be named after the size: two broken uploads of one size are two lists.
    """
    if upload.broken_by and not upload.etag and upload.size is not None and recorded.received_at:
        lists.remember_broken(_of_size(recorded.file, upload.size), recorded.received_at)


def _of_size(file: PinnedFile, size: int) -> PinnedFile:
    """Return what stands for each upload of this file that broke off after so many bytes."""
    return file.broken_off(f"bytes-{size}")


def _gone(upload: Upload, version: str) -> PinnedFile:
    """Return what stands for a file that cannot be read."""
    return PinnedFile(upload.bucket, upload.key, version, 0)


def _stored(upload: Upload, files: Files) -> Sequence[StoredVersion]:
    if upload.version is None:
        return files.versions(upload.key)
    named = files.version(upload.key, upload.version)
    return [named] if named else []


def _refusal(found: PinnedFile, max_bytes: int) -> str | None:
    if found.size == 0:
        return "the file is empty"
    if found.size > max_bytes:
        return f"the file has {found.size} bytes, and at most {max_bytes} are taken: split it"
    return None


@dataclass
class _Validation:
    """What a pass over a file has found so far; rows beyond a full part are already written."""

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


def validate_list(
    list_id: str, tolerated_share: Fraction, part_rows: int, form: Rows, lists: Lists, files: Files, seen: SeenIds
) -> Step:
    """Read the pinned file once: good rows go to parts, bad ones to the report, both in constant memory."""
    received = lists.get(list_id)
    found = _Validation(form, Staging(files, list_id), seen, part_rows, Report())
    try:
        _read_through(files, received.file, found)
    except Unreadable as refusal:
        return refuse(list_id, str(refusal), lists)
    found.staging.write_rejections(found.report.rows)
    # Also without rejections: an empty report says that all is well, and replaces that of an earlier file of this name.
    files.write(received.file.report_key, report.document(found.report.rows))
    if reason := over_tolerance(found.rejections.total(), found.rows, tolerated_share):
        return refuse(list_id, reason, lists, **counts(found.rows, found.rejections))
    lists.progress(list_id, ListStatus.VALIDATED, **counts(found.rows, found.rejections))
    return Step(list_id, Outcome.VALIDATED)


def _read_through(files: Files, pinned: PinnedFile, found: _Validation) -> None:
    with closing(files.open(pinned)) as stream:
        found_records = records(stream)
        header = next(found_records, None)
        if header is None:
            raise Unreadable("the file is empty")
        names = found.form.check_header(header.cells)
        for chunk in chunks(found_records, CHUNK_ROWS):
            found.take(names, chunk)
    if not found.rows:
        raise Unreadable("the file has a header and no rows")
    found.finish()


def counts(rows: int, rejections: Counter[Fault]) -> dict[str, Fact]:
    """Return what a list's record holds of its rows so far."""
    rejected = rejections.total()
    by_fault = {str(fault): number for fault, number in rejections.items()}
    return {"rows": rows, "valid": rows - rejected, "rejected": rejected, "rejections": by_fault}


def refuse(list_id: str, reason: str, lists: Lists, **facts: Fact) -> Step:
    """Record that a list is being given up, and why, in at most 1,000 characters; return the step's answer."""
    lists.refuse(list_id, shortened(reason), **facts)
    return Step(list_id, Outcome.REJECTED)


def import_list(
    list_id: str, part: Part, form: Rows, lists: Lists, files: Files, aggregates: ImportedAggregates
) -> Step:
    """Write one part. What is left of it when the list is being given up is left out."""
    try:
        for rows in chunks(read_part(files, part, form), CHUNK_ROWS):
            received = lists.get(list_id)
            if received.status is not ListStatus.IMPORTING:
                return Step(list_id, Outcome.REFUSED)
            aggregates.import_rows(list_id, [row.values for row in rows], received.traceparent)
    except AlreadyTaken as conflict:
        lists.refuse(
            list_id, f"{form.identity} {enumerated(conflict.identities)} was created while the list was imported"
        )
        return Step(list_id, Outcome.REFUSED)
    lists.part_imported(list_id, part.part)
    return Step(list_id, Outcome.IMPORTED)


def undo_part(list_id: str, part: Part, form: Rows, lists: Lists, files: Files, aggregates: ImportedAggregates) -> Step:
    """Undo what this list wrote of one part, and only that; nobody writes any more of the list from here on.

    Raises:
        StagingGone: the part may be in the table, and which rows it has can no longer be determined.
    """
    if part.part not in _given_up(list_id, lists).undone_parts:
        _undo(list_id, part, form, lists, files, aggregates)
    return Step(list_id, Outcome.UNDONE)


def compensate_error(
    list_id: str, form: Rows, lists: Lists, files: Files, aggregates: ImportedAggregates
) -> ReceivedList:
    """Undo what this list wrote, and only that; say why in the report; return the list, closed.

    Parts that are undone already are left alone: those of the workflow's map, and those of an earlier try that ran out
    of its time. A list with a reason is rejected. One without broke for a technical reason and has failed.

    Raises:
        StagingGone: parts of the list may be in the table, and which rows they have can no longer be determined.
    """
    received = _given_up(list_id, lists)
    if received.status in _CLOSED:
        # An earlier try came to its end and its answer was lost: to close the list again would count it twice.
        return received
    for part in _left(received, files):
        _undo(list_id, part, form, lists, files, aggregates)
    key, reason = received.file.report_key, received.reason or TECHNICAL_FAILURE
    # Without rejected rows, what lies there may be the report of an earlier file of this name.
    rows_report = files.read(key) if received.rejected else None
    files.write(key, report.with_reason(rows_report, reason))
    lists.progress(list_id, ListStatus.FAILED if reason == TECHNICAL_FAILURE else ListStatus.REJECTED)
    return lists.get(list_id)


def _given_up(list_id: str, lists: Lists) -> ReceivedList:
    """Return a list that is being given up, or is closed, with the reason."""
    received = lists.get(list_id)
    if received.status in (ListStatus.COMPENSATING, *_CLOSED):
        return received
    lists.refuse(list_id, received.reason or TECHNICAL_FAILURE)
    return lists.get(list_id)


def _left(received: ReceivedList, files: Files) -> list[Part]:
    """Return the parts that are still to be undone."""
    if len(received.undone_parts) == received.parts:
        return []
    parts = Staging(files, received.list_id).manifest(VERIFIED)
    return [part for part in parts if part.part not in received.undone_parts]


def _undo(list_id: str, part: Part, form: Rows, lists: Lists, files: Files, aggregates: ImportedAggregates) -> None:
    aggregates.undo_rows(list_id, list(identities(read_part(files, part, form), form.identity)))
    lists.part_undone(list_id, part.part)
