"""The check of a list on a partner's machine, by the code of the import. It needs pydantic and the standard library."""

import argparse
import json
import sys
from base64 import b64decode
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

from bounded_context.adapters.temporary_database import SqliteSeenIds
from bounded_context.application.checking import ListFile
from bounded_context.application.ports import Throttled
from bounded_context.application.reading import check_size
from bounded_context.application.results import Report, by_line, document, file_lines, format_lines, with_reason
from bounded_context.application.staging import StagedRow, TypedRow
from bounded_context.application.verification import CreatingRule, RuleFailed, typed
from bounded_context.declaration.context import Context, named
from bounded_context.domain.faults import Fault, ListFault
from bounded_context.domain.formats import PLAIN, FileFormat
from bounded_context.domain.lists import over_tolerance
from bounded_context.domain.rows import Checked, Rejection, Unreadable, rejected_rows

from .absent import SERVICE, AtTheImport, stand_in

VALID: Final = 0
REJECTS: Final = 1
BAD_FILE: Final = 2
_LINES: Final = 5


class _NoTable:
    """The stored records, which only the service has."""

    def get(self, identity: str) -> NoReturn:
        """Refuse to read."""
        SERVICE.use(identity)


@dataclass
class Result:
    """The result of a check.

    ``unread`` is whether the file cannot be read as a list. ``unchecked`` counts the rows whose rule needs the service,
    and ``unchecked_lines`` are the first of their lines.
    ``rejected`` counts rejected rows. ``report`` has the bytes of the report that the import would write.
    """

    rows: int = 0
    rejected: int = 0
    unchecked: int = 0
    unchecked_lines: list[int] = field(default_factory=list[int])
    unread: bool = False
    report: bytes = field(default=b"", repr=False)

    @property
    def status(self) -> int:
        """The exit status."""
        return BAD_FILE if self.unread else REJECTS if self.rejected else VALID

    def leave_to_import(self, line: int) -> None:
        """Count a row that only the import checks."""
        self.unchecked += 1
        if len(self.unchecked_lines) < _LINES:
            self.unchecked_lines.append(line)

    @property
    def at_import(self) -> str:
        """The number and the first lines of the rows that only the import checks, for people; empty without rows."""
        if not self.unchecked:
            return ""
        more = self.unchecked - len(self.unchecked_lines)
        lines = ", ".join(map(str, self.unchecked_lines)) + (f" and {more} more" if more else "")
        word = "line" if self.unchecked == 1 else "lines"
        return f", {self.unchecked} checked at the import ({word} {lines})"


@dataclass(frozen=True)
class Terms:
    """The terms for lists: limits of a stack, and the format of a partner."""

    most_bytes: int
    tolerated_share: Fraction
    format_: FileFormat = PLAIN


def check(context: Context[Any], stream: BinaryIO, size: int, terms: Terms) -> Result:
    """Check a list of ``size`` bytes as the import would with no stored records, and with all references known."""
    checker = _Check(context, terms)
    try:
        check_size(size, terms.most_bytes, terms.format_)
        with closing(stream):
            read = ListFile(stream, context.rows, SqliteSeenIds(), terms.format_, terms.most_bytes)
            for checked in read.checked():
                checker.take(checked)
    except Unreadable as refusal:
        return Result(unread=True, report=document(file_lines(refusal, terms.format_)))
    return checker.finished(read)


class _Check:
    """The validation and the rule of the command that creates, for each chunk of rows."""

    def __init__(self, context: Context[Any], terms: Terms) -> None:
        self._context, self._terms, self._result = context, terms, Result()
        self._rule = CreatingRule(context, context.creating.rule, _NoTable())  # pyrefly: ignore[bad-argument-type] (only `get` is called)
        self._invalid = Report(kind=terms.format_.kind)
        self._refused: list[Rejection] = []

    def take(self, checked: Checked) -> None:
        self._result.rows += checked.count
        self._result.rejected += rejected_rows(checked.rejections).total()
        self._invalid.add(sorted(checked.rejections))
        staged = json.loads(self._context.rows.staged(row.details for row in checked.rows))
        rows = [StagedRow(row.line, values) for row, values in zip(checked.rows, staged, strict=True)]
        good, unread = typed(rows, self._context.rows_as_commands)
        self._refused += sorted([*unread, *(refused for row in good for refused in self._refusals(row))])

    def _refusals(self, row: TypedRow[Any]) -> list[Rejection]:
        # A rule may catch the exception of a use, and refuse or accept the row without the service.
        with suppress(AtTheImport, RuleFailed, Throttled), SERVICE.rule():
            refused = self._rule([row], "")
            if not SERVICE.used and all(rejection.code != Fault.BROKEN for rejection in refused):
                return refused
        self._result.leave_to_import(row.line)
        return []

    def finished(self, read: ListFile) -> Result:
        result, lines = self._result, self._invalid.rows
        # The import refuses such a list before it runs the rule.
        differences = read.differences if (reason := self._reason()) else ()
        if reason and (differences or self._invalid.full or result.rejected == result.rows):
            lines = format_lines(differences, self._terms.format_) + lines
        else:
            report = Report(lines)
            report.add(self._refused)
            lines = by_line(report.rows)
            result.rejected += rejected_rows(self._refused).total()
            reason = self._reason()
        result.report = with_reason(lines, reason, ListFault.TOLERANCE) if reason else document(lines)
        return result

    def _reason(self) -> str | None:
        return over_tolerance(self._result.rejected, self._result.rows, self._terms.tolerated_share)


def declared(reference: str, absent: Sequence[str]) -> Context[Any]:
    """Return the context of a reference, with stand-ins for the modules that the kit lacks."""
    stand_in(absent)
    return named(reference)


def main(folder: Path, arguments: Sequence[str] | None = None) -> int:
    """Check a list from the command line, by the files in ``folder``, and return the exit status."""
    kit = json.loads((folder / "kit.json").read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(prog=kit["program"], description=kit["about"], epilog=_STATUSES)
    parser.add_argument("list", metavar="LIST", nargs="?", help="the file of the list")
    for name, text in _TEXTS.items():
        parser.add_argument(f"--{name}", action="store_true", help=text)
    options = parser.parse_args(arguments)
    if text_name := next((name for name in _TEXTS if getattr(options, name)), None):
        return _print(b64decode(kit[text_name]))
    if options.list is None:
        parser.error("name the file of a list")
    try:
        return _report(kit, Path(options.list))
    except OSError as error:
        sys.stderr.write(f"{options.list}: {error.strerror}\n")
        return BAD_FILE


_STATUSES: Final = (
    "Prints the report that the import would write. Exit status: 0 the list is valid; 1 it has rejected rows; "
    "2 the file cannot be read as a list; 3 the kit has no build for this Python."
)
_TEXTS: Final = {
    "format": "print the description of the format",
    "sample": "print a valid list",
    "broken": "print a list with rejected rows",
}


def _report(kit: dict[str, Any], path: Path) -> int:
    format_ = FileFormat(**kit["file"])
    terms = Terms(kit["most_bytes"], Fraction(kit["tolerated_share"]), format_)
    result = check(declared(kit["context"], kit["absent"]), path.open("rb"), path.stat().st_size, terms)
    _print(result.report)
    outcome = "cannot be read as a list" if result.unread else f"{result.rows} rows, {result.rejected} rejected"
    sys.stderr.write(f"{path.name}: {outcome}{result.at_import}\n{kit['only_the_service']}\n")
    return result.status


def _print(text: bytes) -> int:
    sys.stdout.buffer.write(text)
    sys.stdout.flush()
    return VALID
