"""The writers of files in a partner's format: the inverse of the readers, for each kind, encoding and notation."""

import csv
import gzip
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Context as Arithmetic
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Final

from ..declaration.structure import Structure
from ..domain.fields import defaults, kind_of
from ..domain.formats import AS_IT_IS, FIRST, LAST, FileFormat, span
from ..domain.rows import types_of

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""The beginnings of a cell that a spreadsheet runs as a formula (OWASP, "CSV Injection")."""

_HARMLESS: Final = ("int", "phone")
"""The kinds of fields whose values may begin so, and are no formulas. Decimal numbers are harmless too."""

_EXACT: Final = Arithmetic(prec=100)
_CODECS: Final = {"utf-16": "utf-16-le"}


class Unwritable(ValueError):
    """A row that the partner's format cannot express; the message has the row, the fault and the remedy."""


class Column:
    """A column of an export: its field, the attribute of the items, and the value of its cells."""

    def __init__(self, context: Structure[Any], name: str, format_: FileFormat) -> None:
        field_ = context.stored_fields.get(name)
        self.name = name
        self.attribute = context.attributes.get(name, name)
        types = types_of(field_.annotation) if field_ else set[Any]()
        self.summed = Decimal in types
        self._notation = next((each for kind, each in format_.notations.items() if kind in types), AS_IT_IS)
        self._default = {**defaults(context.details), **defaults(context.state)}.get(name)
        harmless = field_ is None or kind_of(field_) in _HARMLESS or types & {Decimal, date}
        self._guarded = format_.kind == "csv" and not harmless
        self._is_number = format_.kind == "xlsx" and self.summed

    def value(self, item: Mapping[str, Any]) -> Any:
        """Return the value of an item: None, a boolean, a number, or a text in the partner's notation."""
        value = item.get(self.attribute, self._default)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | Decimal) and not self.summed:
            return int(value)
        plain = format(value, "f") if isinstance(value, Decimal) else str(value)
        if self._is_number:
            return Decimal(plain)
        text = self._notation.written(plain)
        if self.summed and Decimal(self._notation.plain(text)) != Decimal(plain):
            fault = f"{item['pk']}: {self.name} has more decimals than the two of an implied point"
            raise Unwritable(f"{fault}: agree on another notation with the partner, or correct the value")
        return f"'{text}" if self._guarded and text.startswith(_FORMULA) else text

    def add(self, total: str, item: Mapping[str, Any]) -> str:
        """Return a sum with the amount of an item."""
        value = item.get(self.attribute, self._default)
        return total if value is None else format(_EXACT.add(Decimal(total), Decimal(str(value))), "f")


