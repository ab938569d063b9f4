"""The report on the screen."""

from collections.abc import Mapping

from rich.table import Column, Table

from ...command.console import Consoles
from .run import Report


class Screen(Consoles):
    """The screen of an erasure."""

    def show(self, report: Report, names: Mapping[str, str], command: str) -> None:
        """Print a report; `command` erases the places that were found."""
        if self._wrote({**names, **report.as_json()}):
            return
        self._out.print(_stores(report, " / ".join(names.values())), _expiries(report), sep="\n")
        for result in report.results.values():
            for left in (*result.left, *result.reported):
                self._print(f"{result.store}, {left['place']}: {left['why']}")
            if result.unknown:
                self._print(f"{result.store} could not be searched: {result.unknown}")
        if not report.executed:
            self._print(f"Nothing was changed. To erase {report.found} places: {command}")


def _stores(report: Report, title: str) -> Table:
    counts = ("found", "erased", "left", "reported")
    table = Table(Column("store", no_wrap=True), *counts, title=title, title_justify="left")
    for result in report.results.values():
        left = "unknown" if result.unknown else str(len(result.left))
        table.add_row(result.store, str(result.found), str(result.erased), left, str(len(result.reported)))
    return table


def _expiries(report: Report) -> Table:
    table = Table(Column("store that cannot be changed", no_wrap=True), "has the data until at most (UTC)")
    for expiry in report.expires:
        table.add_row(expiry.store, f"{expiry.until:%Y-%m-%d %H:%M}" if expiry.until else "a person deletes it")
    return table
