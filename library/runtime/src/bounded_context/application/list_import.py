"""The registration of a list, and the types and functions that all steps of the list workflow share.

Every step can be repeated: its results are stored in the list's record.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote_plus

from ..declaration.context import Context
from ..domain import lists as scans
from ..domain.aggregate import shortened
from ..domain.faults import ListFault
from ..domain.formats import Formats
from ..domain.lists import ListStatus, PinnedFile, ReceivedList, StoredVersion, is_temporary
from ..domain.rows import Unreadable
from .calls import seconds_to_spare
from .ports import Fact, Files, ImportedAggregates, Lists, RepeatedLines, SeenIds
from .reading import check_size
from .results import LinesInMemory

TECHNICAL_FAILURE = "a technical failure: nothing of the list was kept, and it can be sent again"
BROKE_OFF = "the upload broke off: send the file again"
GONE = "the file was gone before it could be read: send it again"
OVERWRITTEN = "the file was overwritten before it could be read: send it again"
NEAR: Final = timedelta(minutes=15)
"""The maximum distance between the times of an SFTP operation and of the version that it stored.

A rename copies the file, which takes seconds. S3 dates a version that was uploaded in parts by the start of its upload
(S3 User Guide, "Working with object metadata"), and the clocks of Transfer and S3 may differ. The sweep for lost
uploads waits as long.
"""

TIE: Final = timedelta(seconds=5)
"""The difference of two versions' distances from an operation, up to which both may be the operation's version.

S3 dates a version in whole seconds (RFC 9110, section 5.6.7, for `Last-Modified`), and two clocks may differ.
"""

SECOND_EVENT: Final = timedelta(minutes=1)
"""The time after an operation in which the event of another operation on the same file is awaited."""

_PAUSE: Final = 2.0
"""Seconds between two looks for the other event."""


class Outcome(StrEnum):
    """The result of a step, by which the workflow branches."""

    REGISTERED = "REGISTERED"
    ALREADY_REGISTERED = "ALREADY_REGISTERED"
    IGNORED = "IGNORED"
    VALIDATED = "VALIDATED"
    SPLIT = "SPLIT"
    VERIFIED = "VERIFIED"
    IMPORTED = "IMPORTED"
    UNDONE = "UNDONE"
    REFUSED = "REFUSED"
    REJECTED = "REJECTED"


@dataclass(frozen=True)
class Upload:
    """An announced file.

    ``version`` is None if the announcement names no version. ``etag`` and ``size``, in bytes, then identify the
    version; an announcement of a rename has neither. ``broken_by`` is the id of the event that reports a broken upload.
    ``during`` is the begin and the end of the upload or rename, or None if the announcement does not contain them.
    ``scan`` is the announced result of the version's malware scan; empty for the announcement of an upload.
    """

    bucket: str
    key: str
    version: str | None = None
    broken_by: str = ""
    size: int | None = None
    etag: str = ""
    during: tuple[datetime, datetime] | None = None
    scan: str = ""

    def means(self, stored: StoredVersion) -> bool:
        """Return whether a stored version may be the announced version. Without an ETag, size and time decide."""
        if self.etag:
            return stored.etag == self.etag
        return self.size in (None, stored.file.size) and (
            self.version is not None or self._distance(stored.modified) <= NEAR
        )

    def _distance(self, modified: datetime) -> timedelta:
        """Return the time between the operation and a version; 0 during the operation, or without its times."""
        start, end = self.during or (modified, modified)
        return max(start - modified, modified - end, timedelta())


class Workflow:
    """The context and the adapters of the steps of a list workflow. The store of aggregates is built on first use.

    Args:
        context: the context of the lists.
        lists: the record of every list received.
        files: the inbox.
        imported: builds the store of aggregates that lists create.
        seen_ids: builds an empty store of identities, for a file.
        formats: returns the formats of partners' files.
        gated: whether a list starts only after a malware scan of its file.
        repeated_lines: builds an empty store of repeated lines, for a file; by default in memory.
    """

    def __init__(
        self,
        context: Context[Any],
        lists: Lists,
        files: Files,
        imported: Callable[[], ImportedAggregates],
        seen_ids: Callable[[], SeenIds],
        formats: Callable[[], Formats] = Formats,
        *,
        gated: bool = False,
        repeated_lines: Callable[[], RepeatedLines] = LinesInMemory,
    ) -> None:
        self.context = context
        self.gated = gated
        self.form = context.rows
        self.lists = lists
        self.files = files
        self.seen_ids = seen_ids
        self.repeated_lines = repeated_lines
        self.formats = formats
        self._imported = imported

    @cached_property
    def imported(self) -> ImportedAggregates:
        """The store of aggregates that lists create."""
        return self._imported()


@dataclass(frozen=True)
class Step:
    """The answer of a step. ``list_id`` is empty if there is no list."""

    list_id: str
    outcome: Outcome


def register_list(
    flow: Workflow, upload: Upload, execution: str, max_bytes: int, temporary: Collection[str] = ()
) -> Step:
    """Pin the uploaded file and record the list, once for all announcements of the file.

    ``execution`` names the workflow's execution. A file of more than ``max_bytes`` is refused.

    The uploaded version is read even if a later file of the same name has replaced it. If several versions match the
    announcement, the version nearest to its time is used. If versions are equally near, the event of the other
    operation is awaited. Each of two uploads that cannot be distinguished is imported. The remains of a recorded broken
    upload are imported only if an announcement identifies them. A name with an ending in ``temporary`` is ignored: its
    client renames the file, which is announced too.

    Behind the gate, the list starts after two announcements: its upload records the list, and its malware scan starts
    it. The later announcement wins, in either order. A scan without a recorded upload is ignored: the file may be the
    remains of a broken upload.

    Raises:
        NotAList: the file is in no partner's folder.
        NotScanned: a scan is announced, and the file has no result yet.
    """
    upload = _with_stored_key(upload, flow)
    if upload.key.endswith("/") or (is_temporary(upload.key, temporary) and not upload.broken_by):
        # A console or an SFTP client creates such an object for an empty folder.
        return Step("", Outcome.IGNORED)
    if upload.scan:
        return _register_scan(flow, upload, execution)
    list_id = ""
    for pinned, (reason, code) in _matching(flow, upload, execution, max_bytes):
        _ = pinned.partner
        waiting = flow.gated and pinned.size > 0 and reason != GONE
        received = ReceivedList(pinned, execution, reason=reason, code=code, awaits_scan=waiting)
        recorded = flow.lists.register(received)
        if recorded.awaits_scan:
            recorded = _finish_scan(flow, recorded, execution, _scan_result(flow, recorded.file))
        if recorded.execution == execution:
            _remember_remains(upload, recorded, flow.lists)
            return _step(recorded, execution)
        list_id = list_id or recorded.list_id
    return _step(flow.lists.conclude(execution, list_id), execution)


def _register_scan(flow: Workflow, upload: Upload, execution: str) -> Step:
    """Give the list of a scanned version to the execution, if the version's upload was recorded."""
    for version in _stored_versions(upload, flow):
        # The result is read before the record: an upload that is recorded after that finds the result.
        tagged = _scan_result(flow, version.file)
        try:
            recorded = flow.lists.get(version.file.list_id)
        except LookupError:
            if tagged:
                break
            raise scans.NotScanned from None
        # Only the tag makes a file clean, not the announcement. Without access, GuardDuty cannot set a tag.
        result = tagged or upload.scan
        if not tagged and recorded.awaits_scan and scans.refusal(result) is None:
            raise scans.NotScanned
        return _step(_finish_scan(flow, recorded, execution, result), execution)
    return Step("", Outcome.IGNORED)


