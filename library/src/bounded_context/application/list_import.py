"""The list workflow: one function per step. Every step can be repeated; what it found is kept on the list's record.

The verification is in a module of its own.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import unquote_plus

from ..domain.faults import Fault
from ..domain.lists import ListStatus, PinnedFile, ReceivedList, StoredVersion, is_temporary
from ..domain.reasons import shortened
from .ports import Fact, Files, Lists

TECHNICAL_FAILURE = "a technical failure: nothing of the list was kept, and it can be sent again"
BROKE_OFF = "the upload broke off: send the file again"
GONE = "the file was gone before it could be read: send it again"
OVERWRITTEN = "the file was overwritten before it could be read: send it again"
NEAR: Final = timedelta(minutes=15)
"""How far from an SFTP operation the version that it stored may be dated.

A rename copies the file, which takes seconds. S3 dates a version that was uploaded in parts by the start of its upload
(S3 User Guide, "Working with object metadata"), and the clocks of Transfer and S3 may differ. The sweep for lost
uploads waits as long.
"""


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
            return _step(recorded, execution)
        taken = taken or recorded.list_id
    return _step(lists.conclude(execution, taken), execution)


def _step(recorded: ReceivedList, execution: str) -> Step:
    if recorded.execution != execution:
        return Step(recorded.list_id, Outcome.ALREADY_REGISTERED)
    return Step(recorded.list_id, Outcome.REFUSED if recorded.reason else Outcome.REGISTERED)


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


def counts(rows: int, rejections: Counter[Fault]) -> dict[str, Fact]:
    """Return what a list's record holds of its rows so far."""
    rejected = rejections.total()
    by_fault = {str(fault): number for fault, number in rejections.items()}
    return {"rows": rows, "valid": rows - rejected, "rejected": rejected, "rejections": by_fault}


def refuse(list_id: str, reason: str, lists: Lists, during: ListStatus, **facts: Fact) -> ReceivedList:
    """Record a step's refusal of a list that is still in the step's status; return the record.

    The reason is shortened to 1,000 characters.
    """
    return lists.refuse(list_id, shortened(reason), (during,), **facts)
