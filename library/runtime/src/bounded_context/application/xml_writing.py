"""The writers of XML files and of Excel workbooks."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape
from io import BytesIO
from itertools import starmap, zip_longest
from struct import pack
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo
from zlib import MAX_WBITS, Z_FULL_FLUSH, compressobj, crc32

from ..domain.formats import FIRST, UP, FileFormat, resolved
from .pieces import Unwritable, Writer, around, plain

_NO_XML: Final = "^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff"
_PROLOG: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_ROWS: Final = "-"
"""The place of the rows: no element has this name."""


class _Document(Writer):
    """A document. The elements around a row are written again for each row if they have columns."""

    refused = ("XML", re.compile(f"[{_NO_XML}]"))

    def __init__(self, names: Sequence[str], format_: FileFormat) -> None:
        super().__init__(names, format_)
        places = {"": "", **format_.columns}
        # The values around a row precede the row.
        ordered = sorted(places, key=lambda name: -places[name].count(UP))
        self._places = {name: resolved(format_.record, places[name]) for name in ordered}
        self._shared = format_.record.split("/")[: -1 - places[ordered[0]].count(UP)]
        self._first: Mapping[str, str] = {}
        self._before = sum(len(f"<{name}>") for name in self._shared)
        if not self._shared:
            raise ValueError(f"a column is in the root element {format_.record.partition('/')[0]}")

    def _part(self, part: str, stated: Mapping[str, str]) -> str:
        """Return the elements around all rows. A count and a sum that are unknown before the rows follow them."""
        self._first = stated if part == FIRST else self._first
        values = [(self._format.control[name], text) for name, text in stated.items()]
        rows = ("/".join([*self._shared, _ROWS]), "")
        root = _tree([*values, rows] if self._first else [rows, *values])
        before, _, after = tostring(root, "unicode").partition(f"<{_ROWS} />")
        return _PROLOG + before if part == FIRST else after

    def _row(self, cells: Sequence[Any]) -> str:
        values = {"": "", **dict(zip(self._names, cells, strict=False))}
        known = {name: value for name, value in values.items() if value is not None}
        root = _tree((path, plain(known[name])) for name, path in self._places.items() if name in known)
        if len(cells) > len(self._names) and (row := root.find(self._format.record.partition("/")[2])) is not None:
            # A cell more repeats the first element of the row.
            row.extend(row[:1])
        text = tostring(root, "unicode")[self._before : -self._before - len(self._shared)]
        return text.replace("\r", "&#13;")


def _tree(values: Iterable[tuple[str, str]]) -> Element:
    """Return a document with texts at paths from its root."""
    document = Element("")
    for path, text in values:
        path, _, attribute = path.partition("@")
        element = document
        for step in filter(None, path.split("/")):
            child = element.find(step)
            element = SubElement(element, step) if child is None else child
        if attribute:
            element.set(attribute, text)
        else:
            element.text = text
    return document[0]


_MOST_ROWS: Final = 2**20
_MOST_CHARACTERS: Final = 32_767
_MOST_DIGITS: Final = 15
_MOST_BYTES: Final = 2**32 - 2**20
"""The limits of Excel ("Excel specifications and limits"), and of an archive without the extension for large files."""

_ESCAPED: Final = re.compile(f"_(?=x[0-9A-Fa-f]{{4}}_)|\r|[{_NO_XML}]")
_SCHEMAS: Final = "http://schemas.openxmlformats.org"
_MAIN: Final = f"{_SCHEMAS}/spreadsheetml/2006/main"
_OFFICE, _PACKAGE = f"{_SCHEMAS}/officeDocument/2006/relationships", f"{_SCHEMAS}/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATION: Final = (
    f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OFFICE}/{{}}" Target="{{}}"/>'
    "</Relationships>"
)
_PARTS: Final = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": _RELATION.format("officeDocument", "xl/workbook.xml"),
    "xl/_rels/workbook.xml.rels": _RELATION.format("worksheet", "worksheets/sheet1.xml"),
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="{}" sheetId="1" r:id="rId1"/></sheets></workbook>',
}
_END: Final = "</sheetData></worksheet>"
_NONE: Final = (0, 0, 0, 0)
_DESCRIBED: Final = 1 << 3
_LAST_BLOCK: Final = b"\x03\x00"
"""The flag of a member whose sizes follow it (APPNOTE, section 4.4.4), and the empty last block of deflate."""


class _Workbook(Writer):
    """A workbook with a sheet, the last member of the archive: its pieces are packed apart, and its sizes follow it.

    ``state`` has the rows, the checksum, the packed size and the size of the sheet so far. No text is a formula.
    """

    def beginning(self, stated: Mapping[str, str]) -> bytes:
        return self._archive()[0] + super().beginning(stated)

    def end(self, stated: Mapping[str, str]) -> bytes:
        return super().end(stated) + _LAST_BLOCK + self._archive()[1]

    def _part(self, part: str, stated: Mapping[str, str]) -> str:
        numbers = {name: Decimal(text) for name, text in stated.items()}
        rows = "".join(map(self._row, around(part, numbers, self._format, self._names)))
        return f'{_PROLOG}<worksheet xmlns="{_MAIN}"><sheetData>{rows}' if part == FIRST else f"{rows}{_END}"

    def _row(self, cells: Sequence[Any]) -> str:
        return f"<row>{''.join(starmap(_cell, zip_longest(self._names, cells)))}</row>"

    def _packed(self, data: bytes) -> bytes:
        packer = compressobj(wbits=-MAX_WBITS)
        piece = packer.compress(data) + packer.flush(Z_FULL_FLUSH)
        rows, crc, packed, size = map(int, self.state or _NONE)
        rows, packed, size = rows + data.count(b"<row>"), packed + len(piece), size + len(data)
        if rows > _MOST_ROWS or max(packed, size) > _MOST_BYTES:
            fault = f"a workbook has at most {_MOST_ROWS} rows and 4 GiB"
            raise Unwritable(f"{fault}: export only changed rows, or agree on another kind of files with the partner")
        self.state = [rows, crc32(data, crc), packed, size]
        return piece

    def _archive(self) -> tuple[bytes, bytes]:
        """Return the bytes of the archive before the sheet, and those after it."""
        _, crc, packed, size = map(int, self.state or _NONE)
        packed += len(_LAST_BLOCK)
        with ZipFile(data := BytesIO(), "w") as archive:
            for name, text in _PARTS.items():
                part = _PROLOG + text.format(escape(self._format.sheet or "List"))
                archive.writestr(ZipInfo(name), part, ZIP_DEFLATED)
            sheet = ZipInfo("xl/worksheets/sheet1.xml")
            sheet.compress_type, sheet.flag_bits, sheet.header_offset = ZIP_DEFLATED, _DESCRIBED, data.tell()
            before = data.getvalue() + sheet.FileHeader()
            sheet.CRC, sheet.compress_size, sheet.file_size = crc, packed, size
            archive.infolist().append(sheet)
        descriptor = pack("<4s3L", b"PK\x07\x08", crc, packed, size)
        # The end of the directory states its place (APPNOTE, section 4.3.16).
        directory = data.getvalue()[sheet.header_offset : -6] + pack("<LH", len(before) + packed + len(descriptor), 0)
        return before, descriptor + directory


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "<c/>"
    text = format(value, "f") if isinstance(value, Decimal) else plain(value)
    if isinstance(value, bool):
        return f'<c t="b"><v>{value:d}</v></c>'
    if not isinstance(value, str) and sum(map(str.isdigit, text)) <= _MOST_DIGITS:
        return f"<c><v>{text}</v></c>"
    if len(text) > _MOST_CHARACTERS:
        raise Unwritable(f"{name} has {len(text)} characters, and Excel reads {_MOST_CHARACTERS}: shorten the value")
    text = _ESCAPED.sub(lambda sign: f"_x{ord(sign[0]):04X}_", text)
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


WRITERS: Final = {"xml": _Document, "xlsx": _Workbook}
