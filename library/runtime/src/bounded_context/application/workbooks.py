"""The reader of Excel workbooks (Office Open XML): a stream of the rows of a sheet, with plain values only.

The parts of a workbook are read as streams. The texts of cells, which a workbook stores once, are in temporary files.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache, reduce
from math import isfinite
from tempfile import TemporaryFile
from typing import IO, Final
from zipfile import BadZipFile, ZipFile

from ..domain.aggregate import quoted
from ..domain.faults import ListFault
from ..domain.formats import FIRST, FileFormat
from ..domain.rows import Record, Unreadable
from .xml_files import PIECE_BYTES, elements, local

_FILE: Final = "the workbook"
_ZIP: Final = b"PK\x03\x04"
_COMPOUND: Final = b"\xd0\xcf\x11\xe0"
"""The beginning of an encrypted workbook, and of a workbook of Excel 97."""

_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_LARGE_END: Final = b"PK\x06\x07"
_LARGE_END_BYTES: Final = 20
_MOST_COMMENT: Final = 2**16
_MOST_DIRECTORY: Final = 2**20
"""The directory of an archive is read at once: some 100 bytes for each of its parts."""

_MOST_PART: Final = 4 * 2**20
"""The bytes of a part other than the sheet and the texts. Its numbers and names are kept."""

_MOST_CHARACTERS: Final = 64 * 1024
_MOST_COLUMNS: Final = 1000
_MOST_DIGITS: Final = 15
"""Excel stores numbers with 15 digits."""

_DATES: Final = frozenset({*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)})
"""The built-in number formats of dates and times (ECMA-376, part 1, section 18.8.30)."""

_LITERAL: Final = re.compile(r'"[^"]*"|\\.|\[[^]]*\]|[_*].')
_CELL: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ESCAPE: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_WHOLE: Final = re.compile(rf"-?[0-9]{{1,{_MOST_DIGITS}}}")
_BOOLEANS: Final = {"0": "false", "1": "true"}


def workbook_records(content: IO[bytes], format_: FileFormat, most_bytes: int, limit: str) -> Iterator[Record]:
    """Yield a record for each row of a sheet with a value, the header first. Its line is the row's number.

    Args:
        content: the packed bytes.
        format_: the partner's format, with the name of the ``sheet`` if workbooks have several.
        most_bytes: the maximum size, unpacked.
        limit: the end of the reason to refuse a larger file.

    Raises:
        Unreadable: the file is no workbook, is encrypted, too large or broken, or has macros or merged cells.
    """
    with TemporaryFile() as file:
        while data := content.read(PIECE_BYTES):
            file.write(data)
        try:
            with closing(_archive(file, most_bytes, limit)) as archive:
                yield from _records(archive, format_)
        except (BadZipFile, EOFError, KeyError, IndexError, NotImplementedError, ValueError, zlib.error) as error:
            raise Unreadable("the workbook is broken: save it again with Excel", ListFault.COMPRESSION) from error


def _archive(file: IO[bytes], most_bytes: int, limit: str) -> ZipFile:
    """Return the archive of a workbook. Raises Unreadable, BadZipFile."""
    size = file.tell()
    file.seek(0)
    head = file.read(len(_ZIP))
    if head == _COMPOUND:
        reason = "the workbook is encrypted, or one of Excel 97 (.xls): save it as .xlsx without a password"
        raise Unreadable(reason, ListFault.STRUCTURE)
    if head != _ZIP:
        raise Unreadable("the file is no Excel workbook (.xlsx)", ListFault.STRUCTURE)
    file.seek(max(0, size - _MOST_COMMENT - _END_BYTES))
    tail = file.read()
    at = tail.rfind(_END)
    # The directory of a large archive is in another place, and a workbook needs none.
    if at < 0 or tail[max(0, at - _LARGE_END_BYTES) :].startswith(_LARGE_END):
        raise BadZipFile
    if int.from_bytes(tail[at + 12 : at + 16], "little") > _MOST_DIRECTORY:
        raise Unreadable("the workbook has too many parts: save it again with Excel", ListFault.STRUCTURE)
    archive = ZipFile(file)
    parts = archive.infolist()
    if any(part.header_offset < 0 for part in parts):
        raise BadZipFile
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("the workbook is encrypted: save it without a password", ListFault.STRUCTURE)
    if any("vbaproject" in part.filename.lower() or "/macrosheets/" in part.filename.lower() for part in parts):
        raise Unreadable("the workbook has macros: save it as .xlsx", ListFault.STRUCTURE)
    if sum(part.file_size for part in parts) > most_bytes:
        raise Unreadable(f"the unpacked workbook is too large: {limit}", ListFault.SIZE)
    return archive


def _records(archive: ZipFile, format_: FileFormat) -> Iterator[Record]:
    part = _relations(archive, "")["/officeDocument"]
    sheet, from_1904 = _sheet(archive, part, format_.sheet)
    relations = _relations(archive, part)
    styles, texts = relations.get("/styles"), relations.get("/sharedStrings")
    dates = _dates(archive, styles) if styles else b""
    with closing(_Texts()) as shared:
        if texts:
            shared.read(_values(archive, texts))
        reader = _Sheet(shared, dates, from_1904=from_1904, before=int(FIRST in format_.control))
        yield from reader.records(_values(archive, relations[sheet]))


def _starts(archive: ZipFile, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the name and the attributes of each element of a part other than the sheet and the texts."""
    part = archive.getinfo(name)
    if part.file_size > _MOST_PART:
        raise Unreadable(f"the part {quoted(name)} of the workbook is too large", ListFault.STRUCTURE)
    return ((name, value) for name, value in elements(archive.open(part), _FILE) if name and value is not None)


