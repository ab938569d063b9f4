"""Masking of personal fields in the inbox's objects: partners' files, staged rows, and lines of reports."""

import csv
from collections.abc import Iterable, Mapping
from io import BytesIO, StringIO
from typing import Any, Final

from ....application.reading import records
from ....declaration.context import Context
from ....domain.fields import ERASED
from ....domain.lists import INCOMING
from ....domain.rows import Unreadable
from .masking import masked

_LINES: Final = ".csv"
_REASON: Final = 2
"""The place of the reason in a line of a report, which quotes a cell."""


def masked_object(key: str, data: bytes, context: Context[Any]) -> bytes:
    """Return an object's bytes without personal data; unchanged if the context marks no field."""
    if not context.personal:
        return data
    if key.startswith(f"{INCOMING}/"):
        return _masked_file(data, context)
    text = data.decode(errors="replace")
    if key.endswith(_LINES):
        return _written([*cells[:_REASON], ERASED, *cells[_REASON + 1 :]] for cells in csv.reader(StringIO(text)))
    return masked(text, context.personal).encode()


def _masked_file(data: bytes, context: Context[Any]) -> bytes:
    """Return a partner's file without personal data. Rows with another number of cells than the header have no data."""
    try:
        header, *rows = (record.cells for record in records(BytesIO(data)))
    except (Unreadable, ValueError):
        return ERASED.encode()
    names = [cell.strip() for cell in header]
    if context.identity not in names:
        return _written([ERASED] * len(cells) for cells in (header, *rows))
    return _written([header, *(_masked_row(names, cells, context.personal) for cells in rows)])


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
