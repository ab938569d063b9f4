"""`rollout status`: the versions of all aliases, and the output of runs on a terminal and in a build's log."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from rich.live import Live
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal, sentence
from bounded_context_cli.command.console import Consoles
from bounded_context_cli.command.operation import Clock

from .deployments import WORKERS, Deployment, Follower, Task
from .functionmove import FunctionMove, Goal
from .machinemove import ABANDONED_RETURN, ABANDONED_SHIFT
from .releases import NO_MACHINE, WORKFLOW, Function, Order, Release, ReleasedPart, RolloutReport
from .survey import Finding, Services, Survey, survey, survey_all


@dataclass(frozen=True)
class PartStatus:
    """The versions of a part. `weights` are the percentages of versions that share the traffic."""

    name: str
    aws_name: str
    live: str = ""
    newest: str = ""
    weights: dict[str, float] = field(default_factory=dict)
    last: Deployment | None = None
    rolled_back: str = ""
    problem: str = ""
    active: bool = False
    unverified: str = ""
    leftover: bool = False
    failed: bool = False

    @property
    def up_to_date(self) -> bool:
        """Whether the newest version has all traffic, its deployment succeeded, and no deployment is active."""
        return not (self.problem or self.active or self.weights or self.unverified) and self.live == self.newest

    @property
    def reasons(self) -> tuple[str, str, str]:
        """The sentences about the part; empty texts if there are none."""
        return self.problem, self.rolled_back, self.unverified

    @property
    def next(self) -> str:
        """The effect of `start`."""
        if self.problem:
            return f"fail at {self.name}"
        if self.leftover or (self.unverified and self.live == self.newest):
            return f"fail at {self.name}, until `rollout back`"
        if self.active or self.weights:
            remedy = f" ({ABANDONED_RETURN if self.active else ABANDONED_SHIFT})" if self.name == WORKFLOW else ""
            return f"wait for the end of the move of {self.name}{remedy}"
        if self.failed:
            return f"fail at {self.name}, until a newer version is deployed, or with `--again`"
        return f"move {self.name} from version {self.live} to {self.newest}{' again' if self.rolled_back else ''}"

    def as_json(self) -> dict[str, Any]:
        """Return the documented form of `--json`."""
        return {
            "name": self.name,
            "function": self.aws_name,
            "live": self.live or None,
            "newest": self.newest or None,
            "weights": self.weights,
            "last": _as_json(self.last) if self.last else None,
            "rolled_back": self.rolled_back or None,
            "unverified": self.unverified or None,
            "problem": self.problem or None,
        }


def _as_json(deployment: Deployment) -> dict[str, Any]:
    return {
        "deployment_id": deployment.id,
        "status": deployment.status,
        "time": deployment.created.isoformat(timespec="seconds"),
        "why": f"{deployment.error} {deployment.message}".strip() or None,
    }


@dataclass(frozen=True)
class Status:
    """The versions of all parts of a stack."""

    stack: str
    strategy: str
    functions: list[PartStatus]
    workflow: PartStatus

    @property
    def parts(self) -> list[PartStatus]:
        """The functions, and the state machine of a context with lists."""
        return [*self.functions, *([self.workflow] if self.workflow.aws_name != NO_MACHINE else [])]

    @property
    def exit_status(self) -> int:
        """0 if all parts could be read, otherwise 2."""
        return 2 if any(part.problem for part in self.parts) else 0

    @property
    def next(self) -> str:
        """The effect of `start`, on one line."""
        effects = [part.next for part in self.parts if not part.up_to_date]
        if not effects:
            return "start would do nothing: everything is at its newest version."
        return f"start would, by {self.strategy}: {'; '.join(effects)}."

    def as_json(self) -> dict[str, Any]:
        """Return the documented form of `--json`."""
        return {
            "stack": self.stack,
            "strategy": self.strategy,
            "up_to_date": all(part.up_to_date for part in self.parts),
            "next": self.next,
            "functions": [part.as_json() for part in self.functions],
            "workflow": self.workflow.as_json(),
        }


def status(stack: str, release: Release, services: Services) -> Status:
    """Read the versions of all parts. Raises Refusal if one problem, such as missing credentials, hides all parts."""
    functions = [_function(finding) for finding in survey(release.functions, services)]
    stack_status = Status(stack, release.strategy.name, functions, _workflow(release, services))
    problems = {part.problem for part in stack_status.parts}
    if len(problems) == 1 and (problem := problems.pop()):
        raise Refusal(problem)
    return stack_status


def _function(finding: Finding) -> PartStatus:
    name, aws_name, position = finding.function.name, finding.function.aws_name, finding.position
    if position is None:
        return PartStatus(name, aws_name, problem=finding.problem)
    shares = {version: round(100 * share, 2) for version, share in position.shifting.items()}
    weights = {position.live: round(100 - sum(shares.values()), 2), **shares} if shares else {}
    return PartStatus(
        name,
        aws_name,
        position.live,
        finding.target,
        weights,
        last=finding.history[0] if finding.history else None,
        rolled_back=finding.rolled_back if finding.behind else "",
        active=finding.active is not None,
        unverified=finding.unverified,
        leftover=finding.leftover,
        failed=finding.behind and finding.failed is not None,
    )


def _workflow(release: Release, services: Services) -> PartStatus:
    name = release.machine.name
    try:
        routing = services.machines.routing()
        newest = max(routing.old, services.machines.newest(), key=int)
    except (Refusal, *AWS_ERRORS) as error:
        return PartStatus(WORKFLOW, name, problem=sentence(error))
    note = routing.note
    moved = note is not None and note.returns and note.before != note.target
    returned = f"version {newest} was taken back" if note and moved and note.before == newest else ""
    shares = {version: float(weight) for version, weight in routing.weights.items()} if routing.shifting else {}
    return PartStatus(WORKFLOW, name, routing.old, newest, shares, rolled_back=returned, active=routing.returning)


UP_TO_DATE: Final = "up to date"
READING: Final = "reading"
"""The result of a part that does not move, and the state of a part whose version is not known yet."""

_COLOURS = {"succeeded": "green", "up to date": "green", "detached": "yellow", "not started": "yellow"}


class RolloutScreen(Consoles):
    """The output of a rollout."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__(as_json=as_json)
        self._live: Live | None = None
        self._shown: dict[str, str] = {}

    def show(self, parts: Sequence[ReleasedPart]) -> None:
        """Show the progress of all parts: on a terminal in a table, in a log a line for each change of a part."""
        if self._progress.is_terminal:
            self._show_live(parts)
            return
        unchanged = [part for part in parts if part.result == UP_TO_DATE]
        lines = {part.name: _line(part) for part in parts if part not in unchanged and part.doing != READING}
        if unchanged:
            lines[UP_TO_DATE] = f"{UP_TO_DATE}: {len(unchanged)} of {len(parts)} parts"
        for name, line in lines.items():
            if self._shown.get(name) != line:
                self._progress.print(line, markup=False, soft_wrap=True)
            self._shown[name] = line

    def _show_live(self, parts: Sequence[ReleasedPart]) -> None:
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
        self._progress.print(f"[bold white on red] {text} [/]", markup=True, soft_wrap=True)

    def show_report(self, report: RolloutReport) -> None:
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


