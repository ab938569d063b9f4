"""The files that a partner would send, in the partner's format."""

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from io import BytesIO, StringIO
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ..domain.formats import PLAIN, FileFormat
from ..domain.places import COUNT, FIRST, LAST, SUM, UP, span


def assembled(records: Iterable[Sequence[str]], format_: FileFormat = PLAIN) -> bytes:
    """Return records, of which the first is the header, as a file. The cells stay as they are."""
    if format_.kind == "xlsx":
        return _workbook(records, format_)
    text = _TEXTS[format_.kind](records, format_)
    data = text.encode(format_.encoding)
    return gzip.compress(data, mtime=0) if format_.compression == "gzip" else data


def _csv(records: Iterable[Sequence[str]], format_: FileFormat) -> str:
    text = StringIO(newline="")
    csv.writer(text, delimiter=format_.delimiter).writerows(records)
    return text.getvalue()


def _json_lines(records: Iterable[Sequence[str]], _: FileFormat) -> str:
    header, *rows = records
    return "".join(f"{json.dumps(dict(zip(header, cells, strict=False)), ensure_ascii=False)}\n" for cells in rows)


def _fixed(records: Iterable[Sequence[str]], format_: FileFormat) -> str:
    header, *rows = records
    columns = format_.columns
    lines = [
        _filled(
            format_.record, {columns[name]: cell for name, cell in zip(header, row, strict=False) if name in columns}
        )
        + "".join(row[len(header) :])
        for row in rows
    ]
    stated = control_of([dict(zip(header, row, strict=False)) for row in rows], format_)
    for end, add in ((FIRST, partial(lines.insert, 0)), (LAST, lines.append)):
        own = {name: form.split() for name, form in format_.control.items() if name in stated}
        if end in format_.control:
            values = {place: stated[name] for name, (line, place) in own.items() if line == end}
            add(_filled(format_.control[end], values))
    return "".join(f"{line}\n" for line in lines)


def _filled(line: str, values: Mapping[str, str]) -> str:
    """Return a line with values at their places. Raises ValueError for a value that is wider than its place."""
    for place, value in values.items():
        part = span(place)
        if len(value) > part.stop - part.start:
            raise ValueError(f"{value!r} is wider than the characters {place}")
        line = line.ljust(part.stop)
        line = line[: part.start] + value.ljust(part.stop - part.start) + line[part.stop :]
    return line


def _xml(records: Iterable[Sequence[str]], format_: FileFormat) -> str:
    """Return a document. The elements around a row are written again for each row if they have columns."""
    header, *rows = records
    *around, element = format_.record.split("/")
    up = max(place.count(UP) for place in format_.columns.values())
    shared, own = around[: len(around) - up], [*around[len(around) - up :], element]
    if not shared:
        raise ValueError(f"a column is in the root element {around[0]}")
    root = document = Element(shared[0])
    for name in shared[1:]:
        root = SubElement(root, name)
    values = [dict(zip(header, row, strict=False)) for row in rows]
    for name, text in control_of(values, format_).items():
        _write(document, format_.control[name].partition("/")[2], text)
    for value, row in zip(values, rows, strict=True):
        node = root
        # The values around a row precede it.
        for level, name in zip(reversed(range(len(own))), own, strict=True):
            node = SubElement(node, name)
            for column, place in format_.columns.items():
                if place.count(UP) == level and column in value:
                    _write(node, place.removeprefix(UP * level), value[column])
        for cell in row[len(header) :]:
            _write(node, next(place for place in format_.columns.values() if UP not in place), cell, twice=True)
    return tostring(document, encoding="unicode")


def _write(element: Element, path: str, text: str, *, twice: bool = False) -> None:
    for step in path.split("/"):
        if step.startswith("@"):
            element.set(step.removeprefix("@"), text)
            return
        child = None if twice else element.find(step)
        element = SubElement(element, step) if child is None else child
    element.text = text


def _workbook(records: Iterable[Sequence[str]], format_: FileFormat) -> bytes:
    """Return a workbook with a sheet of texts."""
    office, package = f"{_SCHEMAS}/officeDocument/2006/relationships", f"{_SCHEMAS}/package/2006"
    rows = "".join(f"<row>{''.join(_CELL.format(escape(cell)) for cell in record)}</row>" for record in records)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": _RELATION.format(package, office, "officeDocument", "xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": _RELATION.format(package, office, "worksheet", "worksheets/sheet1.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{office}"><sheets>'
        f'<sheet name={quoteattr(format_.sheet or "List")} sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }
    data = BytesIO()
    with ZipFile(data, "w", ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(ZipInfo(name), f'<?xml version="1.0" encoding="UTF-8"?>{text}', ZIP_DEFLATED)
    return data.getvalue()


_SCHEMAS: Final = "http://schemas.openxmlformats.org"
_MAIN: Final = f"{_SCHEMAS}/spreadsheetml/2006/main"
_CELL: Final = '<c t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>'
_RELATION: Final = (
    '<Relationships xmlns="{}/relationships"><Relationship Id="rId1" Type="{}/{}" Target="{}"/></Relationships>'
)


def control_of(rows: Sequence[Mapping[str, str]], format_: FileFormat) -> dict[str, str]:
    """Return the count and the sum of rows that a format has, in its notation."""
    notation = format_.notations.get(Decimal)
    plain, written = (notation.plain, notation.written) if notation else (str, str)
    numbers = [plain(row.get(format_.control.get("of", ""), "")) for row in rows]
    total = sum((Decimal(number) for number in numbers if _NUMBER.fullmatch(number)), Decimal())
    stated = {COUNT: str(len(rows)), SUM: written(f"{total:f}")}
    return {name: text for name, text in stated.items() if name in format_.control}


_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_TEXTS: Final[Mapping[str, Callable[[Iterable[Sequence[str]], FileFormat], str]]] = {
    "csv": _csv,
    "json-lines": _json_lines,
    "fixed": _fixed,
    "xml": _xml,
}
