"""Sample lists, with values for the kinds of the aggregate's fields."""

import codecs
import csv
import gzip
import io
import json
import random
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from typing import Any

from bounded_context.application.reading import FileSource
from bounded_context.declaration.context import Context
from bounded_context.domain.field_types import BY_KIND
from bounded_context.domain.fields import choices, kind_of, today
from bounded_context.domain.formats import PLAIN, FileFormat
from bounded_context.domain.rows import Unreadable
from bounded_context.testing.functions import OwnValues, assembled, own_values
from bounded_context_infra.configuration.project import ProjectError

_BAD_SEED = 998
_BAD = "no such value"
_NARROW_BAD = "?"
_GZIP = b"\x1f\x8b"

REFERENCES = 20
"""Number of different references in sample rows, for each kind of reference."""

Values = Callable[[random.Random, int], str]

KINDS: dict[str, Values] = {
    **{kind: lambda _dice, _number, cell=field_type.sample: cell for kind, field_type in BY_KIND.items()},
    "identifier": lambda _, number: f"id-{number:07d}",
    "text": lambda dice, number: (
        f"{dice.choice(('Ada', 'Grace', 'Edsger', 'Barbara', 'Søren'))} {number}, Example & Co"
    ),
    "decimal": lambda dice, _: f"{dice.randint(1, 999_999) / 100:.2f}",
    "int": lambda dice, _: str(dice.randint(0, 10_000)),
    "currency": lambda dice, _: dice.choice(("EUR", "USD", "CHF")),
    "date": lambda dice, _: (today() - timedelta(days=dice.randrange(365))).isoformat(),
    "bool": lambda dice, _: dice.choice(("true", "false")),
}
"""Sample text for each kind of field. The number is the row number in the sample, from 1."""

UNIQUE: dict[str, Callable[[int], str]] = {
    "identifier": lambda number: f"id-{number:09d}",
    "text": lambda number: f"reference {number:09d}",
    "int": str,
}
"""Unique text for each number, for identities and references."""


