"""Sample lists, made from the aggregate's own fields: each field says of which kind it is, and a kind makes values."""

import codecs
import csv
import io
import random
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from importlib import import_module
from typing import Any

from infra.context import AGGREGATE, CONTEXT

REFERENCES = 20

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


@cache
def _model() -> Any:
    return import_module(f"{CONTEXT}.domain.model")


def columns() -> dict[str, str]:
    """Return the aggregate's columns and their kinds, in order."""
    fields = getattr(_model(), f"{AGGREGATE}Details").model_fields
    return {name: field.json_schema_extra["kind"] for name, field in fields.items()}


def known_references() -> list[str]:
    """Return what sample rows refer to: the identities that the context is told of before it imports."""
    kinds = [columns()[reference] for reference in _model().REFERENCES]
    return [UNIQUE[kind](number) for kind in kinds for number in range(1, REFERENCES + 1)]


def rows(count: int, seed: int = 0) -> list[list[str]]:
    """Return `count` good rows. The same seed gives the same rows, another seed other identities (10**6 rows apart)."""
    dice = random.Random(seed)  # noqa: S311  samples, not secrets
    return [_row(dice, seed * 1_000_000 + number) for number in range(1, count + 1)]


def _row(dice: random.Random, number: int) -> list[str]:
    return [_cell(dice, number, name, kind) for name, kind in columns().items()]


def _cell(dice: random.Random, number: int, name: str, kind: str) -> str:
    if name in _model().REFERENCES:
        return known_references()[number % REFERENCES]
    return UNIQUE[kind](number) if name == _model().ID else KINDS[kind](dice, number)


def document(count: int, seed: int = 0) -> bytes:
    """Return a list as a partner sends it: the header and `count` good rows, as CSV in UTF-8."""
    return as_csv([list(columns()), *rows(count, seed)])


def as_csv(records: list[list[str]]) -> bytes:
    """Write records as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(records)
    return text.getvalue().encode()


def count_records(content: bytes) -> int:
    """Count a file's records after its header, on its own: not with the code that imports it."""
    return max(sum(1 for record in csv.reader(_text(content)) if record) - 1, 0)


def lines_by_identity(content: bytes) -> dict[str, list[int]]:
    """Return for each identity in a file the lines, counted from 1, on which its records begin."""
    records = csv.reader(_text(content))
    header = [cell.strip() for cell in next(records, [])]
    column = header.index(identity_field()) if identity_field() in header else len(header)
    found: dict[str, list[int]] = {}
    begins = records.line_num + 1
    for record in records:
        if len(record) > column:
            found.setdefault(record[column].strip(), []).append(begins)
        begins = records.line_num + 1
    return found


def identity_field() -> str:
    """Return the column that identifies an aggregate."""
    return _model().ID


def references_of(content: bytes) -> set[str]:
    """Return what the rows of a file refer to; nothing if it has no such column."""
    records = csv.reader(_text(content))
    header = [cell.strip() for cell in next(records, [])]
    columns = [header.index(reference) for reference in _model().REFERENCES if reference in header]
    return {record[column] for record in records for column in columns if len(record) > column and record[column]}


def _text(content: bytes) -> io.StringIO:
    utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16" if utf_16 else "utf-8-sig", errors="replace")
    # The limit is everybody's: it is only ever raised.
    csv.field_size_limit(max(len(text), csv.field_size_limit()))
    return io.StringIO(text, newline="")