def _relations(archive: ZipFile, part: str) -> dict[str, str]:
    """Return the parts to which a part, or the archive, refers: by id, and by the last word of their type."""
    folder, slash, name = part.rpartition("/")
    parts: dict[str, str] = {}
    for element, attributes in _starts(archive, f"{folder}{slash}_rels/{name}.rels"):
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target, kind = attributes["Target"], attributes["Type"].rpartition("/")[2]
            place = target.removeprefix("/") if target.startswith("/") else folder + slash + target
            parts[attributes["Id"]] = parts[f"/{kind}"] = place
    return parts


def _sheet(archive: ZipFile, part: str, name: str) -> tuple[str, bool]:
    """Return the id of a sheet by its name, or of the only visible sheet, and whether its dates begin in 1904."""
    sheets, from_1904 = dict[str, str](), False
    for element, attributes in _starts(archive, part):
        if element == "workbookPr":
            from_1904 = attributes.get("date1904", "0") in ("1", "true")
        if element == "sheet" and attributes.get("state", "visible") == "visible":
            sheets[attributes["name"]] = next(id_ for key, id_ in attributes.items() if local(key) == "id")
    if not name and len(sheets) == 1:
        [name] = sheets
    if name not in sheets:
        fault = f"no sheet {quoted(name)}" if name else f"{len(sheets)} visible sheets"
        raise Unreadable(f"the workbook has {fault}: send the agreed sheet", ListFault.STRUCTURE)
    return sheets[name], from_1904


def _dates(archive: ZipFile, part: str) -> bytearray:
    """Return 1 for each style of cells that shows a number as a date or a time."""
    dates, styles, group = set(_DATES), bytearray(), ""
    for element, attributes in _starts(archive, part):
        group = element if element.endswith("Xfs") else group
        if element == "numFmt":
            is_date = set("dmyhs") & set(_LITERAL.sub("", attributes["formatCode"].lower()))
            (dates.add if is_date else dates.discard)(int(attributes["numFmtId"]))
        elif element == "xf" and group == "cellXfs":
            styles.append(int(attributes.get("numFmtId", "0")) in dates)
    return styles


_READ: Final = frozenset({"row", "c", "f", "mergeCell", "si"})


def _values(archive: ZipFile, part: str) -> Iterator[tuple[str, dict[str, str] | None, str]]:
    """Yield the name and the attributes of each element, and None at its end; the end of a cell or text has its value.

    The value is the text of ``t``, without the pronunciation (``rPh``), and of ``v``.
    """
    texts, inside, is_pronounced, characters = list[str](), False, False, 0
    for name, value in elements(archive.open(part), _FILE):
        if name in _READ:
            yield name, value, "".join(texts)
            texts, characters = [], 0
        elif name:
            inside = value is not None and name in ("t", "v")
            is_pronounced = value is not None if name == "rPh" else is_pronounced
        elif inside and not is_pronounced:
            texts.append(value)
            characters += len(value)
            _check_characters(characters)


def _check_characters(number: int) -> None:
    if number > _MOST_CHARACTERS:
        raise Unreadable(f"a row is longer than {_MOST_CHARACTERS} characters", ListFault.RECORD)


class _Texts:
    """The texts that cells refer to by number, in temporary files: the texts, and the end of each."""

    def __init__(self) -> None:
        self._texts, self._ends = TemporaryFile(), TemporaryFile()  # noqa: SIM115  (`close` closes them)
        self._end = 0
        self._ends.write(self._end.to_bytes(8, "little"))
        self.get = lru_cache(4096)(self._get)

    def close(self) -> None:
        """Delete the files."""
        self._texts.close()
        self._ends.close()

    def read(self, values: Iterator[tuple[str, dict[str, str] | None, str]]) -> None:
        """Store the texts."""
        for text in (text for name, attributes, text in values if name == "si" and attributes is None):
            self._end += self._texts.write(_unescaped(text).encode())
            self._ends.write(self._end.to_bytes(8, "little"))

    def _get(self, number: int) -> str:
        self._ends.seek(abs(number) * 8)
        first, last = self._ends.read(8), self._ends.read(8)
        if number < 0 or not last:
            raise IndexError
        begin = self._texts.seek(int.from_bytes(first, "little"))
        return self._texts.read(int.from_bytes(last, "little") - begin).decode()


