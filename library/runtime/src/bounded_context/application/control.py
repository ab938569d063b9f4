"""The control of a partner's file: the file's own count and sum of its rows, compared with the rows that it has."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Context, Decimal
from functools import reduce
from typing import Final

from ..domain.aggregate import quoted
from ..domain.faults import ListFault
from ..domain.formats import AS_IT_IS, COUNT, FIRST, LAST, SUM, FileFormat
from ..domain.rows import Record, Unreadable

_EXACT: Final = Context(prec=60)
_NUMBERS: Final = {COUNT: re.compile("[0-9]{1,19}"), SUM: re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,10})?")}


class Control:
    """The count and the sum of the rows of a file. A format without ``control`` has a count only.

    Args:
        format_: the partner's format.
        columns: the columns of the rows; those of the format by default.
    """

    def __init__(self, format_: FileFormat, columns: Collection[str] = ()) -> None:
        self._format, self._column = format_, format_.control.get("of", "")
        self.columns = columns or format_.columns
        self._plain = format_.notations.get(Decimal, AS_IT_IS).plain
        self._sum, self.rows = Decimal(), 0
        self._unsummed: Record | None = None

    def add(self, row: Record) -> None:
        """Count a row. A row without the cell, or with a text that is no number, has no sum. An empty cell is zero."""
        self.rows += 1
        if self._column and not self._unsummed:
            text = dict(zip(self.columns, row.cells, strict=False)).get(self._column)
            number = None if text is None else self._number(SUM, text or "0")
            self._unsummed = row if number is None else None
            self._sum = _EXACT.add(self._sum, number or 0)

    @property
    def stated(self) -> dict[str, str]:
        """The texts of the count and the sum of the rows, if the format has them."""
        return self._format.stated(self.rows, {self._column: f"{self._sum:f}"})

    def check(self, stated: Mapping[str, list[str]]) -> None:
        """Compare the rows with the texts of the file's own count and sum; several texts of one are added up.

        Raises:
            Unreadable: the file has no rows, or a value is missing, is no number, or is not that of the rows.
        """
        if not self.rows:
            raise Unreadable("the file has no rows", ListFault.EMPTY)
        for name, actual in ((COUNT, Decimal(self.rows)), (SUM, self._sum)):
            if name not in self._format.control:
                continue
            numbers = [number for text in stated.get(name, []) if (number := self._number(name, text)) is not None]
            noun, place = "rows" if name == COUNT else f"as sum of {self._column}", self._format.place_of(name)
            if not numbers or len(numbers) < len(stated[name]):
                raise _wrong(f"the file has no plain number as {name} of its rows at {place}")
            if name == SUM and self._unsummed:
                fault = self._unsummed.fault or "the row has no number"
                raise _wrong(f"the sum of {self._column} cannot be checked: {fault}", self._unsummed.line)
            if (total := reduce(_EXACT.add, numbers)) != actual:
                raise _wrong(f"the file states {total:f} {noun} at {place}, and its rows have {actual:f}")

    def rows_of(self, records: Iterable[Record], value: Callable[[Record, str], str]) -> Iterator[Record]:
        """Yield the records between the first and the last line, if these are no rows; then compare the rows with them.

        ``value`` returns the text at a place of such a line. The caller adds each row.

        Raises:
            Unreadable: such a line is missing, or `check` raises it.
        """
        ends, remaining, held = self._format.control, iter(records), None
        first = _end(FIRST, next(remaining, None), ends[FIRST]) if FIRST in ends else None
        for record in remaining:
            row, held = (held, record) if LAST in ends else (record, None)
            if row:
                yield row
        lines = {FIRST: first, LAST: _end(LAST, held, ends[LAST]) if LAST in ends else None}
        places = {name: ends[name].split() for name in (COUNT, SUM) if name in ends}
        self.check({name: [value(end, place)] for name, (line, place) in places.items() if (end := lines[line])})

    def _number(self, name: str, text: str) -> Decimal | None:
        plain = self._plain(text) if name == SUM else text
        return Decimal(plain) if _NUMBERS[name].fullmatch(plain) else None


def _wrong(reason: str, line: int = 0) -> Unreadable:
    return Unreadable(reason, ListFault.CONTROL, line)


def _end(name: str, record: Record | None, mark: str) -> Record:
    if record and record.cells and record.cells[0].startswith(mark):
        return record
    fault = record.fault if record else ""
    raise _wrong(fault or f"the {name} line does not begin with {quoted(mark)}", record.line if record else 0)


def table_records(records: Iterator[Record], format_: FileFormat) -> Iterator[Record]:
    """Yield the header and the rows of a table whose format has ``control``. Raises Unreadable."""
    control = Control(format_)
    for number, record in enumerate(control.rows_of(records, _cell)):
        if number:
            control.add(record)
        else:
            control.columns = [*map(format_.column, record.cells)]
        yield record


def _cell(record: Record, column: str) -> str:
    """Return the text of a cell by the number of its column, from 1."""
    cells = record.cells[int(column) - 1 :]
    return cells[0].strip() if cells else ""
