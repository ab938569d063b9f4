"""The report: what was wrong with a list, for the partner who sent it."""

import csv
from collections.abc import Iterable
from io import StringIO

from ..domain.reasons import shortened
from ..domain.rows import Rejection

# A partner fixes a cause, not ten thousand rows one by one; the cap keeps the report's memory constant.
REPORTED_ROWS = 10_000
_HEADER = "line,field,reason\r\n"
_FORMULA = ("=", "+", "-", "@")


class Report:
    """Collects rejections as CSV text, the first 10,000 of them, and counts them all."""

    def __init__(self, so_far: str = "") -> None:
        self._text = StringIO(newline="")
        self._text.write(so_far)
        self._writer = csv.writer(self._text)
        self._reported = 0

    def add(self, rejections: Iterable[Rejection]) -> None:
        """Add rejections; past the cap they are only counted."""
        for rejection in rejections:
            self._reported += 1
            if self._reported <= REPORTED_ROWS:
                self._writer.writerow((rejection.line, shortened(rejection.field), _harmless(rejection.reason)))

    @property
    def rows(self) -> str:
        """The lines without the header."""
        unreported = self._reported - REPORTED_ROWS
        return self._text.getvalue() + (whole_list(f"and {unreported} more") if unreported > 0 else "")


def whole_list(reason: str) -> str:
    """Return the line that speaks of the list as a whole."""
    text = StringIO(newline="")
    csv.writer(text).writerow(("", "", _harmless(reason)))
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
    return shortened(f"'{reason}" if reason.startswith(_FORMULA) else reason)
