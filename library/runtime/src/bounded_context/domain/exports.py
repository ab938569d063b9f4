"""Exports: files of a context's aggregates for partners, their names, and their records."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from .formats import FileFormat
from .spelling import kebab

OUTGOING: Final = "outgoing"
"""The folder of the files for partners, which the partner reads as ``/outgoing``."""

ENDINGS: Final = {"csv": "csv", "json-lines": "jsonl", "fixed": "txt", "xml": "xml", "xlsx": "xlsx"}
"""The ending of a file's name, by the kind of files."""

OWN: Final = ("status", "created_at", "changed_at")
"""The fields of an export besides the stored fields."""

_PERIOD: Final = re.compile("[0-9]{8}T[0-9]{6}Z")


@dataclass(frozen=True)
class Export:
    """A file of aggregates that partners fetch, for each period.

    Example: ``Export("daily", fields=("loan_id", "amount"), when="cron(0 18 * * ? *)", partners=("acme",))``.

    Args:
        name: the name in snake_case, which is in the names of its files.
        fields: the columns: stored fields, ``status``, ``created_at`` and ``changed_at``.
        when: the schedule in UTC, as EventBridge Scheduler has it: ``cron(0 18 * * ? *)`` or ``rate(1 day)``.
        partners: the partners, who each get a file in their format.
        changed: whether a file has only the aggregates that have changed since the period before.
    """

    name: str
    fields: tuple[str, ...]
    when: str
    partners: tuple[str, ...]
    changed: bool = False


class FileStatus(StrEnum):
    """The status of a file: the partner sees it from PREPARED on."""

    WRITING = "WRITING"
    PREPARED = "PREPARED"
    DELIVERED = "DELIVERED"
    ACKNOWLEDGED = "ACKNOWLEDGED"


@dataclass(frozen=True)
class ExportFile:
    """A file by its export, its partner and its period: the time of the schedule, such as ``20261201T180000Z``."""

    export: str
    partner: str
    period: str

    @property
    def time(self) -> datetime:
        """The time of the period."""
        return datetime.strptime(self.period, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    def key(self, context: str, format_: FileFormat) -> str:
        """Return the file's key in the bucket."""
        ending = ENDINGS[format_.kind] + (".gz" if format_.compression == "gzip" else "")
        return f"{OUTGOING}/{self.partner}/{kebab(context)}-{kebab(self.export)}-{self.period}.{ending}"


def period_of(time: datetime) -> str:
    """Return the period of a time. The order of periods is the order of times."""
    return f"{time.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def file_of(context: str, exports: Iterable[Export], path: str) -> ExportFile | None:
    """Return the file of a path that ends with a folder of a partner and a name, or None if no export has the file."""
    partner, _, name = path.rpartition("/")
    stem, _, ending = name.partition(".")
    rest, _, period = stem.removeprefix(f"{kebab(context)}-").rpartition("-")
    if ending.removesuffix(".gz") not in ENDINGS.values():
        return None
    known = [export.name for export in exports if kebab(export.name) == rest and _PERIOD.fullmatch(period)]
    return ExportFile(known[0], partner.rpartition("/")[2], period) if known else None


def control_key(key: str) -> str:
    """Return the key of the control file of a file."""
    return f"{key}.control.json"


@dataclass(frozen=True)
class FileRecord:
    """The record of a file, and the progress of its rows.

    ``since`` is the period before, or empty if the file has all aggregates. ``attempt`` counts the calls that have
    claimed the file: only the last may write. ``form`` is the format and the columns of the rows so far, ``parts`` are
    the numbers and tags of the parts of ``upload``, ``cursor`` is the key of the last item in them, and ``state`` is
    the state of their writer. ``written`` is
    whether the parts have all rows, and ``reason`` why the last call failed.

    Of a file for a partner's own server, ``transfer`` is the transfer under way, ``sent`` whether the server has the
    file, so that its control file is next, and ``failures`` counts the failed transfers.
    """

    file: ExportFile
    status: FileStatus = FileStatus.WRITING
    since: str = ""
    attempt: int = 0
    form: str = ""
    upload: str = ""
    parts: tuple[tuple[int, str], ...] = ()
    cursor: str = ""
    state: Sequence[int] = ()
    rows: int = 0
    sums: Mapping[str, str] = field(default_factory=dict[str, str])
    size: int = 0
    written: bool = False
    reason: str = ""
    key: str = ""
    prepared_at: str = ""
    fetched: bool = False
    acknowledged_by: str = ""
    transfer: str = ""
    sent: bool = False
    failures: int = 0

    @property
    def control(self) -> bytes:
        """The content of the control file: the file's name, its rows, the sum of each column of amounts, its size."""
        facts = {"file": self.key.rpartition("/")[2], "rows": self.rows, "sums": dict(self.sums), "size": self.size}
        return f"{json.dumps(facts, indent=2)}\n".encode()
