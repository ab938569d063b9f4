"""Staging: the storage of a list's rows between two steps.

A part is a JSON object of two arrays, ``lines`` and ``rows``: row n came from line n. A manifest is a JSON array of
parts, the form that a Distributed Map reads.
"""

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, BinaryIO, Generic, TypeVar

from pydantic import TypeAdapter

from ..domain.aggregate import Details
from ..domain.lists import STAGING, FileRange
from ..domain.rows import Row, Rows
from .ports import Files

D = TypeVar("D", bound=Details)
T = TypeVar("T")

VALIDATED = "manifest.json"
VERIFIED = "import.json"
_RANGES = "ranges.json"
_REJECTIONS = "rejections.csv"

RANGE_RESULTS = "ranges"
"""The folder of the results of ranges, in the folder of a list."""

PROGRESS = "progress"
"""The folder of the progress of the verification of parts, in the folder of a list."""

IDENTITIES = "identities"
"""The name of an object with the digests of the identities of a range."""


class StagingGone(LookupError):
    """The output of an earlier step is missing: the rows of a list cannot be determined.

    Lambda reports the name of this class to the state machine, which does not retry.
    """


@dataclass(frozen=True)
class Part:
    """A part of a list: its number from 0, the key of its object, and the number of its rows."""

    part: int
    key: str
    rows: int


@dataclass(slots=True)
class StagedRow:
    """A good row as staged: its line in the file, and its values as JSON."""

    line: int
    values: dict[str, Any]


@dataclass(slots=True)
class TypedRow(Generic[D]):
    """A staged row as a check gets it.

    ``line`` is its line of the file. ``details`` has the values in the types of the model, such as Decimal and date.
    ``values`` are the same as staged, as JSON, and include values that only a newer version knows. ``created`` is for
    the rule of the command that creates: the values to import, as JSON, if they differ from ``values``.
    """

    line: int
    details: D
    values: Mapping[str, Any]
    created: Mapping[str, Any] | None = None

    @property
    def imported(self) -> StagedRow:
        """The row with the values to import."""
        return StagedRow(self.line, dict(self.values if self.created is None else self.created))


def attempt() -> str:
    """Return a new name for an attempt of a step."""
    return secrets.token_hex(6)


