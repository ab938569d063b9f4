"""The cause of a failed list, for the operators of the context."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil, sqrt
from pathlib import PurePosixPath
from typing import Any, Final, Self

from .faults import Fault, ListFault


@dataclass(frozen=True)
class Failure:
    """The cause of a failed list. On AWS, its texts quote no value of a row.

    ``step`` is the function, and ``part`` the number of the part that it wrote. ``error`` is the type of the exception,
    or the name of Step Functions' error if the call raised none. ``frame`` is the innermost line of the team's code, as
    a path in ``src/``. ``log`` is the link to the call's log.
    """

    step: str
    part: int | None = None
    error: str = ""
    message: str = ""
    frame: str = ""
    log: str = ""

    def facts(self) -> dict[str, Any]:
        """Return the known fields by name, for the list's record."""
        return {name: value for name, value in vars(self).items() if value not in (None, "")}

    @classmethod
    def of(cls, facts: Mapping[str, Any] | None) -> Self | None:
        """Return the failure of the given facts, or None without facts. Unknown facts are ignored."""
        if not facts:
            return None
        members = {field.name: facts[field.name] for field in fields(cls) if field.name in facts}
        part = members.get("part")
        values: dict[str, Any] = {"step": "", **members, "part": None if part is None else int(part)}
        return cls(**values)

    @property
    def text(self) -> str:
        """The cause in one line, such as ``import_list, part 3: KeyError: 'x', at src/a/b.py:7 in rule; log: ...``."""
        where = self.step if self.part is None else f"{self.step}, part {self.part}"
        description = ": ".join(filter(None, (where, self.error, self.message)))
        return description + (f", at {self.frame}" if self.frame else "") + (f"; log: {self.log}" if self.log else "")


INCOMING = "incoming"
REPORTS = "reports"
STAGING = "staging"
_REPORT_SUFFIX = ".report.csv"
_KEY_BYTES = 1024
"""The maximum length of an object's key, in UTF-8 bytes (S3 User Guide, "Naming Amazon S3 objects")."""

BROKEN = "broken-"
"""The prefix of the version of a broken upload. S3's own versions do not have it."""

MOST_PARTS: Final = 10_000
"""The maximum number of a list's parts. The list's record has the number of each part, and Step Functions reads the
record into its state, of 256 KiB (AWS Step Functions Developer Guide, "Quotas related to state executions"): 10,000
numbers take 67 KiB."""


KEY_UNITS: Final = 1000
"""The write units that a key accepts in a second (Amazon DynamoDB Developer Guide, "Best practices for designing and
using partition keys effectively")."""

MOST_WRITTEN: Final = 32 * KEY_UNITS
"""The rows of a list that are written in a second, at most. The list has 32 keys in the index ``by_list``."""


class ListStatus(StrEnum):
    """The status of a list; the last three are final."""

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
    """The object is not a list: its key is not under ``incoming/<partner>/``."""

    def __init__(self) -> None:
        # This text is logged, and a file's name may name a person.
        super().__init__(f"this is not a list: lists are under {INCOMING}/<partner>/<file>")


