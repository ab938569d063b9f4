"""The detection of a file's format from its beginning, and the records of JSON lines.

The differences are detected in a refused file. JSON lines have an object a line, with the texts that the
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
from ..domain.formats import CHOICES, FIRST, PLAIN, TEXTS, Difference, FileFormat
from ..domain.rows import Record, Rejection, Rows, Unreadable
from . import reading
from .reading import GZIP, HEAD_BYTES, FileSource


class Members(list[tuple[str, Any]]):
    """The members of a JSON object, also repeated names."""


def json_members(text: str) -> Members | None:
    """Return the members of the object that a line contains, or None. A number is its text, as it is written."""
    try:
        document = json.loads(text, object_pairs_hook=Members, parse_int=str, parse_float=str, parse_constant=int)
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

DAYS: Final = (
    *(PLAIN.date, "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY", "MM-DD-YYYY", "YYYY/MM/DD", "YYYYMMDD"),
    *("YYYY.MM.DD", "DD MM YYYY"),
)
"""The forms of days that are detected."""

_COMMAS: Final = re.compile(r"[+-]?[0-9]+(,[0-9]+)?")
_POINTS: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_VALUE: Final = re.compile(r"[0-9.,/+-]*|.*[]\[<>{}].*", re.DOTALL)
"""A cell that is no name of a column: the file may have no header, or be another document."""

_BINARY: Final = re.compile("[\x00-\x08]")


Check = Callable[[FileFormat, Sequence[str], list[Record]], Sequence[Rejection]]
"""The check of records in a format, under the given columns. A record of JSON lines has a cell for each column."""


def differences(head: bytes, form: Rows, expected: FileFormat, check: Check) -> Sequence[Difference]:
    """Return the members of the format in which a file differs from the expected format, as its beginning shows it.

    A beginning without a column of the context shows no format.
    """
    actual, text = detected(head, expected, form)
    names, rows = _rows(text, form, actual) if text else ([], [])
    columns = [*map(actual.column, names)]
    noun = "column" if actual.kind == "csv" else "member"
    # The text of another kind has no line with the names of columns.
    header = [*_header(names, columns, rows, form, noun)] if expected.kind in TEXTS else []
    if not header and not set(form.columns).intersection(columns):
        return ()
    different = (Difference(name, getattr(actual, name)) for name in CHOICES if name != "decimal")
    outer = [each for each in different if each.value != getattr(expected, each.member)]
    places = columns if actual.kind == "csv" else form.columns
    numbers = [*_numbers(_values(rows, places, form.of_type(Decimal)), actual)]
    dates = [*_dates(_values(rows, places, form.of_type(date)), actual)]
    values = {each.member: each.value.partition(" or ")[0] for each in (*numbers, *dates)}
    accepting = _accepts(form, replace(actual, **values), columns, rows, check)
    return [replace(each, accepting=accepting) for each in (*outer, *header, *numbers, *dates)]


def _accepts(form: Rows, format_: FileFormat, columns: Sequence[str], rows: list[Record], check: Check) -> bool:
    """Return whether a format accepts a row, or with other names of columns, for each column a value of a row."""
    unknown = [place for place, name in enumerate(columns) if name not in form.columns]
    missing = [name for name in form.columns_with(default=False) if name not in columns]

    def accepts_a_row(names: Sequence[str]) -> bool:
        return not rows or len({each.line for each in check(format_, names, rows)}) < len(rows)

    if format_.kind == "json-lines":
        return not unknown and accepts_a_row(form.columns)
    if len({*columns}) < len(columns) or bool(unknown) is not bool(missing):
        return False
    if not unknown:
        return accepts_a_row(columns)
    whole = [row for row in rows if len(row.cells) == len(columns)]

    def holds(name: str, place: int) -> bool:
        cells = [Record(row.line, [row.cells[place]]) for row in whole]
        return sum(each.field == name for each in check(format_, [name], cells)) < len(cells)

    return not whole or all(any(holds(name, place) for place in unknown) for name in missing)


def detected(head: bytes, expected: FileFormat = PLAIN, form: Rows | None = None) -> tuple[FileFormat, str]:
    """Return the format that is necessary to read the records of a file, and its beginning as text.

    The beginning of the file shows the format. The text is empty if the beginning is no text.
    """
    packed = head.startswith(GZIP) if head else expected.compression == "gzip"
    data = _unpacked(head) if packed else head
    actual = replace(expected, compression="gzip" if packed else "none")
    actual = replace(actual, encoding=reading.guessed(data, expected.encoding))
    text = reading.first_text(data, actual.encoding)
    if not text or _BINARY.search(text):
        return replace(actual, encoding=expected.encoding), ""
    if expected.kind == "csv" and FIRST in expected.control and text.startswith(expected.control[FIRST]):
        text = text.partition("\n")[2]
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


def _header(
    names: Sequence[str], columns: Sequence[str], rows: Sequence[Record], form: Rows, noun: str
) -> Iterator[Difference]:
    """Yield the difference of a header with other names of columns."""
    unknown = {f"{noun} {place}": names[place - 1] for place, name in enumerate(columns, 1) if name not in form.columns}
    missing = [column for column in form.columns_with(default=False) if column not in columns]
    fits = not rows or any(len(row.cells) in (len(names), len(form.columns)) for row in rows)
    translated = 0 < len(missing) <= len(unknown) <= len(form.columns) and fits
    if translated and not any(map(_VALUE.fullmatch, unknown.values())):
        # The names may be the values of a row: the reason of a list outlives its file.
        yield Difference("header", dict.fromkeys(unknown, f"one of {', '.join(missing)}"))


def _rows(text: str, form: Rows, actual: FileFormat) -> tuple[list[str], list[Record]]:
    """Return the names and the first records. The last line may be cut, and a later line may be wrong."""
    whole = text[: text.rfind("\n") + 1] or text
    plain = replace(actual, encoding="utf-8", compression="none", control={})
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
    if forms := [form for form in DAYS if _all_days(values, form)]:
        yield Difference("date", " or ".join(forms))


def _all_days(values: Sequence[str], form: str) -> bool:
    plain: Callable[[str], str] = replace(PLAIN, date=form).notations[date].plain if form != PLAIN.date else str
    return all(_is_day(plain(value)) for value in values)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
