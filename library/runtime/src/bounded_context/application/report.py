"""The report: the faults of a list, for the partner who sent it."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import islice
from typing import NamedTuple

from ..domain.errors import shortened
from ..domain.faults import ListFault, remedy_of
from ..domain.formats import Difference
from ..domain.lists import ReceivedList
from ..domain.rows import Rejection, Unreadable
from .ports import Files, Lists

# A partner fixes causes, not ten thousand rows. The limit keeps the report's memory constant.
REPORTED_REJECTIONS = 10_000
_HEADER = "line,field,reason,code,remedy\r\n"
_CELLS = 5
_FORMULA = ("=", "+", "-", "@")


class Reported(NamedTuple):
    """The members of a rejection that a report has. ``reason`` is not shortened."""

    line: int
    field: str
    reason: str
    code: str


class FirstRejections:
    """A collector of rejections: it keeps the first 10,000 and counts all."""

    def __init__(self) -> None:
        self.first: list[Reported] = []
        self.rejections = 0
        """The number of all added rejections."""

    def add(self, rejections: Iterable[Rejection]) -> None:
        """Add rejections; above the limit they are only counted."""
        for rejection in rejections:
            self.rejections += 1
            if self.rejections <= REPORTED_REJECTIONS:
                self.first.append(Reported(rejection.line, rejection.field, rejection.reason, rejection.code))


class Report:
    """A collector of rejections as CSV text: it writes the first 10,000 and counts all."""

    def __init__(self, so_far: str = "") -> None:
        self._text = StringIO(newline="")
        self._writer = csv.writer(self._text)
        # Rows of an earlier version have no code, or no remedy.
        self._writer.writerows([*cells, "", ""][:_CELLS] for cells in csv.reader(StringIO(so_far, newline="")))
        self.rejections = 0
        """The number of all added rejections."""

    def add(self, rejections: Iterable[Rejection | Reported]) -> None:
        """Add rejections; above the limit they are only counted."""
        for rejection in rejections:
            self.rejections += 1
            if self.rejections <= REPORTED_REJECTIONS:
                self._writer.writerow(_cells(rejection))

    def add_lines(self, lines: str, rejections: int) -> None:
        """Add the `lines` of another report, which has this number of rejections."""
        capacity = max(0, REPORTED_REJECTIONS - self.rejections)
        self._writer.writerows(islice(csv.reader(StringIO(lines, newline="")), capacity))
        self.rejections += rejections

    @property
    def lines(self) -> str:
        """The lines of the first rejections, without the header."""
        return self._text.getvalue()

    @property
    def rows(self) -> str:
        """The lines, and a last line with the number of the other rejections."""
        unreported = self.rejections - REPORTED_REJECTIONS
        return self.lines + (whole_list(f"and {unreported} more") if unreported > 0 else "")


def _cells(rejection: Rejection | Reported) -> tuple[int, str, str, str, str]:
    return (
        rejection.line,
        shortened(rejection.field),
        _harmless(rejection.reason),
        rejection.code,
        remedy_of(rejection.code),
    )


def whole_list(reason: str, code: str = "", line: int | str = "", field: str = "") -> str:
    """Return the line of a reason for the list as a whole."""
    text = StringIO(newline="")
    csv.writer(text).writerow((line, field, _harmless(reason), code, remedy_of(code)))
    return text.getvalue()


def file_lines(refusal: Unreadable, partner: str) -> str:
    """Return the lines of a refused file: the reason with its code and line, and the settings that would accept it."""
    reason = whole_list(refusal.reason, refusal.fault, refusal.line or "")
    return reason + format_lines(refusal.differences, partner)


def format_lines(differences: Sequence[Difference], partner: str) -> str:
    """Return a line for each setting that would accept a file, with the setting's name as the field."""
    settings = (
        (f"format.{difference.member}", remedy([difference], partner).removeprefix(". ")) for difference in differences
    )
    return "".join(whole_list(reason, ListFault.FORMAT, field=field) for field, reason in settings)


def remedy(differences: Sequence[Difference], partner: str) -> str:
    """Return the end of a reason: the settings that would accept the file; empty without differences."""
    if not differences:
        return ""
    settings = ", ".join(difference.setting for difference in differences)
    return (
        f". The file has another format: infra/service/Pulumi.<stack>.yaml: partners.{partner}.format: {{{settings}}}"
    )


def document(rows: str) -> bytes:
    """Return the bytes of a report file."""
    return (_HEADER + rows).encode()


def with_reason(rows: str, reason: str, code: str = "") -> bytes:
    """Return the bytes of a report file with the reason why the list as a whole was refused."""
    return document(rows + whole_list(reason, code))


def write_report(files: Files, lists: Lists, received: ReceivedList, data: bytes) -> None:
    """Store the partner's report of a list, unless the list's status differs from the status in ``received``.

    A step may outlive its execution and write late. The report is replaced only if it is the report that existed before
    the status was read. A late step therefore does not replace the report of a later step.
    """
    key = received.file.report_key
    while True:
        tag = files.tag(key)
        if lists.get(received.list_id).status is not received.status or files.replace(key, data, tag):
            return


def _harmless(reason: str) -> str:
    # A spreadsheet runs a cell with such a beginning as a formula; an apostrophe makes it text.
    return shortened(f"'{reason}" if reason.startswith(_FORMULA) else reason)
