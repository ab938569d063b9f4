"""The control of a partner's file: the file's own count and sum of its rows, compared with the rows that it has."""

import re
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Final

from ..domain.faults import ListFault
from ..domain.formats import FileFormat
from ..domain.places import COUNT, SUM
from ..domain.rows import Unreadable

_EXACT: Final = Context(prec=60)
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,10})?")


class Control:
    """The count and the sum of the rows of a file. A format without ``control`` has a count only.

    Args:
        format_: the partner's format, with ``columns``.
    """

    def __init__(self, format_: FileFormat) -> None:
        self._format = format_
        self._places = {name: place for name, place in format_.control.items() if name in (COUNT, SUM)}
        self._column = format_.control.get("of", "")
        self._place = [*format_.columns].index(self._column) if self._column else 0
        number = format_.notations.get(Decimal)
        self._plain = number.plain if number else str
        self._sum = Decimal()
        self._unsummed = 0
        self.rows = 0

    def add(self, cells: list[str]) -> None:
        """Count a row. A row without cells, or without a number, has no sum."""
        self.rows += 1
        if self._column and not self._unsummed:
            text = cells[self._place] if cells else ""
            number = self._number(text)
            if number is None:
                self._unsummed = self.rows
            else:
                self._sum = _EXACT.add(self._sum, number)

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
        for name, place in self._places.items():
            texts = stated.get(name, [])
            numbers = [self._count(text) if name == COUNT else self._number(text) for text in texts]
            total = Decimal()
            for number in numbers:
                total = _EXACT.add(total, number) if number is not None else total
            if not texts or None in numbers:
                raise _wrong(f"the file has no {name} of its rows at {place}")
            if name == SUM and self._unsummed:
                raise _wrong(f"the sum of {self._column} cannot be checked: row {self._unsummed} has no number")
            actual = Decimal(self.rows) if name == COUNT else self._sum
            if total != actual:
                noun = "rows" if name == COUNT else f"as sum of {self._column}"
                raise _wrong(f"the file states {total:f} {noun} at {place}, and its rows have {actual:f}")

    def _number(self, text: str) -> Decimal | None:
        plain = self._plain(text)
        return Decimal(plain) if _NUMBER.fullmatch(plain) else None

    def _count(self, text: str) -> Decimal | None:
        return Decimal(text) if text.isascii() and text.isdigit() and len(text) <= len(str(10**18)) else None


def _wrong(reason: str) -> Unreadable:
    return Unreadable(reason, ListFault.CONTROL)
