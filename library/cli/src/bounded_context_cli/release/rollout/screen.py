"""The output of a run: a live table on a terminal, a line for each change in a build's log, and the results."""

from collections.abc import Iterable, Sequence

from rich.live import Live
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from ...command.console import Consoles
from .report import Part, Report
from .status import Status

_COLOURS = {"succeeded": "green", "up to date": "green", "detached": "yellow", "not started": "yellow"}


class Screen(Consoles):
    """The output of a rollout."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__(as_json=as_json)
        self._live: Live | None = None
        self._shown: dict[str, str] = {}

    def show(self, parts: Sequence[Part]) -> None:
        """Show the progress of all parts."""
        if self._progress.is_terminal:
            self._show_live(parts)
            return
        for part in parts:
            line = _line(part)
            if self._shown.get(part.name) != line:
                self._progress.print(line, markup=False, soft_wrap=True)
            self._shown[part.name] = line

    def _show_live(self, parts: Sequence[Part]) -> None:
        if self._live is None:
            self._live = Live(console=self._progress, transient=True, auto_refresh=False)
            self._live.start()
        self._live.update(_table(parts), refresh=True)

    def end(self) -> None:
        """End the live table."""
        if self._live:
            self._live.stop()
            self._live = None

    def fail(self, sentence: str) -> None:
        """End the live table, and show an error."""
        self.end()
        super().fail(sentence)

    def warn_of_ignored_alarms(self, reason: str) -> None:
        """Show in red that alarms do not stop this release."""
        text = escape(f"ALARMS ARE IGNORED for this release: no alarm stops it. Reason: {reason}")
        self._progress.print(f"[bold white on red] {text} [/]", soft_wrap=True)

    def show_report(self, report: Report) -> None:
        """Print the report of a run."""
        if self._wrote(report.as_json()):
            return
        self._out.print(_table(report.parts), f"{report.order.stack}: {report.result}", sep="\n", markup=False)
        self._print_reasons((part.name, part.why) for part in report.parts)

    def show_status(self, status: Status) -> None:
        """Print the status of a stack."""
        if self._wrote(status.as_json()):
            return
        self._out.print(_status_table(status))
        self._print_reasons((part.name, reason) for part in status.parts for reason in part.reasons)
        self._print(status.next)

    def _print_reasons(self, reasons: Iterable[tuple[str, str]]) -> None:
        """Print each reason once, after the names of its parts."""
        names: dict[str, list[str]] = {}
        for name, reason in reasons:
            if reason:
                names.setdefault(reason, []).append(name)
        for reason, parts in names.items():
            self._print(f"{', '.join(parts)}: {reason}")


def _line(part: Part) -> str:
    weight = f", {part.weight:g} % of the traffic" if part.weight is not None else ""
    deployment = f" [{part.deployment_id}]" if part.deployment_id else ""
    why = f": {part.why}" if part.why and part.result != "up to date" else ""
    return f"{part.name}{_versions(part, ' ')}: {part.doing}{weight}{deployment}{why}"


def _versions(part: Part, before: str = "") -> str:
    moved = f"{part.before} -> {part.target}" if part.target not in ("", part.before) else part.before
    return f"{before}{moved}" if part.before else ""


def _table(parts: Sequence[Part]) -> Table:
    table = Table(_named("part"), "versions", "live", "new has", "state", _folded("deployment"))
    for part in parts:
        colour = _COLOURS.get(part.result, "red") if part.result else "cyan"
        weight = f"{part.weight:g} %" if part.weight is not None else ""
        table.add_row(part.name, _versions(part), part.live, weight, Text(part.doing, colour), part.deployment_id)
    return table


def _status_table(status: Status) -> Table:
    columns = (_named("part"), "live", "newest", "shares", _folded("last deployment"))
    table = Table(*columns, title=status.stack, title_justify="left")
    for part in status.parts:
        shares = ", ".join(f"{version}: {weight:g} %" for version, weight in part.weights.items())
        table.add_row(part.name, part.live, part.newest, shares, escape(part.last.summary) if part.last else "")
    return table


def _named(header: str) -> Column:
    """Return a column of names, which are never truncated."""
    return Column(header, no_wrap=True)


def _folded(header: str) -> Column:
    """Return a column of ids, which wrap instead of being truncated, so people can copy them."""
    return Column(header, overflow="fold")
