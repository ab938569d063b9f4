"""The detection of a file's format from its beginning, and the records of JSON lines.

The settings that are detected would accept a refused file. JSON lines have an object a line, with the texts that the
cells of a CSV file would contain.
"""

import csv
import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from itertools import islice
from typing import Any, Final

from ..domain.aggregate import quoted
from ..domain.faults import Fault
from ..domain.formats import CHOICES, PLAIN, Difference, FileFormat
from ..domain.rows import Record, Rejection, Rows, Unreadable
from . import reading
from .reading import GZIP, HEAD_BYTES, FileSource


class Members(list[tuple[str, Any]]):
    """The members of a JSON object, also repeated names."""


def json_members(text: str) -> Members | None:
    """Return the members of the object that a line contains, or None. A number is its text, as it is written."""
    try:
        document = json.loads(text, object_pairs_hook=Members, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, Members) else None


def json_record(line: Record, columns: Sequence[str], format_: FileFormat) -> Record | Rejection:
    """Return a line as a record with a cell for each of the columns, or the reason to reject the line.

    A missing member and null are an empty cell.
    """
    pairs = json_members(line.cells[0])
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


_SAMPLE: Final = 100
"""The maximum number of rows that are read to detect the notations of their values."""

_DAYS: Final = (
    *(PLAIN.date, "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY", "MM-DD-YYYY", "YYYY/MM/DD", "YYYYMMDD"),
    *("YYYY.MM.DD", "DD MM YYYY"),
)
_COMMAS: Final = re.compile(r"[+-]?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+)(,[0-9]+)?")
_POINTS: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_VALUE: Final = re.compile(r"[0-9.,/+-]*")
"""A cell that is no name of a column: the file may have no header."""

_BINARY: Final = re.compile("[\x00-\x08]")


def detected(head: bytes, expected: FileFormat = PLAIN, form: Rows | None = None) -> FileFormat:
    """Return the format that is necessary to read the records of a file, as its beginning shows it."""
    return _detected(head, expected, form)[0]


def differences(head: bytes, form: Rows, expected: FileFormat) -> Sequence[Difference]:
    """Return the members of the format in which a file differs from the expected format, as its beginning shows it."""
    actual, text = _detected(head, expected, form)
    outer = [Difference(name, getattr(actual, name)) for name in CHOICES if name != "decimal"]
    different = [difference for difference in outer if difference.value != getattr(expected, difference.member)]
    return [*different, *(_inner(text, form, actual) if text else ())]


def _detected(head: bytes, expected: FileFormat, form: Rows | None) -> tuple[FileFormat, str]:
    """Return the format, and the beginning of the file as text; empty if it is no text."""
    packed = head.startswith(GZIP) if head else expected.compression == "gzip"
    data = _unpacked(head) if packed else head
    actual = replace(expected, compression="gzip" if packed else "none")
    actual = replace(actual, encoding=reading.guessed(data, expected.encoding))
    text = reading.first_text(data, actual.encoding)
    if not text or _BINARY.search(text):
        return replace(actual, encoding=expected.encoding), ""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if json_members(first) is not None or first.startswith('{"'):
        return replace(actual, kind="json-lines"), text
    return replace(actual, kind="csv", delimiter=_delimiter(first, actual, form)), text


def _unpacked(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, HEAD_BYTES)
    except zlib.error:
        return b""


def _delimiter(first: str, expected: FileFormat, form: Rows | None) -> str:
    """Return the delimiter that gives the most known columns, then the most cells."""

    def quality(delimiter: str) -> tuple[int, int, bool]:
        cells = _cells(first, delimiter)
        columns = sum(expected.column(cell) in form.columns for cell in cells) if form else 0
        return columns, len(cells), delimiter == expected.delimiter

    return max(CHOICES["delimiter"], key=quality)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _inner(text: str, form: Rows, actual: FileFormat) -> Iterator[Difference]:
    """Yield the differences in the header and in the notations of the values."""
    names, rows = _rows(text, form, actual)
    columns = [*map(actual.column, names)]
    unknown = {
        f"column {place}": name for place, name in enumerate(names, 1) if actual.column(name) not in form.columns
    }
    missing = [column for column in form.columns_with(default=False) if column not in columns]
    translated = 0 < len(missing) <= len(unknown) <= len(form.columns)
    if translated and not any(map(_VALUE.fullmatch, unknown.values())):
        # The names may be the values of a row: the reason of a list outlives its file.
        yield Difference("header", dict.fromkeys(unknown, f"one of {', '.join(missing)}"))
    places = columns if actual.kind == "csv" else form.columns
    yield from _numbers(_values(rows, places, form.of_type(Decimal)), actual)
    yield from _dates(_values(rows, places, form.of_type(date)), actual)


def _rows(text: str, form: Rows, actual: FileFormat) -> tuple[list[str], list[Record]]:
    """Return the names and the first records. The last line may be cut, and a later line may be wrong."""
    whole = text[: text.rfind("\n") + 1] or text
    plain = replace(actual, encoding="utf-8", compression="none")
    records: list[Record] = []
    with suppress(Unreadable):
        records.extend(islice(FileSource(BytesIO(whole.encode(errors="replace"))).records(plain), _SAMPLE + 1))
    if actual.kind == "csv" or not records:
        return (records[0].cells if records else []), records[1:]
    objects = (json_record(record, form.columns, actual) for record in records)
    names = [name for name, _ in json_members(records[0].cells[0]) or ()]
    return names, [record for record in objects if isinstance(record, Record)]


def _values(rows: Sequence[Record], columns: Sequence[str], names: Sequence[str]) -> list[str]:
    places = [columns.index(name) for name in names if name in columns]
    whole = [row.cells for row in rows if len(row.cells) == len(columns)]
    return [cells[place] for cells in whole for place in places if cells[place]]


def _numbers(values: Sequence[str], actual: FileFormat) -> Iterator[Difference]:
    form, mark = (_COMMAS, ",") if actual.decimal == "." else (_POINTS, ".")
    if any(mark in value for value in values) and all(map(form.fullmatch, values)):
        yield Difference("decimal", mark)


def _dates(values: Sequence[str], actual: FileFormat) -> Iterator[Difference]:
    if not values or _all_days(values, actual.date):
        return
    yield from (Difference("date", form) for form in _DAYS if _all_days(values, form))


def _all_days(values: Sequence[str], form: str) -> bool:
    plain: Callable[[str], str] = replace(PLAIN, date=form).notations[date].plain if form != PLAIN.date else str
    return all(_is_day(plain(value)) for value in values)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
