"""The report: what was wrong with a list, for the partner who sent it."""

import csv
from collections.abc import Iterable
from io import StringIO

from ..domain.rows import Rejection

# A partner fixes a cause, not ten thousand rows one by one; the cap keeps the report's memory constant.
REPORTED_ROWS = 10_000
_HEADER = "line,field,reason,code\r\n"
_CELLS = 4
_FORMULA = ("=", "+", "-", "@")


class Report:
    """Collects rejections as CSV text, the first 10,000 of them, and counts them all."""

    def __init__(self, so_far: str = "") -> None:
        self._text = StringIO(newline="")
        self._writer = csv.writer(self._text)
        # An earlier version wrote no code.
        self._writer.writerows([*cells, ""][:_CELLS] for cells in csv.reader(StringIO(so_far, newline="")))
        self._reported = 0

    def add(self, rejections: Iterable[Rejection]) -> None:
        """Add rejections; past the cap they are only counted."""
        for rejection in rejections:
            self._reported += 1
            if self._reported <= REPORTED_ROWS:
                self._writer.writerow(_cells(rejection))

    @property
    def rows(self) -> str:
        """The lines without the header."""
        unreported = self._reported - REPORTED_ROWS
        return self._text.getvalue() + (whole_list(f"and {unreported} more") if unreported > 0 else "")


def _cells(found: Rejection) -> tuple[int, str, str, str]:
    return found.line, found.field, _harmless(found.reason), found.code


def whole_list(reason: str) -> str:
    """Return the line that speaks of the list as a whole."""
    text = StringIO(newline="")
    csv.writer(text).writerow(("", "", _harmless(reason), ""))
    return text.getvalue()


def document(rows: str) -> bytes:
    """Return a report file's bytes."""
    return (_HEADER + rows).encode()


def with_reason(report: bytes | None, reason: str) -> bytes:
    """Return a report that also says why the list as a whole was refused, once however often it is added."""
    so_far = report.decode() if report else _HEADER
    line = whole_list(reason)
    return (so_far if line in so_far else so_far + line).encode()


def _harmless(reason: str) -> str:
    # A spreadsheet runs a cell that starts so as a formula; an apostrophe makes it text.
    return f"'{reason}" if reason.startswith(_FORMULA) else reason
