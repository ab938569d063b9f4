"""Output of a restore: progress on standard error; the report on standard output, as text or as JSON only."""

from collections.abc import Mapping, Sequence

from ...command.console import Consoles
from .run import Report, StillPaused

_IDS = 10
"""The maximum of displayed identities of a kind; `--json` has all."""


class Screen(Consoles):
    """The screen of a restore."""

    def show(self, stack: str, report: Report, command: str) -> None:
        """Print the report; `command` writes the differences of a comparison."""
        if self._wrote({"stack": stack, **report.as_json()}):
            return
        self._print(f"{stack} / {report.table}: {report.result}.")
        self._print_counts("Different", report.counts)
        for kind, ids in report.differences.items():
            self._print(f"  {kind} since then: {', '.join(ids[:_IDS])}{', ...' if len(ids) > _IDS else ''}")
        self._print_counts("Published events that the restored state lacks, at least", report.events)
        if report.result == "compared":
            self._print(f"Nothing was written. To write: {command}")
            self._print(f"The table {report.table} costs money until then. Without --go, delete it in the end.")
        else:
            self._print(f"{report.written} items were written. The relay publishes an event for each aggregate.")
        if report.remaining:
            self.fail(f"{report.remaining} differences remain: another writer changes these items. Run it again.")
        if report.stopped:
            self.fail(f"{report.stopped}. Run the command again: it continues.")
        if report.way_back:
            self._show_way_back(report.way_back)

    def show_paused(self, stack: str, error: StillPaused) -> None:
        """Print that a stack is still paused."""
        self.fail(str(error))
        if not self._wrote({"stack": stack, "result": "paused", "why": str(error), "way_back": error.way_back}):
            self._show_way_back(error.way_back)

    def _show_way_back(self, commands: Sequence[str]) -> None:
        self._print("The stack is paused. --go continues and resumes it. To resume it without a restore:")
        for command in commands:
            self._print(f"  {command}")

    def _print_counts(self, title: str, counts: Mapping[str, int]) -> None:
        self._print(f"{title}: {', '.join(f'{number} {name}' for name, number in counts.items()) or 'none'}.")