def _scan_result(flow: Workflow, file: PinnedFile) -> str | None:
    """Return the result of a file's scan, or None. Without the gate, a list that still awaits a scan starts."""
    return flow.files.scan_result(file) if flow.gated else scans.CLEAN


def _finish_scan(flow: Workflow, recorded: ReceivedList, execution: str, result: str | None) -> ReceivedList:
    """Give a list that awaits its scan to the execution, if the scan has a result."""
    if result is None or not recorded.awaits_scan:
        return recorded
    # First, so a repetition of the execution returns to this list.
    flow.lists.conclude(execution, recorded.list_id)
    refusal, code = scans.refusal(result), scans.code(result)
    return flow.lists.record_scan(recorded.list_id, execution, result, refusal, code)


def _step(recorded: ReceivedList, execution: str) -> Step:
    if recorded.execution != execution or recorded.awaits_scan:
        return Step(recorded.list_id, Outcome.ALREADY_REGISTERED)
    return Step(recorded.list_id, Outcome.REFUSED if recorded.reason else Outcome.REGISTERED)


def _with_stored_key(upload: Upload, flow: Workflow) -> Upload:
    """Return the upload with the key that its version has.

    AWS does not document whether S3's events to EventBridge encode the key, as its other notifications do. If the key
    of the event exists as it is, it is used.
    """
    decoded = replace(upload, key=unquote_plus(upload.key))
    if upload.version is None or decoded == upload or _stored_versions(upload, flow):
        return upload
    return decoded if _stored_versions(decoded, flow) else upload


