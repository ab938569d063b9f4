"""Restore of a stack's aggregates and list records to an earlier time, in the same table.

The command restores the table to a second table, compares both, and writes the differences back as new versions. The
name, the stream and the alarms of the table stay. The relay publishes an event for each write. With a table that AWS
Backup has restored from another region, the command fills the table of a new stack (`filling`).
"""

from collections.abc import Mapping, Set
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import BadParameter, Option

from bounded_context.domain.events import fresh_traceparent
from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_cli.command.console import TIME, Consoles
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.operation import Access, Outputs, interrupt_once, operate
from bounded_context_cli.command.operation import Stack as StackName
from bounded_context_cli.command.output import FAILED, command_line
from bounded_context_cli.command.values import AsJson, existing_file, time
from bounded_context_cli.views.cost import listing
from bounded_context_infra.configuration.project import Project

from ..approval import Approvals, ListStack
from ..report import no_identity
from . import tables
from .differences import Changes, Comparison
from .filling import Additions, Filling, GivenCopy
from .pause import Lease, Pause, Progress, ProgressItem, Writes
from .run import RestoreReport, RestoreRun, StillPaused
from .run import resume as resume_stack
from .tables import ChildCopies, Copy, RestoreTarget, Tables

_TO_END = "To resume the stack without a restore:"

_IDS = 10
"""The maximum of displayed identities of a kind; `--json` has all."""


class RestoreScreen(Consoles):
    """The screen of a restore."""

    def show(self, stack: str, report: RestoreReport, command: str, way_back: str, seconds: Mapping[str, Any]) -> None:
        """Print the report; `command` writes the differences, and `way_back` ends a restore that has not ended.

        `seconds` is the listing of the second tables.
        """
        back = [way_back] if report.unended else []
        if self._wrote({"stack": stack, **report.as_json(), "way_back": back, **seconds}):
            return
        self._print(f"{stack} / {report.table}: {report.result}.")
        self._print_counts("Missing" if report.is_fill else "Different", report.counts)
        for kind, ids in report.differences.items():
            self._print(f"  {kind} since then: {', '.join(ids[:_IDS])}{', ...' if len(ids) > _IDS else ''}")
        if report.is_fill:
            self._print_exceptions(report)
        else:
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
            self._print(f"A restore ({report.unended}) {state}. --go with it continues it. {_TO_END} {way_back}")
        self._print_second_tables(seconds)

    def _print_exceptions(self, report: RestoreReport) -> None:
        for list_id, facts in report.open_lists.items():
            place = f"{facts['key']} of {facts['partner']} ({list_id}, {facts['status']})"
            self._print(f"  The list {place} was open: let the partner send it again.")
        for ids, why in (
            (report.withheld, "aggregates of open lists are left out"),
            (report.stays, "aggregates and lists differ in the tables, and stay as they are"),
        ):
            if ids:
                self._print(f"  {len(ids)} {why}: {', '.join(ids[:_IDS])}{', ...' if len(ids) > _IDS else ''}")

    def show_resumed(self, stack: str, progress: Progress, copy: str, seconds: Mapping[str, Any]) -> None:
        """Print that a stack is resumed."""
        at = progress.at.isoformat()
        if not self._wrote({"stack": stack, "result": "resumed", "at": at, "table": copy, **seconds}):
            self._print(f"{stack} is resumed. The restore ({progress.goal}) has ended.")
            self._print(f"Written items stay. The table {copy} costs money: delete it in the end.")
            self._print_second_tables(seconds)

    def _print_second_tables(self, seconds: Mapping[str, Any]) -> None:
        for row in seconds["second_tables"]:
            size, usd = row["bytes"] / 10**9, row["usd_a_month"]
            self._print(f"Second table {row['table']}: {row['days']} days old, {size:.1f} GB, {usd:.2f} USD a month.")
        if why := seconds.get("second_tables_unknown"):
            self.fail(f"The second tables could not be listed: {why}")

    def show_paused(self, stack: str, error: StillPaused, way_back: str) -> None:
        """Print that a stack is still paused."""
        self.fail(str(error))
        if not self._wrote({"stack": stack, "result": "paused", "why": str(error), "way_back": [way_back]}):
            self._print(f"{_TO_END} {way_back}")

    def _print_counts(self, title: str, counts: Mapping[str, int]) -> None:
        self._print(f"{title}: {', '.join(f'{number} {name}' for name, number in counts.items()) or 'none'}.")


_ATTEMPTS = 10
"""The attempts of a call. A table on demand throttles while it grows."""


