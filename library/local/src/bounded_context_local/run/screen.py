"""Output of a run on the terminal, and the completion of a command that starts the embedded AWS."""

import json
import shlex
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from rich.markup import escape
from rich.table import Table

from bounded_context.application.importing import UNRECORDED
from bounded_context.domain.lists import Failure
from bounded_context_cli.command.aws_errors import INTERRUPTED
from bounded_context_cli.command.console import Consoles
from bounded_context_cli.command.output import LocalRunError, command_line
from bounded_context_cli.command.terminal import console
from bounded_context_infra.configuration.project import ProjectError

from ..additions import ActionResult
from ..emulator.aws import UNANSWERED
from ..emulator.process import ending_with_launchers
from ..provider.program import STACK
from ..running.context import RunningContext, RunResult
from ..running.start import api_page_file
from ..stand_ins import MODES, mode_file

if TYPE_CHECKING:
    from rich.status import Status


REPORT_LINES = 12


class RunScreen(Consoles):
    """The terminal output of a run: stages on standard error, results on standard output."""

    def __init__(self, *, quiet: bool, verbose: bool = False) -> None:
        """With `verbose`, list all differences from AWS. With `quiet`, print only errors."""
        super().__init__(as_json=quiet)
        self._verbose = verbose
        self._live = console(stderr=True, quiet=quiet)
        self.out = self._out = console(quiet=quiet)
        self.stages: dict[str, float] = {}
        self._status: Status | None = None
        self._name = ""
        self._detail = ""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show a stage while it runs, and afterwards its duration and its last detail."""
        started = time.monotonic()
        self._name, self._detail = name, ""
        with self._live.status(name) as self._status:
            yield
        self.stages[name] = time.monotonic() - started
        line = f"[green]✓[/] {name:<9}[dim]{self.stages[name]:6.2f} s[/]  {escape(self._detail)}"
        self._live.print(line, markup=True)

    def say(self, detail: str) -> None:
        """Show the progress of the running stage."""
        self._detail = detail
        if self._status:
            self._status.update(escape(f"{self._name}: {detail}"))

    def fail_each(self, problems: Collection[str]) -> int:
        """Show the problems, and return the exit status."""
        for problem in problems:
            self.fail(problem)
        return int(bool(problems))

    def show(self, result: RunResult, actions: Sequence[ActionResult] = ()) -> None:
        """Print the final table, and a line for each additional call, list or event."""
        rows = {f"rows {name}": f"{count:,}" for name, count in vars(result.rows).items()}
        events = {name: received.total() for name, received in result.events.items()}
        table = _table(f"The list is {result.outcome}", rows, events, result.stages)
        table.add_row("all stages", f"{sum(result.stages.values()):.2f} s", style="bold")
        self.out.print(table)
        self._notes(result)
        self._additions(actions)
        self.show_limits(result.not_emulated, result.adapted)

    def show_calls(self, events: Mapping[str, int], actions: Sequence[ActionResult]) -> None:
        """Print the result of a run without lists: stages, events of each subscriber, and a line for each call."""
        self.out.print(_table("The calls and their events", {}, events, self.stages))
        self._additions(actions, "The calls:")

    def show_failure(self, failure: Failure, exception: str) -> None:
        """Print the cause of a failed list, and the last line of an exception that the step could not record.

        With `verbose`, print the exception with the frames of libraries.
        """
        self.out.print("The cause, for operators only:")
        for name, value in failure.facts().items():
            self._print(f"  {name:<8} {value}")
        if exception and (self._verbose or failure.message == UNRECORDED):
            text = exception if self._verbose else f"  logged   {exception.splitlines()[-1]}"
            self._print(text)

    def _additions(self, actions: Sequence[ActionResult], title: str = "In addition to the list:") -> None:
        width = max((len(line.sent) for line in actions), default=0)
        if actions:
            self.out.print(title)
        for line in actions:
            self._print(f"  {line.sent:<{width}}  {line.back}")

    def _notes(self, result: RunResult) -> None:
        if result.approved:
            command = f"`uv run context list approve {STACK} <id>` decides in a kept run"
            self._print(f"The list waited for an approval, and the run approved it: {command}.")
        if result.cause:
            self._print(f"Reason: {result.cause}")
        if result.report:
            lines = result.report.splitlines()
            self.out.print(
                "The report to the partner:", *lines[:REPORT_LINES], sep="\n  ", markup=False, soft_wrap=True
            )
            more = len(lines) - REPORT_LINES
            self.out.print(f"  ... and {more:,} more lines" if more > 0 else "", end="\n" if more > 0 else "")

    def show_limits(self, not_emulated: list[str], adapted: list[str]) -> None:
        """Print the number of differences between the emulator and AWS; with `verbose`, each difference."""
        if not self._verbose:
            lacking, differing = len(not_emulated), len(_by_reason(adapted))
            self.out.print(f"{lacking + differing} known differences from AWS (--verbose lists them)", markup=False)
            return
        self.out.print(f"Not emulated: {', '.join(not_emulated) or 'nothing'}", markup=False)
        for difference, places in _by_reason(adapted).items():
            self._print(f"Adapted ({places}): {difference}")

    def show_more(self, identity: str) -> None:
        """Print options to try next. `identity` is a row of the list, or empty."""
        trace = (
            f"--trace {shlex.quote(identity)} (the path of one row), " if identity and identity.isprintable() else ""
        )
        more = "--file your.csv, --keep (keeps running, with endpoints to try)"
        self._print(f"Try next: {trace}{more}")

    def show_file(self, title: str, file: Path) -> None:
        """Print the path of a written file."""
        self._print(f"{title}: {file.resolve()}")

    def show_endpoints(self, running: RunningContext) -> None:
        """Print the environment variables, commands and names with which to use a kept run."""
        outputs = outputs_file(running)
        folder = outputs.parent
        folder.mkdir(exist_ok=True)
        lines = [f"export {name}={value}" for name, value in running.emulator.client_environment().items()]
        if running.context.has_lists:
            lines.append(running.partner.upload_command(folder))
        outputs.write_text(json.dumps(dict(running.outputs), indent=2))
        lines.append(command_line("rollout", "status", STACK, outputs=outputs))
        names = ("inbox_bucket", "table_name", "state_machine", "topic_arn")
        lines += [f"# {name}: {running.outputs[name]}" for name in names if name in running.outputs]
        lines += [f"# queue of {name}: {url}" for name, url in running.outputs["queues"].items()]
        lines += [f"# archive {name}: {described}" for name, described in running.outputs.get("archives", {}).items()]
        for name, address in running.systems.items():
            file = mode_file(running.project, name)
            lines.append(f"# stand-in of {name}: {address}; {file} has its mode: {', '.join(MODES)}")
        lines += running.api_requests.to_call(running.emulator, running.outputs)
        lines += [f"# requests to copy: {page}"] if (page := api_page_file(running.project)).exists() else []
        stops = "this run; its resources stay" if running.emulator.joined else "everything"
        does = "The run imports uploaded files. " if running.context.has_lists else ""
        lines += [f"# log: {running.emulator.log}", f"# {does}Ctrl-C stops {stops}."]
        self.tell("\n".join(lines))


def outputs_file(running: RunningContext) -> Path:
    """Return the file with the outputs of a kept run, for commands that operate a stack."""
    return running.emulator.folder / running.context.name / "outputs.json"


def _table(title: str, rows: Mapping[str, str], events: Mapping[str, int], stages: Mapping[str, float]) -> Table:
    """Return a table with a section for the rows, for the events of each subscriber, and for the stages."""
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    received = {f"events to {name}": f"{count:,}" for name, count in events.items()}
    for section in (rows, received, {name: f"{seconds:.2f} s" for name, seconds in stages.items()}):
        table.add_section()
        for cells in section.items():
            table.add_row(*cells)
    return table


def _by_reason(adapted: list[str]) -> dict[str, str]:
    """Group lines `type name: difference` by difference, with the names of the resources."""
    gathered: dict[str, list[str]] = {}
    for line in adapted:
        label, _, difference = line.partition(": ")
        gathered.setdefault(difference, []).append(label.rpartition(" ")[2])
    return {
        difference: ", ".join(names) if len(names) < 4 else f"{names[0]} and {len(names) - 1} more"
        for difference, names in gathered.items()
    }


def exit_status(run: Callable[[], int], screen: RunScreen) -> int:
    """Run a command and return its exit status: 130 after Ctrl-C, 1 with a message on the screen after a failure.

    The run also ends when a command that started it, such as `uv run context run`, is killed.
    """
    signal.signal(signal.SIGTERM, _exit)
    try:
        with ending_with_launchers():
            return run()
    except KeyboardInterrupt:
        # uv forwards the terminal's Ctrl-C, so the signal may arrive twice.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        screen.fail("Interrupted: everything that was started is stopped.")
        return INTERRUPTED
    except (LocalRunError, ProjectError) as error:
        screen.fail(str(error))
        return 1
    except UNANSWERED as error:
        screen.fail(f"The emulator does not answer: start the run again ({error}).")
        return 1


def _exit(number: int, _: FrameType | None) -> NoReturn:
    """Raise SystemExit on SIGTERM, so every `finally` block runs."""
    sys.exit(128 + number)
