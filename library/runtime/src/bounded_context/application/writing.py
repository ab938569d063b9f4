"""The writers of files in a partner's format: the inverse of the readers, for each kind, encoding and notation."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Context as Arithmetic
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Final

from ..declaration.structure import Structure
from ..domain.fields import defaults, kind_of
from ..domain.formats import AS_IT_IS, FileFormat, span
from ..domain.rows import types_of
from .pieces import Unwritable, Writer, around, plain

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""The beginnings of a cell that a spreadsheet runs as a formula (OWASP, "CSV Injection")."""

_HARMLESS: Final = ("int", "phone")
"""The kinds of fields whose values may begin so, and are no formulas. Decimal numbers are harmless too."""

_EXACT: Final = Arithmetic(prec=100)


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


class _Table(Writer):
    def _part(self, part: str, stated: Mapping[str, str]) -> str:
        return "".join(map(self._row, around(part, stated, self._format, self._names)))

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


def writer(names: Sequence[str], format_: FileFormat) -> Writer:
    """Return the writer of files with the given columns. Raises ValueError: the format has no place for them."""
    if format_.kind in ("xml", "xlsx"):
        from .xml_writing import WRITERS  # Only partners with such files need the module.

        return WRITERS[format_.kind](names, format_)
    return {"csv": _Table, "json-lines": Writer, "fixed": _Lines}[format_.kind](names, format_)
