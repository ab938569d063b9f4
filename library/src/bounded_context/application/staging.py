"""Where a list's rows wait between two steps, and in what form.

A part is a JSON object of two arrays, ``lines`` and ``rows``: row n came from line n. A manifest is a JSON array of
parts, the form a Distributed Map reads.
"""

import json
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


@dataclass
class Staging:
    """One list's folder."""

    files: Files
    list_id: str
    parts: list[Part] = field(default_factory=list)

    def write_part(self, rows: list[Row], form: Rows) -> None:
        """Write good rows of this form as the next part."""
        key = self._key(f"part-{len(self.parts):05d}")
        lines = json.dumps([row.line for row in rows]).encode()
        data = form.staged(row.details for row in rows)
        self.files.write(key, b'{"lines":%b,"rows":%b}' % (lines, data))
        self.parts.append(Part(len(self.parts), key, len(rows)))

    def rewrite_part(self, part: Part, rows: list[StagedRow]) -> None:
        """Keep only these rows of a validated part, under a key of its own, so that a repeated step reads the same."""
        key = part.key + "-verified"
        data = {"lines": [row.line for row in rows], "rows": [row.values for row in rows]}
        self.files.write(key, json.dumps(data).encode())
        self.parts.append(Part(part.part, key, len(rows)))

    def keep_part(self, part: Part) -> None:
        """Take a validated part over as it is."""
        self.parts.append(part)

    def write_manifest(self, name: str) -> None:
        """Write which parts there are."""
        self.files.write(self._key(name), json.dumps([asdict(part) for part in self.parts]).encode())

    def manifest(self, name: str) -> list[Part]:
        """Return the parts that a manifest names.

        Raises:
            StagingGone: there is no such manifest.
        """
        return [_part(told) for told in json.loads(_read(self.files, self._key(name)))]

    def write_rejections(self, text: str) -> None:
        """Keep what the validation rejected, for the verification to add to."""
        self.files.write(self._key("rejections.csv"), text.encode())

    def rejections(self) -> str:
        """Return what the validation rejected."""
        return (self.files.read(self._key("rejections.csv")) or b"").decode()

    def _key(self, name: str) -> str:
        return f"{STAGING}/{self.list_id}/{name}"


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
