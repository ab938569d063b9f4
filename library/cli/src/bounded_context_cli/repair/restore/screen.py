"""Output of a restore: progress on standard error; the report on standard output, as text or as JSON only."""

from collections.abc import Mapping
from typing import Any

from ...command.console import Consoles
from .progress import Progress
from .run import Report, StillPaused

_TO_END = "To resume the stack without a restore:"

_IDS = 10
"""The maximum of displayed identities of a kind; `--json` has all."""


class Screen(Consoles):
    """The screen of a restore."""

    def show(self, stack: str, report: Report, command: str, way_back: str, seconds: Mapping[str, Any]) -> None:
        """Print the report; `command` writes the differences, and `way_back` ends a restore that has not ended.

        `seconds` is the listing of the second tables.
        """
        back = [way_back] if report.unended else []
        if self._wrote({"stack": stack, **report.as_json(), "way_back": back, **seconds}):
            return
        self._print(f"{stack} / {report.table}: {report.result}.")
        self._print_counts("Different", report.counts)
        for kind, ids in report.differences.items():
            self._print(f"  {kind} since then: {', '.join(ids[:_IDS])}{', ...' if len(ids) > _IDS else ''}")
        self._print_counts("Published events that the restored state lacks, at least", report.events)
        if report.result == "compared":
            self._print(f"Nothing was written. To write, with a pause of about {report.pause_seconds} s: {command}")
            self._print(f"The table {report.table} costs money until then. Without --go, delete it in the end.")
        else:
            self._print(f"{report.written} items were written. The relay publishes an event for each aggregate.")
        if report.remaining:
            self.fail(f"{report.remaining} differences remain: another writer changes these items. Run it again.")
        if report.stopped:
            self.fail(f"{report.stopped}. Run the command again: it continues.")
        if report.unended:
            state = "has paused this stack" if report.paused else "has not ended, although the stack is not paused"
            self._print(
                f"A restore to {report.unended} {state}. --go with that time continues it. {_TO_END} {way_back}"
            )
        self._print_second_tables(seconds)

    def show_resumed(self, stack: str, progress: Progress, copy: str, seconds: Mapping[str, Any]) -> None:
        """Print that a stack is resumed."""
        at = progress.at.isoformat()
        if not self._wrote({"stack": stack, "result": "resumed", "at": at, "table": copy, **seconds}):
            self._print(f"{stack} is resumed. The restore to {at} has ended.")
            self._print(f"Written items stay. The table {copy} costs money: delete it in the end.")
            self._print_second_tables(seconds)

    def _print_second_tables(self, seconds: Mapping[str, Any]) -> None:
        for one in seconds["second_tables"]:
            size, usd = one["bytes"] / 10**9, one["usd_a_month"]
            self._print(f"Second table {one['table']}: {one['days']} days old, {size:.1f} GB, {usd:.2f} USD a month.")
        if why := seconds.get("second_tables_unknown"):
            self.fail(f"The second tables could not be listed: {why}")

    def show_paused(self, stack: str, error: StillPaused, way_back: str) -> None:
        """Print that a stack is still paused."""
        self.fail(str(error))
        if not self._wrote({"stack": stack, "result": "paused", "why": str(error), "way_back": [way_back]}):
            self._print(f"{_TO_END} {way_back}")

    def _print_counts(self, title: str, counts: Mapping[str, int]) -> None:
        self._print(f"{title}: {', '.join(f'{number} {name}' for name, number in counts.items()) or 'none'}.")
