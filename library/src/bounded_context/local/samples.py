"""Sample lists, made from the aggregate's own fields: each field says of which kind it is, and a kind makes values."""

import codecs
import csv
import io
import random
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from ..context import Context
from ..domain.fields import kind_of

_BAD_SEED = 998
_BAD = "no such value"

REFERENCES = 20
"""How many things of each kind sample rows refer to."""

Values = Callable[[random.Random, int], str]

KINDS: dict[str, Values] = {
    "identifier": lambda _, number: f"id-{number:07d}",
    "text": lambda dice, number: (
        f"{dice.choice(('Ada', 'Grace', 'Edsger', 'Barbara', 'Søren'))} {number}, Example & Co"
    ),
    "decimal": lambda dice, _: f"{dice.randint(1, 999_999) / 100:.2f}",
    "int": lambda dice, _: str(dice.randint(0, 10_000)),
    "currency": lambda dice, _: dice.choice(("EUR", "USD", "CHF")),
    "date": lambda dice, _: (date(2026, 1, 1) + timedelta(days=dice.randrange(365))).isoformat(),
    "bool": lambda dice, _: dice.choice(("true", "false")),
}
"""Text of a field by its kind; the number is the row's, counted from 1 over the whole sample."""

UNIQUE: dict[str, Callable[[int], str]] = {
    "identifier": lambda number: f"id-{number:09d}",
    "text": lambda number: f"reference {number:09d}",
    "int": str,
}
"""Text that is another for every number: for identities and for what rows refer to."""


class Samples:
    """Makes lists for a context, and reads those of others as it would."""

    def __init__(self, context: Context[Any]) -> None:
        """Make rows of the context's aggregate."""
        self.identity = context.identity
        self._context = context

    @cached_property
    def columns(self) -> dict[str, str]:
        """The aggregate's columns and their kinds, in order; what is of a type of the context's own is text.

        One of such a type that has a default is left out.
        """
        kinds = {name: (kind_of(field), field) for name, field in self._context.details.model_fields.items()}
        return {name: kind or "text" for name, (kind, field) in kinds.items() if kind or field.is_required()}

    @cached_property
    def _references(self) -> list[str]:
        kinds = [self.columns[name] for name in self._context.references]
        return [UNIQUE[kind](number) for kind in kinds for number in range(1, REFERENCES + 1)]

    def known_references(self) -> list[str]:
        """Return what sample rows refer to: the identities that the context is told of before it imports."""
        return list(self._references)

    def rows(self, count: int, seed: int = 0) -> list[list[str]]:
        """Return `count` good rows.

        The same seed gives the same rows, another seed other identities (10**6 rows apart).
        """
        dice = random.Random(seed)  # noqa: S311  samples, not secrets
        return [self._row(dice, seed * 1_000_000 + number) for number in range(1, count + 1)]

    def _row(self, dice: random.Random, number: int) -> list[str]:
        return [self._cell(dice, number, name, kind) for name, kind in self.columns.items()]

    def _cell(self, dice: random.Random, number: int, name: str, kind: str) -> str:
        if name in self._context.references:
            return self._references[number % REFERENCES]
        return UNIQUE[kind](number) if name == self.identity else KINDS[kind](dice, number)

    def document(self, count: int, seed: int = 0) -> bytes:
        """Return a list as a partner sends it: the header and `count` good rows, as CSV in UTF-8."""
        return as_csv([list(self.columns), *self.rows(count, seed)])

    def bad_document(self) -> bytes:
        """Return a list whose only row is bad: a value of no field's type, or a cell too many where all are texts."""
        columns, [row] = list(self.columns), self.rows(1, _BAD_SEED)
        typed = next((name for name, kind in self.columns.items() if kind not in UNIQUE), None)
        bad = (
            [*row, _BAD]
            if typed is None
            else [_BAD if name == typed else cell for name, cell in zip(columns, row, strict=True)]
        )
        return as_csv([columns, bad])

    def lines_by_identity(self, content: bytes) -> dict[str, list[int]]:
        """Return for each identity in a file the lines, counted from 1, on which its records begin."""
        records = csv.reader(_text(content))
        header = [cell.strip() for cell in next(records, [])]
        column = header.index(self.identity) if self.identity in header else len(header)
        found: dict[str, list[int]] = {}
        begins = records.line_num + 1
        for record in records:
            if len(record) > column:
                found.setdefault(record[column].strip(), []).append(begins)
            begins = records.line_num + 1
        return found

    def references_of(self, content: bytes) -> set[str]:
        """Return what the rows of a file refer to; nothing if it has no such column."""
        records = csv.reader(_text(content))
        header = [cell.strip() for cell in next(records, [])]
        columns = [header.index(name) for name in self._context.references if name in header]
        return {record[column] for record in records for column in columns if len(record) > column and record[column]}


def as_csv(records: Iterable[Iterable[str]]) -> bytes:
    """Write records as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(records)
    return text.getvalue().encode()


def count_records(content: bytes) -> int:
    """Count a file's records after its header, on its own: not with the code that imports it."""
    return max(sum(1 for record in csv.reader(_text(content)) if record) - 1, 0)


def _text(content: bytes) -> io.StringIO:
    utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16" if utf_16 else "utf-8-sig", errors="replace")
    # The limit is everybody's: it is only ever raised.
    csv.field_size_limit(max(len(text), csv.field_size_limit()))
    return io.StringIO(text, newline="")