def _unescaped(text: str) -> str:
    """Return a text with the characters that XML cannot contain (ECMA-376, part 1, section 22.9.2.19)."""
    return _ESCAPE.sub(lambda code: code[0] if code[1].lower().startswith("d") else chr(int(code[1], 16)), text)


class _BadCell(Exception):
    """A cell without a plain value; the message completes a sentence about it."""


class _Sheet:
    """The rows of a sheet. ``before`` is the number of rows before the header, which has the width of the rows."""

    def __init__(self, texts: _Texts, dates: bytes | bytearray, *, from_1904: bool, before: int) -> None:
        self._texts, self._dates, self._from_1904, self._before = texts, dates, from_1904, before
        self._row = self._column = self._width = self._characters = 0
        self._cells: dict[int, str] = {}
        self._fault, self._place, self._type, self._style = "", "", "n", 0

    def records(self, values: Iterator[tuple[str, dict[str, str] | None, str]]) -> Iterator[Record]:
        """Yield the rows with a value."""
        for name, attributes, text in values:
            if name == "row" and attributes is None:
                yield from self._end_row()
            elif name == "row" and attributes is not None:
                self._begin_row(int(attributes.get("r", self._row + 1)))
            elif name == "c" and attributes is None:
                self._end_cell(text)
            elif name == "c" and attributes is not None:
                self._begin_cell(attributes)
            elif name == "f":
                self._reject("has a formula: replace it by its value")
            elif name == "mergeCell" and attributes is not None:
                place = quoted(attributes.get("ref", ""))
                raise Unreadable(f"the cells {place} are merged: unmerge all cells of the sheet", ListFault.STRUCTURE)

    def _begin_row(self, row: int) -> None:
        if row <= self._row:
            raise BadZipFile
        self._row, self._column, self._fault, self._characters = row, 0, "", 0
        self._cells.clear()

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        place, column = attributes.get("r", ""), self._column + 1
        if cell := _CELL.fullmatch(place):
            column = reduce(lambda number, letter: number * 26 + ord(letter) - ord("A") + 1, cell[1], 0)
        if (place and (not cell or int(cell[2]) != self._row)) or column <= self._column:
            raise BadZipFile
        self._column, self._place = column, place or f"{column} of row {self._row}"
        self._type, self._style = attributes.get("t", "n"), int(attributes.get("s", "0"))

    def _end_cell(self, text: str) -> None:
        try:
            value = self._value(text)
        except _BadCell as error:
            self._reject(str(error))
            return
        if value and self._column > _MOST_COLUMNS:
            raise Unreadable(f"a row has more than {_MOST_COLUMNS} columns", ListFault.RECORD, self._row)
        if value:
            self._cells[self._column] = value
            self._characters += len(value)
            _check_characters(self._characters)

    def _reject(self, reason: str) -> None:
        self._fault = self._fault or f"the cell {self._place} {reason}"

    def _end_row(self) -> Iterator[Record]:
        last = max(self._cells, default=0)
        if self._fault and not self._width:
            raise Unreadable(self._fault, ListFault.HEADER, self._row)
        self._width = self._width or (0 if self._before else last)
        self._before -= bool(self._before and last)
        cells = [self._cells.get(column, "") for column in range(1, max(last, self._width) + 1)]
        if self._cells or self._fault:
            yield Record(self._row, [] if self._fault else cells, self._fault)

    def _value(self, text: str) -> str:
        match self._type if text else "":
            case "s":
                return self._texts.get(int(text))
            case "b":
                return _BOOLEANS[text]
            case "e":
                raise _BadCell(f"has the error {quoted(text)}: correct it")
            case "n":
                number = text.strip()
                dated = self._style < len(self._dates) and self._dates[self._style]
                return number and (_date(float(number), from_1904=self._from_1904) if dated else _plain(number))
        return _unescaped(text)


def _plain(text: str) -> str:
    """Return a number with the 15 digits that Excel shows. Raises _BadCell for one with more."""
    if _WHOLE.fullmatch(text):
        return text
    number = float(text)
    if not isfinite(number) or abs(number) >= 10**_MOST_DIGITS:
        raise _BadCell(f"has a number of more than {_MOST_DIGITS} digits: write it as text")
    return format(Decimal(f"{number:.{_MOST_DIGITS}g}"), "f")


def _date(serial: float, *, from_1904: bool) -> str:
    """Return a day, or a day with a time. Raises _BadCell.

    Excel counts from 1900, and the day 60 is 29 February 1900, which did not exist.
    """
    if serial < (0 if from_1904 else 1) or (not from_1904 and 60 <= serial < 61):
        raise _BadCell("has a date that does not exist")
    first = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 31 if serial < 60 else 30)
    try:
        moment = first + timedelta(seconds=round(serial * 86_400))
    except OverflowError as error:
        raise _BadCell("has a date that does not exist") from error
    return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat()
