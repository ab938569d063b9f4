"""Output of a reseed: the plan and the report."""

from collections.abc import Mapping
from typing import Any

from ..screen import RepairScreen
from .run import Report


class Screen(RepairScreen):
    """The screen of a reseed."""

    def show_plan(self, names: Mapping[str, str], plan: Mapping[str, Any], command: str) -> None:
        """Print the plan; `command` executes it."""
        if self._wrote({**names, "result": "looked", **plan}):
            return
        place, seconds = " / ".join(names.values()), plan["seconds"]
        self._print(f"{place}: about {plan['about']} events at {plan['rate']} a second, in about {seconds} seconds.")
        if plan["before"]:
            self._print(f"It continues a run that has sent {plan['before']}. To begin anew, delete {plan['file']}.")
        self._print(f"Nothing was sent. To do it: {command}")

    def show_report(self, names: Mapping[str, str], report: Report, command: str) -> None:
        """Print the result; `command` continues a run that did not end."""
        if self._wrote({**names, **report.as_json()}):
            return
        before = f" after {report.before} of interrupted runs" if report.before else ""
        self._print(f"{' / '.join(names.values())}: {report.result}. {report.sent} events sent{before}.")
        self._print(f"{report.original} were published before; the filter withheld {report.withheld}.")
        if report.unreadable:
            self._print(f"Not readable by this version: {len(report.unreadable)} aggregates; --json lists the first.")
        if report.unproven_shards:
            shards = f"{report.unproven_shards} open shards of the table's stream"
            self._print(f"A change may be missing: {shards} had no change after the beginning. Run it without --since.")
        if report.stopped:
            self.fail(report.stopped)
        if report.stopped or report.interrupted:
            self._print(f"To continue: {command}")