class Samples:
    """Generator of sample lists for a context, and reader of lists."""

    def __init__(self, context: Context[Any], format_: FileFormat = PLAIN) -> None:
        """Generate rows of the context's aggregate, and lists in a partner's format."""
        self.format = format_
        self.identity = context.identity
        self._context = context

    @cached_property
    def columns(self) -> dict[str, str]:
        """The aggregate's columns and their kinds, in order.

        Fields with a type of the context count as text, or are omitted if they have a default.
        """
        kinds = {name: (kind_of(field), field) for name, field in self._context.details.model_fields.items()}
        return {name: kind or "text" for name, (kind, field) in kinds.items() if kind or field.is_required()}

    @cached_property
    def _references(self) -> list[str]:
        kinds = [self.columns[name] for name in self._context.references]
        return [UNIQUE[kind](number) for kind in kinds for number in range(1, REFERENCES + 1)]

    def known_references(self) -> list[str]:
        """Return the identities that sample rows refer to. They must be known to the context before the import."""
        return list(self._references)

    def rows(self, count: int, seed: int = 0) -> list[list[str]]:
        """Return `count` valid rows.

        The same seed gives the same rows. Identities of different seeds are 10**6 rows apart.
        """
        dice = random.Random(seed)  # noqa: S311  samples, not secrets
        numbers = range(seed * 1_000_000 + 1, seed * 1_000_000 + count + 1)
        return [self._row(dice, number) for number in numbers]

    def _row(self, dice: random.Random, number: int) -> list[str]:
        """Return a row: values of the repository's own replace generated ones."""
        own = self._own(number)
        generated = {name: self._cell(dice, number, name, kind) for name, kind in self.columns.items()}
        return [own.get(name, cell) for name, cell in generated.items()]

    @cached_property
    def _own(self) -> OwnValues:
        return own_values(self._context)

    def _cell(self, dice: random.Random, number: int, name: str, kind: str) -> str:
        if name in self._context.references:
            return self._references[number % REFERENCES]
        if values := choices(self._context.details.model_fields[name]):
            return dice.choice(values)
        return UNIQUE[kind](number) if name == self.identity else KINDS[kind](dice, number)

    def document(self, count: int, seed: int = 0) -> bytes:
        """Return a list with a header and `count` valid rows."""
        return self.written([list(self.columns), *self.rows(count, seed)])

    def written(self, records: list[list[str]]) -> bytes:
        """Return records of plain cells as a list in the partner's format."""
        if self.format == PLAIN:
            return as_csv(records)
        header, *rows = records
        notations = self._context.rows.writers(self.format)
        columns = [notations.get(name, str) for name in header]
        cells = ([*map(lambda write, cell: write(cell), columns, row), *row[len(header) :]] for row in rows)
        try:
            return assembled([self.format.names(header), *cells], self.format)
        except ValueError as error:
            raise ProjectError(f"the partner's format has no place for a sample list: {error}.") from error

    def bad_document(self) -> bytes:
        """Return a list with one invalid row: a value of a wrong type, or an extra cell if all columns are texts."""
        columns, [row] = list(self.columns), self.rows(1, _BAD_SEED)
        # A row without a number in the column of the file's own sum refuses the file.
        untyped, summed = (*UNIQUE, "longtext"), self.format.control.get("of")
        typed = next((name for name, kind in self.columns.items() if kind not in untyped and name != summed), None)
        value = _NARROW_BAD if self.format.kind == "fixed" else _BAD
        bad = (
            [*row, value]
            if typed is None
            else [value if name == typed else cell for name, cell in zip(columns, row, strict=True)]
        )
        return self.written([columns, bad])

    def lines_by_identity(self, content: bytes) -> dict[str, list[int]]:
        """Return the line numbers, from 1, on which the records of each identity in a file begin."""
        lines: dict[str, list[int]] = {}
        for line, record in self._records(content):
            if self.identity in record:
                lines.setdefault(record[self.identity].strip(), []).append(line)
        return lines

    def references_of(self, content: bytes) -> set[str]:
        """Return the identities that the rows of a file refer to; empty without such columns."""
        records = [record for _, record in self._records(content)]
        return {record[name] for record in records for name in self._context.references if record.get(name)}

    def count(self, content: bytes) -> int:
        """Count a file's records after the header, independently of the import's code."""
        return sum(1 for _ in self._records(content))

    def _records(self, content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the first line, and the cells by column, of each record after the header."""
        if self.format.has_own_reader:
            with suppress(Unreadable):
                yield from self._placed_records(content)
            return
        text = _text(content, self.format.encoding)
        if self.format.kind == "json-lines":
            for line, record in enumerate(text, 1):
                if record.strip():
                    members = _members(record)
                    yield line, self._by_column(members, members.values())
            return
        records = csv.reader(text, delimiter=self.format.delimiter)
        header = next(records, [])
        begins = records.line_num + 1
        for record in records:
            if record:
                yield begins, self._by_column(header, record)
            begins = records.line_num + 1

    def _placed_records(self, content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
        header, *records = FileSource(io.BytesIO(content)).records(self.format)
        for record in records:
            yield record.line, self._by_column(header.cells, record.cells)

    def _by_column(self, names: Iterable[str], cells: Iterable[object]) -> dict[str, str]:
        return {self.format.column(name): str(cell) for name, cell in zip(names, cells, strict=False)}


def as_csv(records: Iterable[Iterable[str]]) -> bytes:
    """Return records as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(records)
    return text.getvalue().encode()


def _members(line: str) -> dict[str, Any]:
    with suppress(ValueError):
        return dict(json.loads(line))
    return {}


def _text(content: bytes, encoding: str) -> io.StringIO:
    if content.startswith(_GZIP):
        with suppress(OSError, EOFError, zlib.error):
            content = gzip.decompress(content)
    utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16" if utf_16 else {"utf-8": "utf-8-sig"}.get(encoding, encoding), errors="replace")
    # The limit applies to the whole process, so it is never lowered.
    csv.field_size_limit(max(len(text), csv.field_size_limit()))
    return io.StringIO(text, newline="")
