"""A list: a file of rows that a partner sends, imported as a whole or not at all."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil
from pathlib import PurePosixPath
from typing import Final

from .faults import Fault

INCOMING = "incoming"
REPORTS = "reports"
STAGING = "staging"
_REPORT_ENDING = ".report.csv"
_KEY_BYTES = 1024
"""The longest key of an object, in UTF-8 (S3 User Guide, "Naming Amazon S3 objects")."""

BROKEN = "broken-"
"""What the version of an upload that broke off begins with; S3 names no version so."""

MOST_PARTS: Final = 10_000
"""The parts of a list. Its record has the number of each part, and Step Functions reads the record into its state, of
256 KiB (AWS Step Functions Developer Guide, "Quotas related to state executions"): 10,000 numbers take 67 KiB."""


class ListStatus(StrEnum):
    """How far a list has come; the last three are final."""

    REGISTERED = "REGISTERED"
    VALIDATED = "VALIDATED"
    IMPORTING = "IMPORTING"
    COMPENSATING = "COMPENSATING"
    IMPORTED = "IMPORTED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"


BEFORE: Final[Mapping[ListStatus, tuple[ListStatus, ...]]] = {
    ListStatus.VALIDATED: (ListStatus.REGISTERED,),
    ListStatus.IMPORTING: (ListStatus.VALIDATED,),
    ListStatus.COMPENSATING: (ListStatus.REGISTERED, ListStatus.VALIDATED, ListStatus.IMPORTING),
    ListStatus.IMPORTED: (ListStatus.IMPORTING,),
    ListStatus.REJECTED: (ListStatus.COMPENSATING,),
    ListStatus.FAILED: (ListStatus.COMPENSATING,),
}
"""The statuses from which a list may reach each status. No step moves a list back, and no step opens a closed list."""


class NotAList(Exception):
    """An object that is nobody's list: it does not lie under ``incoming/<partner>/``."""

    def __init__(self) -> None:
        # A file's name may name a person, and this goes into logs.
        super().__init__(f"this is not a list: lists are under {INCOMING}/<partner>/<file>")


@dataclass(frozen=True)
class PinnedFile:
    """One version of one object. ``size`` is in bytes."""

    bucket: str
    key: str
    version_id: str
    size: int

    @property
    def partner(self) -> str:
        """The partner whose folder it lies in.

        Raises:
            NotAList: it lies in no partner's folder.
        """
        match self.key.split("/"):
            case [root, partner, *rest] if root == INCOMING and partner and any(rest) and rest[-1]:
                return partner
        raise NotAList

    @property
    def broke_off(self) -> bool:
        """Whether it stands for an upload that broke off before its end."""
        return self.version_id.startswith(BROKEN)

    def broken_off(self, mark: str) -> "PinnedFile":
        """Return what stands for an upload of this file that broke off; ``mark`` tells it from other such uploads."""
        return PinnedFile(self.bucket, self.key, f"{BROKEN}{mark}", 0)

    @property
    def report_key(self) -> str:
        """Where the partner finds what was wrong with it; the end of a very long name is a hash of the name."""
        key = str(PurePosixPath(REPORTS, *PurePosixPath(self.key).parts[1:]))
        room = _KEY_BYTES - len(_REPORT_ENDING)
        if len(key.encode()) > room:
            ending = f"-{hashlib.sha256(self.key.encode()).hexdigest()[:16]}"
            key = key.encode()[: room - len(ending)].decode(errors="ignore") + ending
        return key + _REPORT_ENDING

    @property
    def list_id(self) -> str:
        """The list's identity: the same version of the same object is the same list, however often it is announced."""
        pinned = "\n".join((self.bucket, self.key, self.version_id, str(self.size)))
        return hashlib.sha256(pinned.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class ReceivedList:
    """A list as recorded. ``execution`` imports it; ``reason`` says why it was refused, if it was.

    ``traceparent`` is the place in a trace where it came in; a list recorded before there was one has none.
    ``rejections`` are the rejected rows by their fault; ``amounts`` are the sums of what is to be imported, by field
    and currency, once the list is verified, and ``parts`` is how many parts are to be imported; before that nothing of
    it is written. ``undone_parts`` are the numbers of those of which nothing is left. ``received_at`` is None before it
    is recorded.

    ``imported_parts`` are the numbers of the parts whose rows are all in the table. ``staged`` and ``verified`` name
    the attempts of validation and verification whose results count; None for a list of an older version of the library.
    ``writers`` maps the number of a part to the time, in seconds since 1970, until which an invocation may write it.
    ``written`` maps it to the number of its first rows that are in the table.
    """

    file: PinnedFile
    execution: str
    status: ListStatus = ListStatus.REGISTERED
    reason: str | None = None
    rows: int = 0
    valid: int = 0
    rejected: int = 0
    traceparent: str | None = field(default=None, compare=False)
    rejections: Mapping[Fault, int] = field(default_factory=dict)
    amounts: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    received_at: datetime | None = field(default=None, compare=False)
    parts: int = 0
    undone_parts: frozenset[int] = frozenset()
    imported_parts: frozenset[int] = field(default=frozenset(), compare=False)
    staged: str | None = field(default=None, compare=False)
    verified: str | None = field(default=None, compare=False)
    writers: Mapping[int, int] = field(default_factory=dict, compare=False)
    written: Mapping[int, int] = field(default_factory=dict, compare=False)

    @property
    def given_up(self) -> bool:
        """Whether the list is being undone, or was."""
        return self.status in (ListStatus.COMPENSATING, ListStatus.REJECTED, ListStatus.FAILED)

    @property
    def closed(self) -> bool:
        """Whether the status is final."""
        return self.status in (ListStatus.IMPORTED, ListStatus.REJECTED, ListStatus.FAILED)

    @property
    def list_id(self) -> str:
        """The list's identity."""
        return self.file.list_id


@dataclass(frozen=True)
class StoredVersion:
    """A version of a file as the bucket has it.

    ``etag`` is S3's tag of its content, without quotes; ``modified`` is when it was stored; ``removed`` says that the
    file has been deleted since.
    """

    file: PinnedFile
    etag: str
    modified: datetime
    removed: bool = False


def rows_a_part(wanted: int, size: int, smallest_row: int) -> int:
    """Return how many rows a part has: ``wanted``, or more if the file could otherwise have over `MOST_PARTS` parts.

    ``size`` is the file's and ``smallest_row`` that of the smallest good row, both in bytes.
    """
    # The last row may have no line end.
    return max(wanted, ceil((size + 1) / smallest_row / MOST_PARTS))


def is_temporary(key: str, endings: Collection[str]) -> bool:
    """Tell whether a file's name ends as that of one that is still being written, in lower-case letters or capitals."""
    return key.casefold().endswith(tuple(ending.casefold() for ending in endings))


def too_many_rejected(rejected: int, rows: int, tolerated_share: Fraction) -> bool:
    """Tell whether more than ``tolerated_share`` (0 to 1) of the rows was rejected, or every row was."""
    return rejected > rows * tolerated_share or rejected == rows


def over_tolerance(rejected: int, rows: int, tolerated_share: Fraction) -> str | None:
    """Return why the list is refused as a whole, or None if its bad rows are within the tolerance."""
    if not too_many_rejected(rejected, rows, tolerated_share):
        return None
    return f"{rejected} of {rows} rows were rejected, and {float(tolerated_share * 100):g} % is tolerated"
