"""Where a list's rows wait between two steps, and in what form.

A part is a JSON object of two arrays, ``lines`` and ``rows``: row n came from line n. A manifest is a JSON array of
parts, the form a Distributed Map reads.
"""

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from ..domain.lists import STAGING
from ..domain.rows import Row, Rows
from .ports import Files

if TYPE_CHECKING:
    from .verification import TypedRow

VALIDATED = "manifest.json"
VERIFIED = "import.json"
_REJECTIONS = "rejections.csv"


class StagingGone(LookupError):
    """What a step has handed over is not there any more: which rows a list has cannot be determined.

    Lambda tells its name to the state machine, which does not try again.
    """


@dataclass(frozen=True)
class Part:
    """One part of a list: its number from 0, the object that holds it, and how many rows that has."""

    part: int
    key: str
    rows: int


@dataclass(frozen=True)
class StagedRow:
    """A good row as staged: the line it came from, and its values as JSON."""

    line: int
    values: dict[str, Any]


def attempt() -> str:
    """Return a new name for an attempt of a step."""
    return secrets.token_hex(6)


@dataclass
class Staging:
    """The folder of a list, or of one attempt of a step in it.

    Attempts write to folders of their own, so that an attempt which outlives its execution changes nothing that a later
    step reads. When the list's record names an attempt, its manifest is published in the list's folder. Without an
    attempt it is the folder in which an older version of the library staged everything.
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

    def rewrite_part(self, part: Part, rows: list[StagedRow]) -> None:
        """Keep only these rows of a validated part."""
        key = self._key(f"part-{part.part:05d}")
        data = {"lines": [row.line for row in rows], "rows": [row.values for row in rows]}
        self.files.write(key, json.dumps(data).encode())
        self.parts.append(Part(part.part, key, len(rows)))

    def keep_part(self, part: Part) -> None:
        """Take a validated part over as it is."""
        self.parts.append(part)

    def write_manifest(self, name: str) -> None:
        """Write the parts' names."""
        self.files.write(self._key(name), json.dumps([asdict(part) for part in self.parts]).encode())

    def publish(self, name: str) -> None:
        """Copy the attempt's manifest into the list's folder, where the workflow reads it.

        Raises:
            StagingGone: there is no such manifest.
        """
        if self.attempt:
            self.files.write(Staging(self.files, self.list_id)._key(name), _read(self.files, self._key(name)))

    def manifest(self, name: str) -> list[Part]:
        """Return the parts that a manifest names.

        Raises:
            StagingGone: there is no such manifest.
        """
        return [_part(told) for told in json.loads(_read(self.files, self._key(name)))]

    def write_rejections(self, text: str) -> None:
        """Store the report's lines of rejected rows, for the next step and for the report."""
        self.files.write(self._key(_REJECTIONS), text.encode())

    def rejections(self) -> str:
        """Return the report's lines of rejected rows.

        Raises:
            StagingGone: the attempt's lines are gone.
        """
        if self.attempt:
            return _read(self.files, self._key(_REJECTIONS)).decode()
        return (self.files.read(self._key(_REJECTIONS)) or b"").decode()

    def _key(self, name: str) -> str:
        return "/".join(filter(None, (STAGING, self.list_id, self.attempt, name)))


def read_part(files: Files, part: Part, form: Rows) -> list[StagedRow]:
    """Return a part's rows, whichever version staged them.

    A value that the version before did not know is the default; one that only a newer version knows is there too.

    Raises:
        StagingGone: the part is not there.
    """
    staged = json.loads(_read(files, part.key))
    rows = zip(staged["lines"], staged["rows"], strict=True)
    return [StagedRow(line, form.completed(values)) for line, values in rows]


def _part(told: Mapping[str, Any]) -> Part:
    # Another version may say more of a part.
    return Part(**{one.name: told[one.name] for one in fields(Part)})


def _read(files: Files, key: str) -> bytes:
    data = files.read(key)
    if data is None:
        raise StagingGone(f"{key} is not there")
    return data


def identities(rows: "Iterable[StagedRow | TypedRow[Any]]", id_field: str) -> Iterator[str]:
    """Yield the rows' identities."""
    return (row.values[id_field] for row in rows)
