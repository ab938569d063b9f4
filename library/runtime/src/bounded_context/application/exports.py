"""Exports: a call writes files for partners, in parts, and a later call continues a file that is not complete.

A partner sees a file only when it is complete. A period has a single file for each partner. Of a partner with an own
server, each call asks for the outcome of the file's transfer, and starts the next one.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from ..declaration.structure import Structure
from ..domain.exports import Export, ExportFile, FileRecord, FileStatus, control_key, period_of
from ..domain.fields import now, stamp
from ..domain.formats import FileFormat
from .calls import LONGEST_CALL, MARGIN, seconds_left, seconds_to_spare
from .pieces import Unwritable
from .writing import Column, writer

PART_BYTES: Final = 8 * 1024 * 1024
"""The size from which rows become a part. S3 accepts 10,000 parts, of at least 5 MiB except the last ("Amazon S3
multipart upload limits")."""

MOST_PARTS: Final = 10_000
"""S3's limit of a part's number."""

OVERLAP: Final = timedelta(seconds=LONGEST_CALL)
"""The time before a period in which changes count for the next file too. A function stamps a change before it writes
it, and ends within 15 minutes (AWS limit): the run of the period before may have read the item before the write."""

UNRECORDED: Final = timedelta(days=2)
"""The time after which a file that was never recorded is not begun any more: its record has expired."""

FIRST_WAIT, MOST_DOUBLINGS = timedelta(minutes=14), 4
"""The time after a failed transfer, before the call in a quarter of an hour; and how often later failures double it."""


class UploadGone(Exception):
    """The multipart upload does not exist, or lacks a part: S3 has completed it, or aborted it after two days."""


class Superseded(Exception):
    """A later call has claimed the file, and continues it."""


class Records(Protocol):
    """The records of files. Each change of a record is a conditional write."""

    def open(self, file: ExportFile, changed: bool) -> None:
        """Record a file, once, and add it to the open files. With ``changed``, note the period before."""

    def opened(self, export: str, partner: str) -> Sequence[ExportFile]:
        """Return the files that are neither fetched nor acknowledged, in the order of their periods."""

    def get(self, file: ExportFile) -> FileRecord | None:
        """Return the record of a file, or None."""

    def claim(self, file: ExportFile, status: FileStatus, at: datetime, until: datetime) -> FileRecord | None:
        """Claim a file with a status, until a time; None if another call has it, or it has another status."""

    def save(self, record: FileRecord) -> None:
        """Store the progress of a claimed file. Raises Superseded."""

    def prepared(self, record: FileRecord, at: datetime) -> None:
        """Record that a claimed file is complete. Raises Superseded."""

    def release(self, record: FileRecord, reason: str) -> None:
        """End the claim, so that the next call continues at once. Raises Superseded."""

    def transferring(self, record: FileRecord, again: datetime | None) -> None:
        """Store the transfer of a claimed file, and end the claim, by default at once. Raises Superseded."""

    def closed(self, file: ExportFile) -> None:
        """Remove a file from the open files."""

    def fetched(self, file: ExportFile) -> bool:
        """Record that the partner has fetched a file; return whether it is recorded."""

    def acknowledged(self, file: ExportFile, by: str) -> bool:
        """Record that a file is acknowledged; return whether the partner could see it."""


class Aggregates(Protocol):
    """The items of all aggregates, each exactly once, in the order of the table."""

    def pages(self, since: str, after: str) -> Iterator[tuple[Sequence[Mapping[str, Any]], str]]:
        """Yield pages of items that have changed ``since`` a time, after a key; each with the key to continue.

        An empty time means all items. The key is empty on the last page.
        """


class Outgoing(Protocol):
    """The bucket of the files."""

    def begin(self, key: str) -> str:
        """Begin a multipart upload, and return its id."""

    def part(self, key: str, upload: str, number: int, data: bytes) -> str:
        """Upload a part, and return its tag. Raises UploadGone."""

    def complete(self, key: str, upload: str, parts: Sequence[tuple[int, str]]) -> None:
        """Make the file from parts, in one step. Raises UploadGone."""

    def size(self, key: str) -> int | None:
        """Return the size of a file, or None if there is no such file."""

    def write(self, key: str, data: bytes) -> None:
        """Store a small object."""


class Connectors(Protocol):
    """The connections to the own servers of partners."""

    @property
    def partners(self) -> Collection[str]:
        """The partners with an own server."""

    def send(self, partner: str, key: str) -> str:
        """Start to send an object to a partner's server, and return the id of the transfer."""

    def failure(self, partner: str, transfer: str) -> str | None:
        """Return why a transfer failed, an empty text if it is complete, and None while it is under way."""


class Outcome(StrEnum):
    """The outcome of a call for a file. A later call continues a file after CONTINUES and FAILED."""

    PREPARED = "prepared"
    DELIVERED = "delivered"
    CONTINUES = "continues"
    FAILED = "failed"


@dataclass(frozen=True)
class Ages:
    """The ages in seconds of the oldest file that is not complete, and of the oldest that is not fetched."""

    unprepared: float = 0.0
    unfetched: float = 0.0


@dataclass(frozen=True)
class Exports:
    """The exports of a context.

    Args:
        context: the context.
        records: the records of the files.
        aggregates: the items.
        outgoing: the bucket.
        formats: returns the format of a partner.
        report: gets each file with its outcome, and the exception or a reason.
        part_bytes: the size from which rows become a part.
        connectors: the connections to the own servers of partners, if any.
    """

    context: Structure[Any]
    records: Records
    aggregates: Aggregates
    outgoing: Outgoing
    formats: Callable[[str], FileFormat]
    report: Callable[[ExportFile, Outcome, Exception | str], None] = lambda *_: None
    part_bytes: int = PART_BYTES
    connectors: Connectors | None = None

    def start(self, name: str, at: datetime) -> None:
        """Record the files of a period. Raises LookupError: there is no such export."""
        export = self._export(name)
        for partner in export.partners:
            self.records.open(ExportFile(name, partner, period_of(at)), export.changed)

    def _export(self, name: str) -> Export:
        declared = next((export for export in self.context.exports if export.name == name), None)
        if declared is None:
            raise LookupError(f"{self.context.title} has no export {name!r}: name it in exports of its context.")
        return declared

    def resume(self) -> Ages:
        """Write each file that is not complete, until the call's time is nearly over; return the ages that remain."""
        unprepared, unfetched = [0.0], [0.0]
        for export in self.context.exports:
            for partner in export.partners:
                for file in self.records.opened(export.name, partner):
                    record = self._continued(export, file)
                    if record and record.status is FileStatus.WRITING:
                        unprepared.append((now() - file.time).total_seconds())
                    elif record and record.status is FileStatus.PREPARED:
                        unfetched.append((now() - datetime.fromisoformat(record.prepared_at)).total_seconds())
        return Ages(max(unprepared), max(unfetched))

    def _continued(self, export: Export, file: ExportFile) -> FileRecord | None:
        record = self.records.get(file)
        if record is None and now() - file.time < UNRECORDED:
            self.records.open(file, export.changed)
            record = self.records.get(file)
        if record is None or record.status in (FileStatus.DELIVERED, FileStatus.ACKNOWLEDGED):
            self.records.closed(file)
        elif record.status is FileStatus.WRITING and seconds_to_spare() > 0:
            record = self.write(file) or record
        if record and record.status is FileStatus.PREPARED and self.connectors and seconds_to_spare() > 0:
            return self.deliver(self.connectors, record) if file.partner in self.connectors.partners else record
        return record

    def deliver(self, connectors: Connectors, record: FileRecord) -> FileRecord:
        """Send a complete file to the partner's own server, and then its control file; return its record.

        The control file is sent when the server has the whole file. A transfer whose id was not recorded is repeated:
        the server then gets the same content under the same name again.
        """
        at = now()
        claimed = self.records.claim(record.file, FileStatus.PREPARED, at, _lease(at))
        if claimed is None or claimed.status is not FileStatus.PREPARED:
            return claimed or record
        try:
            after = _transferred(connectors, claimed)
        except Exception as error:
            # A transfer that is under way is not repeated.
            after = replace(claimed, reason=str(error), failures=claimed.failures + 1)
        failed = after.failures > claimed.failures
        wait = FIRST_WAIT * 2 ** min(claimed.failures, MOST_DOUBLINGS)
        with suppress(Superseded):
            self.records.transferring(after, at + wait if failed else None)
            if failed or after.fetched:
                self.report(record.file, Outcome.FAILED if failed else Outcome.DELIVERED, after.reason)
        return self.records.get(record.file) or record

    def write(self, file: ExportFile) -> FileRecord | None:
        """Write a file from where the last call stopped; return its record, or None if another call has it."""
        at = now()
        record = self.records.claim(file, FileStatus.WRITING, at, _lease(at))
        if record is None:
            return None
        try:
            outcome, reason, record = self._written(record)
            if outcome is not Outcome.PREPARED:
                # The message of another error may have values of rows.
                self.records.release(
                    record, str(reason) if isinstance(reason, str | Unwritable) else type(reason).__name__
                )
        except Superseded:
            return self.records.get(file)
        self.report(file, outcome, reason)
        return self.records.get(file)

    def _written(self, record: FileRecord) -> tuple[Outcome, Exception | str, FileRecord]:
        try:
            progress = _Progress(self, self._export(record.file.export), record)
            return (Outcome.PREPARED if progress.run() else Outcome.CONTINUES), "", progress.record
        except Superseded:
            raise
        except Exception as error:
            # The failure of one file must not delay the others.
            return Outcome.FAILED, error, record


def _lease(at: datetime) -> datetime:
    """Return the end of a claim: the end of this call."""
    return at + timedelta(seconds=min(seconds_left(), LONGEST_CALL) + MARGIN)


def _transferred(connectors: Connectors, record: FileRecord) -> FileRecord:
    """Return the record after the next step of sending: a transfer is started, under way, complete or failed."""
    partner, sent = record.file.partner, record.sent
    if record.transfer:
        reason = connectors.failure(partner, record.transfer)
        if reason is None:
            return record
        if reason:
            return replace(record, transfer="", reason=reason, failures=record.failures + 1)
        if sent:
            return replace(record, transfer="", reason="", fetched=True)
        sent = True
    key = control_key(record.key) if sent else record.key
    return replace(record, transfer=connectors.send(partner, key), sent=sent)


class _Progress:
    """The writing of a claimed file. ``record`` is its record as last stored."""

    def __init__(self, exports: Exports, export: Export, record: FileRecord) -> None:
        self._exports, self._outgoing = exports, exports.outgoing
        context, format_ = exports.context, exports.formats(record.file.partner)
        self._columns = [Column(context, name, format_) for name in export.fields]
        self._format, self._writer = format_, writer(format_.names(export.fields), format_)
        self._form = json.dumps([format_.settings, export.fields])
        self._key = record.file.key(context.name, format_)
        self.record = record

    def run(self) -> bool:
        """Write the file, or as much as the call's time allows; return whether it is complete."""
        try:
            if not self.record.upload or (not self.record.written and self.record.form != self._form):
                self._restart()
            if self._rows():
                self._complete()
                return True
        except UploadGone:
            self._save(upload="", written=False)
        return False

    def _save(self, **facts: Any) -> None:
        record = replace(self.record, **facts)
        self._exports.records.save(record)
        self.record = record

    def _restart(self) -> None:
        """Begin the file anew: a first time, or after its upload is gone, or its format has changed."""
        sums = {column.name: "0" for column in self._columns if column.summed}
        fresh = {"parts": (), "cursor": "", "rows": 0, "sums": sums, "size": 0, "state": (), "written": False}
        upload = self._outgoing.begin(self._key)
        self._save(**fresh, upload=upload, form=self._form, key=self._key, reason="")

    def _rows(self) -> bool:
        """Upload the rows that are not yet in parts; return whether all are."""
        if self.record.written:
            return True
        record, data = self.record, bytearray()
        rows, sums, self._writer.state = record.rows, dict(record.sums), record.state
        if not record.parts:
            data += self._writer.beginning({})
        since = record.since and stamp(replace(record.file, period=record.since).time - OVERLAP)
        for items, cursor in self._exports.aggregates.pages(since, record.cursor):
            data += self._writer.rows((item["pk"], [column.value(item) for column in self._columns]) for item in items)
            rows += len(items)
            for column in (column for column in self._columns if column.summed):
                for item in items:
                    sums[column.name] = column.add(sums[column.name], item)
            if not cursor:
                data += self._writer.end(self._format.stated(rows, sums))
            if not cursor or len(data) >= self._exports.part_bytes:
                self._part(bytes(data), rows, sums, cursor)
                data.clear()
            if cursor and seconds_to_spare() <= 0:
                return False
        return self.record.written

    def _part(self, data: bytes, rows: int, sums: Mapping[str, str], cursor: str) -> None:
        """Upload a part, then record it. A part of another call in its place has another tag, and ends the upload."""
        record = self.record
        number = len(record.parts) + 1
        if number > MOST_PARTS:
            raise UploadGone
        tag = self._outgoing.part(record.key, record.upload, number, data)
        parts, size = (*record.parts, (number, tag)), record.size + len(data)
        facts = {"parts": parts, "rows": rows, "sums": dict(sums), "size": size, "state": self._writer.state}
        self._save(**facts, cursor=cursor, written=not cursor)

    def _complete(self) -> None:
        """Let the partner see the file and then its control file, and record it."""
        record = self.record
        with suppress(UploadGone):
            self._outgoing.complete(record.key, record.upload, record.parts)
        # S3 does not know a completed upload any more: an earlier call may have completed it.
        size = self._outgoing.size(record.key)
        if size is None:
            raise UploadGone
        if size != record.size:
            raise ValueError(f"{record.key} is another file, of {size} bytes: move it, and the next call continues")
        self._outgoing.write(control_key(record.key), record.control)
        self._exports.records.prepared(record, now())
