"""The records of JSON lines: an object a line, with the texts that the cells of a CSV file would contain."""

import json
from collections.abc import Sequence
from typing import Any

from ..domain.errors import quoted
from ..domain.faults import Fault
from ..domain.formats import FileFormat
from ..domain.rows import Record, Rejection


class Members(list[tuple[str, Any]]):
    """The members of a JSON object, also repeated names."""


def members(text: str) -> Members | None:
    """Return the members of the object that a line contains, or None. A number is its text, as it is written."""
    try:
        document = json.loads(text, object_pairs_hook=Members, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, Members) else None


def record(line: Record, columns: Sequence[str], format_: FileFormat) -> Record | Rejection:
    """Return a line as a record with a cell for each of the columns, or the reason to reject the line.

    A missing member and null are an empty cell.
    """
    pairs = members(line.cells[0])
    if pairs is None:
        return Rejection(line.line, "", "the line is no JSON object", Fault.CELLS)
    cells: dict[str, str] = {}
    for name, value in pairs:
        column = format_.column(name)
        if column not in columns or column in cells:
            return Rejection(line.line, "", f"{quoted(name)} is no column, or is repeated", Fault.CELLS)
        text = _text(value)
        if text is None:
            return Rejection(line.line, column, f"{quoted(value)}: expected a text, a number or a boolean", Fault.VALUE)
        cells[column] = text
    return Record(line.line, [cells.get(column, "") for column in columns])


def _text(value: Any) -> str | None:
    """Return a value as text; None for an object, an array, and a text that is no Unicode."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() if value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value):
            return value
    return None