def _line(part: ReleasedPart) -> str:
    weight = f", {part.weight:g} % of the traffic" if part.weight is not None else ""
    deployment = f" [{part.deployment_id}]" if part.deployment_id else ""
    why = f": {part.why}" if part.why and part.result != "up to date" else ""
    return f"{part.name}{_versions(part, ' ')}: {part.doing}{weight}{deployment}{why}"


def _versions(part: ReleasedPart, before: str = "") -> str:
    moved = f"{part.before} -> {part.target}" if part.target not in ("", part.before) else part.before
    return f"{before}{moved}" if part.before else ""


def _table(parts: Sequence[ReleasedPart]) -> Table:
    table = Table(_name_column("part"), "versions", "live", "new has", "state", _folded("deployment"))
    for part in parts:
        colour = _COLOURS.get(part.result, "red") if part.result else "cyan"
        weight = f"{part.weight:g} %" if part.weight is not None else ""
        table.add_row(part.name, _versions(part), part.live, weight, Text(part.doing, colour), part.deployment_id)
    return table


def _status_table(status: Status) -> Table:
    columns = (_name_column("part"), "live", "newest", "shares", _folded("last deployment"))
    table = Table(*columns, title=status.stack, title_justify="left")
    for part in status.parts:
        shares = ", ".join(f"{version}: {weight:g} %" for version, weight in part.weights.items())
        table.add_row(part.name, part.live, part.newest, shares, escape(part.last.summary) if part.last else "")
    return table


def _name_column(header: str) -> Column:
    """Return a column of names, which are never truncated."""
    return Column(header, no_wrap=True)


def _folded(header: str) -> Column:
    """Return a column of ids, which wrap instead of being truncated, so people can copy them."""
    return Column(header, overflow="fold")


@dataclass(frozen=True)
class RolloutRun:
    """A run on a stack."""

    stack: str
    release: Release
    services: Services
    clock: Clock
    screen: RolloutScreen

    def survey(self) -> Survey:
        """Read all functions and the state machine. Raises Refusal if the state machine cannot be read."""
        return survey_all(self.release.functions, self.services)

    def report(self, order: Order) -> RolloutReport:
        """Return an empty report of this run."""
        functions = [ReleasedPart(function.name, function.aws_name) for function in self.release.functions]
        machine = ReleasedPart("workflow", self.release.machine.name)
        return RolloutReport(order, functions, machine, self.clock.now())

    def move_functions(
        self, report: RolloutReport, minutes: float, goals: Sequence[Goal], beat: Callable[[], None] = lambda: None
    ) -> None:
        """Move each function to its goal. `beat` is called at each poll."""
        parts = {part.name: part for part in report.functions}
        moves = [FunctionMove(parts[goal.finding.function.name], report.order, self.services, goal) for goal in goals]
        self.follow([Task(move.part, move.steps()) for move in moves], report, minutes, beat)

    def follow(
        self, tasks: Sequence[Task], report: RolloutReport, minutes: float, beat: Callable[[], None] = lambda: None
    ) -> None:
        """Follow the parts to their end."""

        def show() -> None:
            beat()
            self.screen.show(report.parts)

        Follower(self.services.deployments, self.clock, minutes, show).follow(tasks)

    def confirm(self, report: RolloutReport) -> None:
        """Read each function's alias again. A part has succeeded if its target has all traffic of the alias.

        Another run, or a person, may have moved the alias since this run last read it.
        """
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(self._confirm, report.functions, self.release.functions))

    def _confirm(self, part: ReleasedPart, function: Function) -> None:
        try:
            position = self.services.functions.read(function)
        except (Refusal, *AWS_ERRORS) as error:
            if part.succeeded:
                part.finish("failed", f"its alias cannot be read again ({sentence(error)}): see `rollout status`.")
            return
        part.live = position.live
        if part.succeeded and (position.live != part.target or position.shifting):
            where = position.shares or f"version {position.live}"
            part.finish("failed", f"another run moves it now ({where}): see `rollout status`.")
