"""Masking of personal fields in the inbox's objects: partners' files, staged rows, and lines of reports."""

import csv
from collections.abc import Iterable, Mapping
from io import BytesIO, StringIO
from typing import Any, Final

from bounded_context.application import json_lines
from bounded_context.application.reading import records
from bounded_context.declaration.context import Context
from bounded_context.domain.fields import ERASED
from bounded_context.domain.formats import FileFormat, Formats
from bounded_context.domain.lists import INCOMING
from bounded_context.domain.rows import Record, Unreadable
from bounded_context.testing.file_formats import assembled

from .masking import masked

_PLAIN: Final = Formats()
_LINES: Final = ".csv"
_REASON: Final = 2
"""The place of the reason in a line of a report, which quotes a cell."""


def masked_object(key: str, data: bytes, context: Context[Any], formats: Formats = _PLAIN) -> bytes:
    """Return an object's bytes without personal data; unchanged if the context marks no field.

    A partner's file keeps its format.
    """
    if not context.personal:
        return data
    if key.startswith(f"{INCOMING}/"):
        return _masked_file(data, context, formats.of(key.split("/")[1]))
    text = data.decode(errors="replace")
    if key.endswith(_LINES):
        return _written([*cells[:_REASON], ERASED, *cells[_REASON + 1 :]] for cells in csv.reader(StringIO(text)))
    return masked(text, context.personal).encode()


def _masked_file(data: bytes, context: Context[Any], format_: FileFormat) -> bytes:
    """Return a partner's file without personal data. Rows with another number of cells than the header have no data."""
    try:
        header, *rows = _table(data, context, format_)
    except (Unreadable, ValueError):
        return ERASED.encode()
    names = [*map(format_.column, header)]
    if context.identity not in names:
        return assembled(([ERASED] * len(cells) for cells in (header, *rows)), format_)
    return assembled([header, *(_masked_row(names, cells, context.personal) for cells in rows)], format_)


def _table(data: bytes, context: Context[Any], format_: FileFormat) -> list[list[str]]:
    """Return the cells of the header and of each record. A line that is no JSON object is masked."""
    found = [*records(BytesIO(data), format_)]
    if format_.kind == "csv":
        return [record.cells for record in found]
    columns = context.rows.columns
    rows = (json_lines.record(record, columns, format_) for record in found)
    return [format_.names(columns), *(row.cells if isinstance(row, Record) else [ERASED] for row in rows)]


def _masked_row(names: list[str], cells: list[str], personal: Mapping[str, Any]) -> list[str]:
    if len(cells) != len(names):
        return [ERASED] * len(cells)
    return [_cell(personal[name]) if name in personal else cell for name, cell in zip(names, cells, strict=True)]


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _written(rows: Iterable[list[str]]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
