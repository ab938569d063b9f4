"""The control of a partner's file: the file's own count and sum of its rows, compared with the rows that it has."""

import re
from collections.abc import Mapping
from decimal import Context, Decimal
from functools import reduce
from typing import Final

from ..domain.faults import ListFault
from ..domain.formats import AS_IT_IS, COUNT, SUM, FileFormat
from ..domain.rows import Unreadable

_EXACT: Final = Context(prec=60)
_NUMBERS: Final = {COUNT: re.compile("[0-9]{1,19}"), SUM: re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,10})?")}


class Control:
    """The count and the sum of the rows of a file. A format without ``control`` has a count only.

    Args:
        format_: the partner's format, with ``columns``.
    """

    def __init__(self, format_: FileFormat) -> None:
        self._format, self._column = format_, format_.control.get("of", "")
        self._place = [*format_.columns].index(self._column) if self._column else 0
        self._plain = format_.notations.get(Decimal, AS_IT_IS).plain
        self._sum, self._unsummed, self.rows = Decimal(), 0, 0

    def add(self, cells: list[str]) -> None:
        """Count a row. A row without cells, or without a number, has no sum."""
        self.rows += 1
        if self._column and not self._unsummed:
            number = self._number(SUM, cells[self._place] if cells else "")
            self._unsummed = self.rows if number is None else 0
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
            noun, place = "rows" if name == COUNT else f"as sum of {self._column}", self._format.control[name]
            if not numbers or len(numbers) < len(stated[name]):
                raise _wrong(f"the file has no {name} of its rows at {place}")
            if name == SUM and self._unsummed:
                raise _wrong(f"the sum of {self._column} cannot be checked: row {self._unsummed} has no number")
            if (total := reduce(_EXACT.add, numbers)) != actual:
                raise _wrong(f"the file states {total:f} {noun} at {place}, and its rows have {actual:f}")

    def _number(self, name: str, text: str) -> Decimal | None:
        plain = self._plain(text) if name == SUM else text
        return Decimal(plain) if _NUMBERS[name].fullmatch(plain) else None


def _wrong(reason: str) -> Unreadable:
    return Unreadable(reason, ListFault.CONTROL)
