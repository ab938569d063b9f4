"""The list workflow: one function per step. Every step can be repeated; what it found is kept on the list's record.

The verification is in a module of its own.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..domain.faults import Fault
from ..domain.lists import ListStatus, PinnedFile, ReceivedList, StoredVersion, is_temporary
from .ports import Fact, Files, Lists

TECHNICAL_FAILURE = "a technical failure: nothing of the list was kept, and it can be sent again"
BROKE_OFF = "the upload broke off: send the file again"
GONE = "the file was gone before it could be read: send it again"
OVERWRITTEN = "the file was overwritten before it could be read: send it again"


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
    connection broke before the end.
    """

    bucket: str
    key: str
    version: str | None = None
    broken_by: str = ""
    size: int | None = None
    etag: str = ""

    def means(self, stored: StoredVersion) -> bool:
        """Tell whether this may be the announced version: the tag decides, the size where there is no tag."""
        if self.etag:
            return stored.etag == self.etag
        return self.size in (None, stored.file.size)


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
    A name that ends as one of ``temporary`` is not the file's last: its client renames it, and that is announced too.

    Raises:
        NotAList: the file lies in no partner's folder.
    """
    if upload.key.endswith("/") or (is_temporary(upload.key, temporary) and not upload.broken_by):
        # A folder is what a console or an SFTP client makes for an empty one.
        return Step("", Outcome.IGNORED)
    taken = ""
    for pinned, reason in _meant(upload, execution, max_bytes, files):
        _ = pinned.partner
        recorded = lists.register(ReceivedList(pinned, execution, reason=reason))
        if recorded.execution == execution:
            return Step(recorded.list_id, Outcome.REFUSED if recorded.reason else Outcome.REGISTERED)
        taken = taken or recorded.list_id
    return Step(taken, Outcome.ALREADY_REGISTERED)


def _meant(upload: Upload, execution: str, max_bytes: int, files: Files) -> Iterator[tuple[PinnedFile, str | None]]:
    """Yield the versions that may be meant, newest first, each with the reason to refuse it, if there is one."""
    if upload.broken_by:
        # Never a version: what lies there may be the next try, which is announced by an event of its own. By its tag,
        # whoever looks for uploads that nobody has heard of knows what was left behind.
        yield _gone(upload, "").broken_off(upload.etag or upload.broken_by), BROKE_OFF
        return
    stored = _stored(upload, files)
    meant = [one for one in stored if upload.means(one)]
    for one in meant:
        yield one.file, GONE if one.removed else _refusal(one.file, max_bytes)
    if not meant:
        replaced = any(not one.removed for one in stored)
        yield _gone(upload, f"gone-{execution}"), OVERWRITTEN if replaced else GONE


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
    """Record a step's refusal of a list that is still in the step's status; return the record."""
    return lists.refuse(list_id, reason, (during,), **facts)
