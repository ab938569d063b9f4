"""The writer of files for partners: the inverse of the reader of lists (`reading`), for each format and encoding."""

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Context as Arithmetic
from decimal import Decimal
from io import StringIO
from typing import Any, Final

from ..declaration.structure import Structure
from ..domain.fields import defaults, kind_of
from ..domain.formats import FileFormat
from ..domain.rows import types_of

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""The beginnings of a cell that a spreadsheet runs as a formula (OWASP, "CSV Injection")."""

_HARMLESS: Final = ("int", "phone")
"""The kinds of fields whose values may begin so, and are no formulas. Decimal numbers are harmless too."""

_EXACT: Final = Arithmetic(prec=100)


class Unwritable(Exception):
    """A row that the partner's format cannot express; the message has the row, the fault and the remedy."""


class Column:
    """A column of an export: its field, the attribute of the items, and the text of its cells."""

    def __init__(self, context: Structure[Any], name: str, format_: FileFormat) -> None:
        field_ = context.stored_fields.get(name)
        self.name = name
        self.attribute = context.attributes.get(name, name)
        types = types_of(field_.annotation) if field_ else set[Any]()
        self.summed = Decimal in types
        written = [notation.written for kind, notation in format_.notations.items() if kind in types]
        self._written = written[0] if written else str
        self._default = {**defaults(context.details), **defaults(context.state)}.get(name)
        self._guarded = format_.kind == "csv" and not types & {Decimal, date} and not self._harmless(field_)

    @staticmethod
    def _harmless(field_: Any) -> bool:
        return field_ is None or kind_of(field_) in _HARMLESS

    def value(self, item: Mapping[str, Any]) -> Any:
        """Return the value of an item: None, a boolean, a whole number or a text in the partner's notation."""
        value = item.get(self.attribute, self._default)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | Decimal) and not self.summed:
            return int(value)
        text = self._written(format(value, "f") if isinstance(value, Decimal) else str(value))
        return f"'{text}" if self._guarded and text.startswith(_FORMULA) else text

    def add(self, total: str, item: Mapping[str, Any]) -> str:
        """Return a sum with the amount of an item."""
        value = item.get(self.attribute, self._default)
        return total if value is None else format(_EXACT.add(Decimal(total), Decimal(str(value))), "f")


class Writer:
    """The writer of an export's files in a partner's format: the inverse of the reader of lists.

    Each result is a piece of the file. The pieces, in their order, are the file.
    """

    def __init__(self, columns: Sequence[Column], format_: FileFormat) -> None:
        self._columns, self._format = columns, format_
        self._names = format_.names([column.name for column in columns])

    def beginning(self) -> bytes:
        """Return the beginning of a file: a byte order mark if the encoding has it, and the header of a table."""
        mark = "\ufeff" if self._format.encoding == "utf-16" else ""
        return self._packed(mark + (self._table([self._names]) if self._format.kind == "csv" else ""))

    def rows(self, items: Sequence[Mapping[str, Any]]) -> bytes:
        """Return the rows of items. Raises Unwritable."""
        rows = [[column.value(item) for column in self._columns] for item in items]
        try:
            return self._packed(self._lines(rows))
        except UnicodeEncodeError as error:
            raise self._unwritable(items, rows, error.object[error.start]) from error

    def _unwritable(self, items: Sequence[Mapping[str, Any]], rows: list[list[Any]], character: str) -> Unwritable:
        place = next((n, m) for n, row in enumerate(rows) for m, value in enumerate(row) if character in str(value))
        item, column = items[place[0]], self._columns[place[1]]
        encoding = self._format.encoding.upper()
        fault = f"{item['pk']}: {column.name} has the character U+{ord(character):04X}, which {encoding} lacks"
        return Unwritable(f"{fault}: agree on another encoding with the partner, such as utf-8, or correct the value")

    def _lines(self, rows: list[list[Any]]) -> str:
        if self._format.kind == "csv":
            return self._table([[_cell(value) for value in row] for row in rows])
        objects = (dict(zip(self._names, row, strict=True)) for row in rows)
        return "".join(f"{json.dumps(members, ensure_ascii=False)}\n" for members in objects)

    def _table(self, rows: list[list[str]]) -> str:
        text = StringIO(newline="")
        csv.writer(text, delimiter=self._format.delimiter).writerows(rows)
        return text.getvalue()

    def _packed(self, text: str) -> bytes:
        # A piece has no byte order mark of its own, and is a member of the gzip file (RFC 1952, section 2.2).
        data = text.encode({"utf-16": "utf-16-le"}.get(self._format.encoding, self._format.encoding))
        return gzip.compress(data, mtime=0) if data and self._format.compression == "gzip" else data


def _cell(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