@dataclass
class Staging:
    """The folder of a list, or of an attempt of a step in it.

    Each attempt writes to its own folder: an attempt that outlives its execution changes no input of a later step. When
    the list's record names an attempt, its manifest is published in the list's folder. Without an attempt it is the
    folder in which an older version of the library staged all files.
    """

    files: Files
    list_id: str
    attempt: str | None = None
    parts: list[Part] = field(default_factory=list)

    def write_part(self, rows: list[Row], form: Rows) -> None:
        """Write good rows of this form as the next part."""
        key = self._key(f"part-{len(self.parts):05d}")
        lines = json.dumps([row.line for row in rows]).encode()
        data = form.staged(row.details for row in rows)
        self.files.write(key, b'{"lines":%b,"rows":%b}' % (lines, data))
        self.parts.append(Part(len(self.parts), key, len(rows)))

    def rewrite_part(self, part: Part, rows: list[StagedRow]) -> Part:
        """Write only the given rows of a validated part, and return the part with them."""
        key = self._key(f"part-{part.part:05d}")
        data = {"lines": [row.line for row in rows], "rows": [row.values for row in rows]}
        self.files.write(key, json.dumps(data).encode())
        return Part(part.part, key, len(rows))

    def keep_part(self, part: Part) -> None:
        """Add a part to the manifest."""
        self.parts.append(part)

    def write_identities(self, data: bytes) -> str:
        """Store the digests of the identities of a range, and return the key of the object."""
        key = self._key(IDENTITIES)
        self.files.write(key, data)
        return key

    def read_identities(self, key: str) -> BinaryIO:
        """Return the stored digests of the identities of a range as a stream. Raises StagingGone."""
        return _require(self.files.stream(key), key)

    def write_ranges(self, ranges: Sequence[FileRange]) -> None:
        """Store the ranges of the file, which the workflow reads."""
        self.files.write(self._key(_RANGES), json.dumps([asdict(place) for place in ranges]).encode())

    def ranges(self) -> list[FileRange]:
        """Return the stored ranges of the file. Raises StagingGone."""
        return adapter(list[FileRange]).validate_json(_read(self.files, self._key(_RANGES)))

    def write_range_result(self, place: FileRange, data: bytes) -> None:
        """Store the result of the validation of a range."""
        self.files.write(self._range_key(place), data)

    def range_results(self, ranges: Sequence[FileRange]) -> Iterator[bytes | None]:
        """Yield the stored result of each range in order, or None if it is not there."""
        return self.files.read_all([self._range_key(place) for place in ranges])

    def write_result(self, part: Part, data: bytes) -> None:
        """Store the result of a part's verification."""
        self.files.write(self._result_key(part), data)

    def write_progress(self, part: Part, data: bytes) -> None:
        """Store the progress of a part's verification, in the list's folder: for each attempt."""
        self.files.write(self._progress_key(part), data)

    def progress(self, part: Part) -> bytes | None:
        """Return the stored progress of a part's verification, or None if it is not there."""
        return self.files.read(self._progress_key(part))

    def results(self, parts: Sequence[Part]) -> Iterator[bytes | None]:
        """Yield the stored result of each part in order, or None if it is not there."""
        return self.files.read_all([self._result_key(part) for part in parts])

    def write_manifest(self, name: str) -> None:
        """Write the list of the parts."""
        self.files.write(self._key(name), json.dumps([asdict(part) for part in self.parts]).encode())

    def publish(self, name: str) -> None:
        """Copy the attempt's manifest into the list's folder, where the workflow reads it. Raises StagingGone."""
        if self.attempt:
            self.files.write(Staging(self.files, self.list_id)._key(name), _read(self.files, self._key(name)))

    def manifest(self, name: str) -> list[Part]:
        """Return the parts in a manifest. Raises StagingGone."""
        return adapter(list[Part]).validate_json(_read(self.files, self._key(name)))

    def write_rejections(self, text: str) -> None:
        """Store the report's lines of rejected rows, for the next step and for the report."""
        self.files.write(self._key(_REJECTIONS), text.encode())

    def rejections(self) -> str:
        """Return the report's lines of rejected rows. Raises StagingGone."""
        if self.attempt:
            return _read(self.files, self._key(_REJECTIONS)).decode()
        return (self.files.read(self._key(_REJECTIONS)) or b"").decode()

    def _range_key(self, place: FileRange) -> str:
        return self._key(f"{RANGE_RESULTS}/{place.name}.json")

    def _progress_key(self, part: Part) -> str:
        return f"{STAGING}/{self.list_id}/{PROGRESS}/part-{part.part:05d}.json"

    def _result_key(self, part: Part) -> str:
        return self._key(f"verified-{part.part:05d}.json")

    def _key(self, name: str) -> str:
        return "/".join(filter(None, (STAGING, self.list_id, self.attempt, name)))


def read_part(files: Files, part: Part, form: Rows) -> list[StagedRow]:
    """Return a part's rows, which any version may have staged.

    A missing value is the column's default. A value that only a newer version knows is included. Raises StagingGone."""
    staged = json.loads(_read(files, part.key))
    rows = zip(staged["lines"], staged["rows"], strict=True)
    return [StagedRow(line, form.completed(values)) for line, values in rows]


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """Return the reader and writer of stored values of a type. Members that another version has added are ignored."""
    return TypeAdapter(kind)


def _read(files: Files, key: str) -> bytes:
    return _require(files.read(key), key)


def _require(content: T | None, key: str) -> T:
    if content is None:
        raise StagingGone(f"{key} is not there")
    return content


def identities(rows: Iterable[StagedRow | TypedRow[Any]], id_field: str) -> Iterator[str]:
    """Yield the rows' identities."""
    return (row.values[id_field] for row in rows)