def _matching(
    flow: Workflow, upload: Upload, execution: str, max_bytes: int
) -> Iterator[tuple[PinnedFile, tuple[str | None, str]]]:
    """Yield the versions that match the announcement, nearest first, each with the reason to refuse it and its code."""
    if upload.broken_by:
        # Not a stored version: that may be the next try, which has its own event. The sweep recognises the remains by
        # their ETag.
        yield _missing_file(upload, "").broken_off(upload.etag or upload.broken_by), (BROKE_OFF, ListFault.UPLOAD)
        return
    versions = _stored_versions(upload, flow)
    matching = _nearest(upload, versions, flow.lists)
    while len(matching) > 1 and _awaits_event(upload):
        time.sleep(_PAUSE)
        matching = _nearest(upload, versions, flow.lists)
    for version in matching:
        yield version.file, (GONE, ListFault.UPLOAD) if version.removed else _refusal(version.file, max_bytes)
    if not matching:
        replaced = any(not version.removed for version in versions)
        yield _missing_file(upload, f"gone-{execution}"), (OVERWRITTEN if replaced else GONE, ListFault.UPLOAD)


def _nearest(upload: Upload, versions: Sequence[StoredVersion], lists: Lists) -> list[StoredVersion]:
    """Return the matching versions that are equally near to the announced operation, nearest first."""
    matching = (version for version in versions if upload.means(version) and not _is_remains(upload, version, lists))
    nearest = sorted(matching, key=lambda version: upload._distance(version.modified))
    return [
        candidate
        for candidate in nearest
        if upload._distance(candidate.modified) <= upload._distance(nearest[0].modified) + TIE
    ]


def _awaits_event(upload: Upload) -> bool:
    """Return whether the event of another operation may still exclude a version, such as a broken upload's event."""
    if upload.etag or upload.during is None or seconds_to_spare() < _PAUSE:
        return False
    return datetime.now(UTC) < upload.during[1] + SECOND_EVENT


def _is_remains(upload: Upload, version: StoredVersion, lists: Lists) -> bool:
    """Return whether a recorded broken upload left this version behind, by its ETag or by its size.

    A version that was stored after the record is not its remains: the client has sent the whole file again.
    """
    if upload.version or upload.etag:
        return False
    times = map(lists.broke_off_at, (version.file.broken_off(version.etag), _of_size(version.file, version.file.size)))
    return any(at is not None and version.modified <= at for at in times)


def _remember_remains(upload: Upload, recorded: ReceivedList, lists: Lists) -> None:
    """Remember the size of a broken upload without an ETag, by which its remains are recognised.

    Its list cannot be named after the size: two broken uploads of one size are two lists.
    """
    if upload.broken_by and not upload.etag and upload.size is not None and recorded.received_at:
        lists.remember_broken(_of_size(recorded.file, upload.size), recorded.received_at)


def _of_size(file: PinnedFile, size: int) -> PinnedFile:
    """Return the placeholder of each broken upload of this file with this size in bytes."""
    return file.broken_off(f"bytes-{size}")


def _missing_file(upload: Upload, version: str) -> PinnedFile:
    """Return the placeholder of a file that cannot be read."""
    return PinnedFile(upload.bucket, upload.key, version, 0)


def _stored_versions(upload: Upload, flow: Workflow) -> Sequence[StoredVersion]:
    if upload.version is None:
        return flow.files.versions(upload.key)
    if flow.gated:
        # The bucket's policy denies HeadObject of a version that is not clean. An emulator's event may name no version.
        versions = (
            version for version in flow.files.versions(upload.key) if upload.version in ("", version.file.version_id)
        )
        return [replace(version, removed=False) for version in versions]
    announced = flow.files.version(upload.key, upload.version)
    return [announced] if announced else []


def _refusal(file: PinnedFile, max_bytes: int) -> tuple[str | None, str]:
    try:
        check_size(file.size, max_bytes)
    except Unreadable as refusal:
        return str(refusal), refusal.fault
    return None, ""


def counts(rows: int, rejections: Counter[str]) -> dict[str, Fact]:
    """Return the counts of a list's rows for its record, with the rejected rows by fault."""
    rejected = rejections.total()
    return {"rows": rows, "valid": rows - rejected, "rejected": rejected, "rejections": dict(rejections)}


def refuse(list_id: str, reason: str, lists: Lists, during: ListStatus, **facts: Fact) -> ReceivedList:
    """Record a step's refusal of a list that is still in the step's status; return the record.

    The reason is shortened to 1,000 characters.
    """
    return lists.refuse(list_id, shortened(reason), (during,), **facts)
