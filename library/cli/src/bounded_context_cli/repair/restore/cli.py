"""`context restore`: a stack's aggregates and list records as they were at a time."""

from collections.abc import Set
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from typer import BadParameter, Option

from bounded_context.domain.trace_context import fresh_traceparent
from bounded_context_infra.configuration.project import Project

from ...command.aws_errors import Refused
from ...command.installed import repository
from ...command.operation import Access, AsJson, Outputs, operate
from ...command.operation import Stack as StackName
from ...command.output import FAILED
from ...command.signals import interrupt_once
from ...command.values import existing_file, time
from ..identity import no_identity
from ..report import command_line
from ..second_tables import listing
from . import target
from .changes import Changes
from .copy import Copy
from .differences import Comparison
from .pause import Pause
from .progress import Lease, ProgressItem
from .run import Report, Run, StillPaused
from .run import resume as end
from .screen import Screen
from .tables import Tables
from .target import Target
from .writes import Writes

_FORM = "%Y-%m-%dT%H:%M:%SZ"
_ATTEMPTS = 10
"""The attempts of a call. A table on demand throttles while it grows."""


def restore(
    ctx: typer.Context,
    stack: StackName,
    at: Annotated[
        datetime | None, Option("--at", parser=time, metavar="TIME", help="a time such as 2026-01-31T12:00:00Z")
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

    Examples:
      context restore prod --at 2026-01-31T12:00:00Z
      context restore prod --at 2026-01-31T12:00:00Z --go
      context restore prod --resume                           after a killed restore

    Exit status:
      0    done
      1    differences remain, or the stack is still paused: run the command again
      2    refused before anything changed
      130  Ctrl-C; with --go, the stack is resumed
    """
    access, screen = Access.of(ctx, _ATTEMPTS), Screen(as_json=as_json)
    if resume == bool(at) or (resume and (go or only)):
        raise BadParameter("write --at TIME to restore, or --resume without other options")
    command = command_line("restore", stack, at=at and f"{at:{_FORM}}", only=only, outputs=outputs_file)
    way_back = command_line("restore", stack, resume=True, outputs=outputs_file).removesuffix(" --go")

    def act() -> int:
        project = repository()
        found = target.read(stack, project.service, outputs_file, project.context)
        try:
            if at is None:
                return _resumed(stack, found, access, screen)
            run = _run(project, found, at.replace(microsecond=0), _ids(only), access, screen)
            report: Report = run.go() if go else run.look()
        except StillPaused as error:
            screen.show_paused(stack, error, way_back)
            return FAILED
        seconds = listing(access.clients_of(found.region)("dynamodb"), found.table, access.clock.now())
        screen.show(stack, report, command, way_back, seconds)
        return report.exit_status

    interrupt_once()
    return operate(screen, stack, "restore", act)


def _resumed(stack: str, found: Target, access: Access, screen: Screen) -> int:
    clients_of = access.clients_of(found.region)
    dynamodb = clients_of("dynamodb")
    lease = Lease(ProgressItem(dynamodb, found.table), access.clock)
    pause = Pause(clients_of("lambda"), clients_of("stepfunctions"), found, access.clock, lease.beat)
    progress = end(lease, pause)
    seconds = listing(dynamodb, found.table, access.clock.now())
    screen.show_resumed(stack, progress, Copy(dynamodb, found, progress.at, access.clock).name, seconds)
    return 0


def _ids(file: Path | None) -> Set[str] | None:
    """Return the ids in a file with one on each line, None without a file. Raises Refused."""
    if file is None:
        return None
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise Refused(f"{file} is not in UTF-8: save it as text in UTF-8.") from None
    found = {number: line.strip() for number, line in enumerate(lines, 1) if line.strip()}
    for number, one in found.items():
        if fault := no_identity(one):
            raise Refused(f"{file}, line {number}: {fault}.")
    if not found:
        raise Refused(f"{file} has no id: write one on each line.")
    return frozenset(found.values())


def _run(project: Project, found: Target, at: datetime, only: Set[str] | None, access: Access, screen: Screen) -> Run:
    clients_of = access.clients_of(found.region)
    dynamodb, clock = clients_of("dynamodb"), access.clock
    copy = Copy(dynamodb, found, at, clock)
    lease = Lease(ProgressItem(dynamodb, found.table), clock)
    comparison = Comparison(Tables(dynamodb, found.table, copy.name), project.context, lease.beat, only)
    writes = Writes(dynamodb, found.table, fresh_traceparent())
    changes = Changes(dynamodb, clients_of("dynamodbstreams"), found.table, clock, lease.beat)
    pause = Pause(clients_of("lambda"), clients_of("stepfunctions"), found, clock, lease.beat)
    return Run(project.context, dynamodb, copy, comparison, changes, writes, pause, lease, screen.tell)
