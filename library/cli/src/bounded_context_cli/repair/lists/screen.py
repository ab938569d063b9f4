"""Output of a closed list: the plan and the report."""

from collections.abc import Mapping

from ...command.console import Consoles
from .run import Report


class Screen(Consoles):
    """The screen of a list."""

    def show(self, report: Report, names: Mapping[str, str], command: str) -> None:
        """Print a report; `command` executes a plan, or continues a run that did not end."""
        if self._wrote({**names, **report.as_json()}):
            return
        place = " / ".join((*names.values(), report.list_id))
        self._print(f"{place}: {report.result}. The list is {report.status}, {self._of_execution(report)}.")
        if not report.executed:
            self._print(f"Nothing was changed. To delete {report.rows} rows and close the list: {command}")
            return
        self._print(f"{report.rows} rows deleted.")
        if report.stopped:
            self.fail(report.stopped)
        if not report.complete:
            self._print(f"To continue: {command}")

    def _of_execution(self, report: Report) -> str:
        execution = report.execution
        if execution.redrivable:
            redrive = f"aws stepfunctions redrive-execution --execution-arn {execution.arn}"
            return f"its execution is {execution.status}, and a redrive may import it: {redrive}"
        return f"its execution is {execution.status or 'no longer recorded'}"