class Writer:
    """The writer of a file. Each result is a piece of the file. The pieces, in their order, are the file.

    ``state`` is the state after the last piece: the writer of another call continues with it.
    """

    refused: tuple[str, re.Pattern[str]] = ("", re.compile("[^\0-\U0010ffff]"))
    """The kind of files in words, and the characters that it cannot have."""

    def __init__(self, names: Sequence[str], format_: FileFormat) -> None:
        self._names, self._format = names, format_
        self.state: Sequence[int] = ()

    def beginning(self, stated: Mapping[str, str]) -> bytes:
        """Return the beginning of a file, with the file's own count and sum if they are ``stated``."""
        # The pieces after the first have no byte order mark.
        mark = "\ufeff" if self._format.encoding == "utf-16" else ""
        return self._packed(self._encoded(mark + self._part(FIRST, stated)))

    def rows(self, rows: Iterable[tuple[str, Sequence[Any]]]) -> bytes:
        """Return rows, each with its key and its cells. Raises Unwritable."""
        pieces = []
        for key, cells in rows:
            try:
                pieces.append(self._encoded(self._row(cells)))
            except UnicodeEncodeError as error:
                raise Unwritable(f"{key}: {self._fault(cells, error)}") from error
            except Unwritable as fault:
                raise Unwritable(f"{key}: {fault}") from fault
        return self._packed(b"".join(pieces))

    def end(self, stated: Mapping[str, str]) -> bytes:
        """Return the end of a file, with the file's own count and sum. Raises Unwritable."""
        return self._packed(self._encoded(self._part(LAST, stated)))

    def _fault(self, cells: Sequence[Any], error: UnicodeEncodeError) -> str:
        character, form = error.object[error.start], self._format.encoding.upper() if error.reason else error.encoding
        names = (name for name, cell in zip(self._names, cells, strict=False) if character in str(cell))
        name = next(names, "the row")
        fault = f"{self._format.column(name)} has the character U+{ord(character):04X}, which {form} lacks"
        return f"{fault}: correct the value, or agree on another encoding or kind of files with the partner"

    def _encoded(self, text: str) -> bytes:
        form, characters = self.refused
        if match := characters.search(text):
            raise UnicodeEncodeError(form, text, *match.span(), "")
        return text.encode(_CODECS.get(self._format.encoding, self._format.encoding))

    def _packed(self, data: bytes) -> bytes:
        # A piece is a member of the gzip file (RFC 1952, section 2.2).
        return gzip.compress(data, mtime=0) if data and self._format.compression == "gzip" else data

    def _part(self, part: str, stated: Mapping[str, str]) -> str:  # noqa: ARG002
        """Return the text before the first row, or after the last."""
        return ""

    def _row(self, cells: Sequence[Any]) -> str:
        return f"{json.dumps(dict(zip(self._names, cells, strict=False)), ensure_ascii=False)}\n"


class _Table(Writer):
    def _part(self, part: str, stated: Mapping[str, str]) -> str:  # noqa: ARG002
        return self._row(self._names) if part == FIRST and self._names else ""

    def _row(self, cells: Sequence[Any]) -> str:
        # The writer returns the result of `write`.
        return csv.writer(SimpleNamespace(write=str), delimiter=self._format.delimiter).writerow(map(plain, cells))


class _Lines(Writer):
    refused = ("a line of fixed width", re.compile(r"[\r\n](?!\Z)"))

    def _part(self, part: str, stated: Mapping[str, str]) -> str:
        control = self._format.control
        places = [(name, *control[name].split(), text) for name, text in stated.items()]
        own = [(name, place, text) for name, line, place, text in places if line == part]
        return _filled(control[part], own) if part in control else ""

    def _row(self, cells: Sequence[Any]) -> str:
        texts = dict(zip(self._names, map(plain, cells), strict=False))
        columns = self._format.columns.items()
        line = _filled(self._format.record, ((name, place, texts.get(name, "")) for name, place in columns))
        # A cell more follows the columns.
        return line if len(cells) <= len(texts) else f"{line[:-1]}{cells[-1]}\n"


def _filled(line: str, values: Iterable[tuple[str, str, str]]) -> str:
    """Return a line with texts at their places, each with its name. Raises Unwritable for a text that is too wide."""
    for name, place, text in values:
        part = span(place)
        width = part.stop - part.start
        if len(text) > width:
            fault = f"{name} has {len(text)} characters, and its place {place} has {width}"
            raise Unwritable(f"{fault}: agree on a wider place with the partner, or correct the value")
        line = line.ljust(part.stop)
        line = line[: part.start] + text.ljust(width) + line[part.stop :]
    return f"{line}\n"


def plain(cell: Any) -> str:
    """Return a cell as text."""
    return "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)


def writer(names: Sequence[str], format_: FileFormat) -> Writer:
    """Return the writer of files with the given columns. Raises ValueError: the format has no place for them."""
    if format_.kind in ("xml", "xlsx"):
        from .xml_writing import WRITERS  # Only partners with such files need the module.

        return WRITERS[format_.kind](names, format_)
    return {"csv": _Table, "json-lines": Writer, "fixed": _Lines}[format_.kind](names, format_)