@dataclass(frozen=True)
class PinnedFile:
    """One version of an object. ``size`` is in bytes."""

    bucket: str
    key: str
    version_id: str
    size: int

    @property
    def partner(self) -> str:
        """The partner whose folder contains the file.

        Raises:
            NotAList: the file is in no partner's folder.
        """
        match self.key.split("/"):
            case [root, partner, *rest] if root == INCOMING and partner and any(rest) and rest[-1]:
                return partner
        raise NotAList

    @property
    def broke_off(self) -> bool:
        """Whether this is the placeholder of a broken upload."""
        return self.version_id.startswith(BROKEN)

    def broken_off(self, mark: str) -> "PinnedFile":
        """Return the placeholder of a broken upload of this file; ``mark`` distinguishes it from other uploads."""
        return PinnedFile(self.bucket, self.key, f"{BROKEN}{mark}", 0)

    @property
    def report_key(self) -> str:
        """The key of the partner's report. The end of a very long name is replaced by a hash of the name."""
        key = str(PurePosixPath(REPORTS, *PurePosixPath(self.key).parts[1:]))
        longest = _KEY_BYTES - len(_REPORT_SUFFIX)
        if len(key.encode()) > longest:
            suffix = f"-{hashlib.sha256(self.key.encode()).hexdigest()[:16]}"
            key = key.encode()[: longest - len(suffix)].decode(errors="ignore") + suffix
        return key + _REPORT_SUFFIX

    @property
    def list_id(self) -> str:
        """The list's identity: the same for each announcement of the same version of the same object."""
        pinned = "\n".join((self.bucket, self.key, self.version_id, str(self.size)))
        return hashlib.sha256(pinned.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class ReceivedList:
    """A list as recorded.

    ``execution`` is the workflow execution that imports the list. ``reason`` is set if the list was refused or is
    being undone. ``failed`` is whether it is being undone for a technical reason. ``traceparent`` is the upload's
    position in a trace, or None for old records. ``received_at`` is None before the list is recorded.

    ``rejections`` are the rejected rows by fault. The verification sets ``amounts``, the sums of the rows to import by
    field and currency, and ``parts``, the number of parts to import. No row is written before. ``undone_parts`` are the
    numbers of the parts of which no row is left. ``imported_parts`` are the numbers of the parts whose rows are all in
    the table.

    ``staged`` and ``verified`` name the attempts of validation and verification whose results count; None for a list of
    an older version of the library. ``writers`` maps the number of a part to the time, in seconds since 1970, until
    which an invocation may write it. ``written`` maps it to the number of its first rows that are in the table.
    ``failure`` is the cause of a failed list, for operators. Neither the report nor the event has it, or ``setting``,
    which would accept the file of another format. ``code`` is
    the code of ``reason`` in the report; empty for a list of an older version.
    ``awaits_scan`` is whether the list starts only after the malware scan of its file; ``scan`` is the scan's result.

    ``waits_since`` is the time from which the list waits for an approval, and ``decided_at`` the time of the decision,
    in seconds since 1970; 0 without an approval. ``decided_by`` is the ARN of the person who decided. ``task_token`` is
    the token of the waiting state; a sent token is removed.
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
    failed: bool = False
    failure: Failure | None = field(default=None, compare=False)
    awaits_scan: bool = False
    scan: str | None = None
    code: str = ""
    setting: str = field(default="", compare=False)
    waits_since: int = 0
    decided_at: int = 0
    decided_by: str = ""
    task_token: str = field(default="", repr=False, compare=False)

    @property
    def awaits_approval(self) -> bool:
        """Whether the list waits for a person's decision."""
        return self.waits_since > 0 and not self.decided_at and self.status is ListStatus.IMPORTING

    def waited(self, now: float) -> float:
        """Return the seconds that the list has waited for its approval until a time in seconds since 1970."""
        return max(0.0, (self.decided_at or now) - self.waits_since) if self.waits_since else 0.0

    @property
    def cancelled(self) -> bool:
        """Whether the list is being undone, or was."""
        return self.status in (ListStatus.COMPENSATING, ListStatus.REJECTED, ListStatus.FAILED)

    @property
    def closed(self) -> bool:
        """Whether the status is final."""
        return self.status in (ListStatus.IMPORTED, ListStatus.REJECTED, ListStatus.FAILED)

    @property
    def begun_parts(self) -> frozenset[int]:
        """The numbers of the parts with a trace of a writer. No other part has rows in the table."""
        return self.imported_parts | self.writers.keys() | self.written.keys()

    @property
    def list_id(self) -> str:
        """The list's identity."""
        return self.file.list_id


@dataclass(frozen=True)
class StoredVersion:
    """A version of a file in the bucket.

    ``etag`` is S3's ETag of its content, without quotes. ``modified`` is the time at which it was stored. ``removed``
    is True if the file has been deleted since.
    """

    file: PinnedFile
    etag: str
    modified: datetime
    removed: bool = False


def rows_a_part(preferred: int, size: int, smallest_row: int, ranges: int = 1) -> int:
    """Return the number of rows of a part: ``preferred``, or more if the file could otherwise have too many parts.

    ``size`` is the size of the file and ``smallest_row`` the size of the smallest good row, both in bytes. The last
    part of each of the ``ranges`` may have fewer rows.
    """
    # The last row may have no line end.
    rows = (size + 1) / smallest_row
    return max(preferred, ceil(rows / (most_parts(rows) - ranges + 1)))


def most_parts(rows: float) -> float:
    """Return the maximum number of parts of a list. Its record, a single key, accepts two writes of each part.

    The rows take at least a second: 2 * parts * record_units(parts) <= 1,000 * seconds.
    """
    seconds = max(1, rows / MOST_WRITTEN)
    return min(MOST_PARTS, 128 * (sqrt(9 + KEY_UNITS * seconds / 128) - 3))


def record_units(parts: float) -> float:
    """Return the write units of an update of a list's record with the given written parts: one for each KB.

    The number of a part takes four bytes, and the rest of the record three KB (Amazon DynamoDB Developer Guide,
    "DynamoDB item sizes and formats"). An update consumes the units of the whole item ("DynamoDB read and write
    operations").
    """
    return 3 + parts / 256


def is_list(file: PinnedFile) -> bool:
    """Whether a file is in a partner's folder."""
    try:
        return bool(file.partner)
    except NotAList:
        return False


def is_temporary(key: str, endings: Collection[str]) -> bool:
    """Return whether a file's name has the suffix of an unfinished file, in lower-case letters or capitals."""
    return key.casefold().endswith(tuple(suffix.casefold() for suffix in endings))


def over_tolerance(rejected: int, rows: int, tolerated_share: Fraction) -> str | None:
    """Return the reason to reject the list as a whole, or None.

    The reason is that more than ``tolerated_share`` (0 to 1) of the rows was rejected, or every row was.
    """
    if rejected <= rows * tolerated_share and rejected != rows:
        return None
    return f"{rejected} of {rows} rows were rejected, and {float(tolerated_share * 100):g} % is tolerated"


APART: Final = ("CHF", "EUR", "GBP", "USD")
"""The currencies that have a sum of their own. Each is a metric that costs money every month. A partner's file could
name 17,576 currencies (three letters), so all others share a sum."""

OTHER: Final = "OTHER"
"""The label of the shared sum of all other currencies, and of amounts without a currency."""

NONE: Final = "NONE"
"""The label of the sums of an aggregate without a currency field."""


def currencies(currency: str | None) -> tuple[str, ...]:
    """Return the labels of the sums of an aggregate with this currency field, or without a currency field."""
    return (NONE,) if currency is None else (*APART, OTHER)


class Amounts:
    """The sums of the decimal fields of rows, by the currency field if any. Memory use is constant.

    The sums are exact: an amount has at most 15 digits, and Python's decimals keep 28 through an addition, enough for
    ten thousand billion rows.
    """

    def __init__(self, decimals: Sequence[str], currency: str | None) -> None:
        self._decimals = decimals
        self._currency = currency
        self._names = {name: name for name in currencies(currency)}
        self._sums: dict[str, dict[str, Decimal]] = {name: defaultdict(Decimal) for name in decimals}

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows, given as JSON values. A missing amount adds 0. An amount without a currency is added to `OTHER`."""
        if not self._decimals:
            return
        for row in rows:
            name = NONE if self._currency is None else self._names.get(row.get(self._currency) or "", OTHER)
            for column in self._decimals:
                if (amount := row.get(column)) is not None:
                    self._sums[column][name] += Decimal(amount)

    def merge(self, sums: Mapping[str, Mapping[str, Decimal]]) -> None:
        """Add the sums of other rows."""
        for column, by_currency in sums.items():
            for name, amount in by_currency.items():
                self._sums[column][name] += amount

    def sums(self) -> dict[str, dict[str, Decimal]]:
        """Return the sums by field and currency, without the currencies that no row has."""
        return {field: dict(by_currency) for field, by_currency in self._sums.items()}


@dataclass(frozen=True)
class ListTotals:
    """The counts of a verified list, and the sums of the rows to import, before a row is written.

    ``amounts`` has the sums by decimal field and currency: the ISO code for CHF, EUR, GBP and USD, ``OTHER`` for all
    other currencies, and ``NONE`` in a context without a currency. A currency without rows is missing.
    """

    rows: int = 0
    valid: int = 0
    rejected: int = 0
    partner: str = ""
    amounts: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)

    def highest(self, field: str) -> Decimal:
        """Return the greatest of a field's sums by currency, 0 without rows. Raises KeyError for an unknown field."""
        return max(self.amounts[field].values(), default=Decimal())


@dataclass(frozen=True)
class ListApproval:
    """The approval of lists by a person, between verification and import.

    Args:
        rule: returns whether a list waits for an approval. It is pure: the same totals give the same answer.
        days: the days, 1 to 14, after which a list that no person has approved is rejected.
    """

    rule: Callable[[ListTotals], bool]
    days: int = 7


MOST_DAYS: Final = 14
"""The maximum of days for an approval: a redrive, which is possible for 14 days, still needs the staged rows, which are
stored for 30 days."""

NOT_APPROVED: Final = "NotApproved"
"""The error of the waiting state of a list that is rejected, or not approved in time."""

NOT_IN_TIME: Final = "the list was not approved in time: ask us for the reason"


@dataclass(frozen=True)
class FileRange:
    """A range of a file that begins with a record, and ends before the next range.

    ``start`` and ``end`` are in bytes; ``end`` is exclusive. ``line`` is the first line, counted from 1, and ``lines``
    the number of lines, or None for the last range. ``others`` is whether a line before the range is not ASCII.
    ``columns`` are the names of the columns of the file. Another version of the library may add members.
    """

    number: int
    start: int
    end: int
    line: int
    lines: int | None
    others: bool
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the range, which is the same in each plan of the file."""
        return f"{self.start}-{self.end}"


TAG: Final = "GuardDutyMalwareScanStatus"
CLEAN: Final = "NO_THREATS_FOUND"
THREAT: Final = "THREATS_FOUND"

INFECTED: Final = "the file contains malware: remove it, and send the file again"


class NotScanned(Exception):
    """A scan's result was announced, and the file has no tag yet. The workflow retries the step for some minutes."""


def refusal(result: str) -> str | None:
    """Return the partner's reason for a file with this result, or None if it is clean. A new value is not clean."""
    if result == CLEAN:
        return None
    if result == THREAT:
        return INFECTED
    return f"the file could not be scanned for malware ({result}): send it again, without a password"


def code(result: str | None) -> str:
    """Return the code of the refusal in the partner's report; empty if the scan did not refuse the file."""
    if result in (None, CLEAN):
        return ""
    return ListFault.MALWARE if result == THREAT else ListFault.NOT_SCANNED
