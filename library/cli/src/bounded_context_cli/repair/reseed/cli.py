"""`context reseed`: the current state for one subscriber."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from bounded_context_infra.configuration.project import Project

from ...command.aws_errors import AWS_ERRORS, sentence
from ...command.clock import Clock
from ...command.installed import repository
from ...command.operation import Access, AsJson, Clients, Outputs, operate
from ...command.operation import Stack as StackName
from ...command.repair import RepairState
from ...command.signals import interrupt_once
from ...command.values import counted, time
from ..report import command_line
from . import target
from .progress import Progress
from .run import QueueRefused, Run
from .screen import Screen
from .state import State
from .subscription import Subscription
from .target import Target

DEFAULT_RATE = 100
"""Events a second."""

_events = counted("events", 100)


def reseed(
    ctx: typer.Context,
    stack: StackName,
    to: Annotated[str, Option("--to", metavar="SUBSCRIBER", help="the subscriber that gets the events")],
    since: Annotated[
        datetime | None,
        Option(parser=time, metavar="TIME", help="only aggregates that changed since then, in the last 24 hours"),
    ] = None,
    go: Annotated[bool, Option("--go", help="send the events; by default, only print the plan")] = False,
    rate: Annotated[
        int | None,
        Option(parser=_events, metavar="N", help=f"at most this many events a second (default: {DEFAULT_RATE})"),
    ] = None,
    outputs_file: Outputs = None,
    as_json: AsJson = False,
) -> int:
    """Send the current state of all aggregates to one subscriber's queue, as events.

    A subscriber that compares `sequence` ignores the events of aggregates that it knows. Changes continue meanwhile. An
    interrupted run continues at the next call.

    Refused with --go while a repair has paused the stack: the subscriber would get a state that the repair replaces.

    Examples:
      context reseed prod --to bi                  print the plan
      context reseed prod --to bi --go             send an event for each aggregate
      context reseed prod --to bi --rate 500 --go
      context reseed prod --to bi --since 2026-11-28T09:30Z --go

    Exit status:
      0    done
      1    stopped, an aggregate could not be read, or a change may be missing
      2    refused before an event was sent
      130  Ctrl-C
    """
    access, screen = Access.of(ctx, 5), Screen(as_json=as_json)

    def act() -> int:
        project = repository()
        found = target.read(stack, to, project.service, outputs_file)
        began = since and since.isoformat()
        command = command_line("reseed", stack, to=to, since=began, rate=rate, outputs=outputs_file)
        connect = access.clients_of(found.region)
        state = RepairState(stack, "reseed", access.clock.now(), outputs_file)
        screen.show_repair(state.read(connect("dynamodb"), found.table), writes=go)
        run = Reseed(project, found, since, rate or DEFAULT_RATE, connect, access.clock, screen, command)
        return run.send() if go else run.plan()

    interrupt_once()
    return operate(screen, stack, "reseed", act)


@dataclass
class Reseed:
    """A reseed of one subscriber. Raises Refused, ClientError and BotoCoreError before the first event is sent."""

    project: Project
    target: Target
    since: datetime | None
    rate: int
    clients: Clients
    clock: Clock
    screen: Screen
    command: str

    def __post_init__(self) -> None:
        self._names = {"stack": self.target.stack, "subscriber": self.target.subscriber}
        since = self.since.isoformat() if self.since else ""
        self._progress = Progress.read(self._file, self.target.queue_url, since, self.clock.now())
        self._state = State(self.project.context, self.target.table, self.clients, self.clock, self.since)
        self._subscription = Subscription.of(self.clients("sns"), self.target.topic_arn, self.target.queue_arn)

    @property
    def _file(self) -> Path:
        stack = self.target.stack.replace("/", "-")
        return self.project.build / "reseed" / f"{stack}-{self.target.subscriber}.json"

    def plan(self) -> int:
        """Print the plan."""
        about = sum(1 for _ in self._state.events("")) if self.since else self._state.items
        before = self._progress.sent
        seconds = max(0, about - before) // self.rate
        plan = {"about": about, "before": before, "rate": self.rate, "seconds": seconds, "file": str(self._file)}
        self.screen.show_plan(self._names, plan, self.command)
        return 0

    def send(self) -> int:
        """Send the events, and return the exit status."""
        context, queues = self.project.context, self.clients("sqs")
        run = Run(context, self._subscription, queues, self._progress, self._file, self.rate, self.clock)
        try:
            with self.screen.progress("reseeding", self._state.items) as advance:
                run.send(self._state.events(self._progress.after), advance)
        except KeyboardInterrupt:
            run.report.interrupted = True
        except (*AWS_ERRORS, QueueRefused) as error:
            if not run.report.sent and not isinstance(error, QueueRefused):
                raise
            run.report.stopped = sentence(error, "reseed")
        run.report.unproven_shards = self._state.unproven
        self.screen.show_report(self._names, run.report, self.command)
        return run.report.exit_status