def restore(
    ctx: typer.Context,
    stack: StackName,
    at: Annotated[
        datetime | None, Option("--at", parser=time, metavar="TIME", help="a time such as 2026-01-31T12:00:00Z")
    ] = None,
    source: Annotated[
        str | None,
        Option("--from", metavar="TABLE", help="a table that AWS Backup has restored from another region"),
    ] = None,
    go: Annotated[bool, Option("--go", help="write the differences; by default, only compare")] = False,
    only: Annotated[
        Path | None,
        Option(parser=existing_file, metavar="FILE", help="only the aggregates whose ids are the lines of this file"),
    ] = None,
    resume: Annotated[bool, Option("--resume", help="resume a paused stack, and end its restore")] = False,
    outputs_file: Outputs = None,
    as_json: AsJson = False,
) -> int:
    """Restore a stack's aggregates and lists to the time before a bad release or a mistake.

    The first call restores the table to a second table, compares both, and prints the differences. With --go, it pauses
    commands, list steps and stream readers, writes the differences into the stack's own table, and resumes the stack.
    The relay publishes an event for each written aggregate. Every later change of a restored aggregate is undone too.

    With --from, it adds the items that the stack's table lacks, and changes none: the context continues in another
    region (`context docs region`).

    Examples:
      context restore prod --at 2026-01-31T12:00:00Z
      context restore prod --at 2026-01-31T12:00:00Z --go
      context restore standby --from payment-standby-table-epoch-1-at-copy --go
      context restore prod --resume                           after a killed restore

    Exit status:
      0    done
      1    differences remain, or the stack is still paused: run the command again
      2    refused before anything changed
      130  Ctrl-C; with --go, the stack is resumed
    """
    access, screen = Access.of(ctx, _ATTEMPTS), RestoreScreen(as_json=as_json)
    if [bool(at), bool(source), resume].count(True) != 1 or (resume and (go or only)) or (source and only):
        raise BadParameter("write --at TIME or --from TABLE to restore, or --resume without other options")
    goal = {"from": source, "at": at and f"{at:{TIME}}"}
    command = command_line("restore", stack, **goal, only=only, outputs=outputs_file, go=True)
    way_back = command_line("restore", stack, resume=True, outputs=outputs_file)

    def act() -> int:
        project = repository()
        target = tables.read(stack, project.service, outputs_file, project.context)
        try:
            if (moment := source or at) is None:
                return _resume(stack, target, access, screen)
            run = _run(project, target, moment, _ids(only), access, screen)
            report: RestoreReport = run.go() if go else run.look()
        except StillPaused as error:
            screen.show_paused(stack, error, way_back)
            return FAILED
        seconds = listing(access.clients_of(target.region)("dynamodb"), target.table, access.clock.now())
        screen.show(stack, report, command, way_back, seconds)
        return report.exit_status

    interrupt_once()
    return operate(screen, stack, "restore", act)


def _resume(stack: str, target: RestoreTarget, access: Access, screen: RestoreScreen) -> int:
    clients_of = access.clients_of(target.region)
    dynamodb = clients_of("dynamodb")
    lease = Lease(ProgressItem(dynamodb, target.table), access.clock)
    pause = Pause(clients_of("lambda"), clients_of("stepfunctions"), target, access.clock, lease.beat)
    progress = resume_stack(lease, pause)
    seconds = listing(dynamodb, target.table, access.clock.now())
    copy = progress.source or Copy(dynamodb, target, progress.at, access.clock).name
    screen.show_resumed(stack, progress, copy, seconds)
    return 0


def _ids(file: Path | None) -> Set[str] | None:
    """Return the ids in a file with one on each line, None without a file. Raises Refusal."""
    if file is None:
        return None
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise Refusal(f"{file} is not in UTF-8: save it as text in UTF-8.") from None
    ids = {number: line.strip() for number, line in enumerate(lines, 1) if line.strip()}
    for number, identity in ids.items():
        if fault := no_identity(identity):
            raise Refusal(f"{file}, line {number}: {fault}.")
    if not ids:
        raise Refusal(f"{file} has no id: write one on each line.")
    return frozenset(ids.values())


def _run(
    project: Project,
    target: RestoreTarget,
    goal: datetime | str,
    only: Set[str] | None,
    access: Access,
    screen: RestoreScreen,
) -> RestoreRun:
    """Return the run of a restore to a time, or from a table with a name."""
    clients_of = access.clients_of(target.region)
    dynamodb, clock = clients_of("dynamodb"), access.clock
    is_fill = isinstance(goal, str)
    copy: Copy = (
        GivenCopy.of(dynamodb, target, goal, clock)
        if is_fill
        else Copy(dynamodb, target, goal.replace(microsecond=0), clock)
    )
    lease = Lease(ProgressItem(dynamodb, target.table), clock)
    tables = Tables(dynamodb, target.table, copy.name)
    comparison = (Filling if is_fill else Comparison)(tables, project.context, lease.beat, only)
    children = ChildCopies(tables, project.context)
    writes = (Additions if is_fill else Writes)(dynamodb, target.table, fresh_traceparent(), children)
    changes = Changes(dynamodb, clients_of("dynamodbstreams"), target.table, clock, lease.beat)
    pause = Pause(clients_of("lambda"), clients_of("stepfunctions"), target, clock, lease.beat)
    approvals = Approvals(ListStack(target.name, target.table, "", "", target.machine), clients_of, clock)
    parts = (copy, comparison, changes, writes, pause, lease, approvals.waiting)
    return RestoreRun(project.context, dynamodb, *parts, screen.tell)
