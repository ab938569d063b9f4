"""Reseed: sends the current state of a stack's aggregates to one subscriber's queue or archive, as events.

`context reseed STACK --to SUBSCRIBER [--since TIME] [--go]`. Region, queue, topic and table come from the stack's
outputs, endpoints from AWS_ENDPOINT_URL[_<SERVICE>].

- **Without `--go`** it prints the plan. It changes nothing.
- **With `--go`** it reads the table's stream, which contains the changes of the last 24 hours (`stream`). Then it reads
  the table (`state`) and sends one event per aggregate. Last it sends the deletions of these 24 hours.
- **With `--since TIME`** it sends only the last event of each aggregate that changed since then, deletions included. It
  does not read the table.

If the stream contains the change that led to the current state, the event of this change is sent: the same id, time and
`sequence`. Other aggregates have an event with a constant id, and with their version as `sequence`. It is smaller than
the `sequence` of every published event, so a subscriber ignores it if it has applied an event of this aggregate.

Traffic may continue. Each change after the start reaches the subscriber through the topic, with a greater `sequence`.
The subscription must exist before the start.

Only events that the subscription's filter selects are sent (`subscription`), in the form in which SNS sends them.

After each batch, the run writes its progress to `build/reseed/<stack>-<subscriber>.json` (`progress`). The next call
with the same options continues there, within 24 hours; it sends at most ten events twice.

Exit status:

- 0: all events are sent, or the plan is printed.
- 1: the run stopped, or an aggregate could not be read.
- 2: the command was refused before it sent an event.
- 130: Ctrl-C or SIGTERM ended the run between two batches.

`context permissions reseed STACK` prints the necessary permissions as a policy.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer import Option

from bounded_context.adapters.items import versions
from bounded_context.adapters.services import text_and_attributes
from bounded_context.declaration.context import Context
from bounded_context_cli.command.aws_errors import AWS_ERRORS, sentence
from bounded_context_cli.command.console import RepairState
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.operation import Access, Clients, Clock, Outputs, interrupt_once, operate
from bounded_context_cli.command.operation import Stack as StackName
from bounded_context_cli.command.output import command_line
from bounded_context_cli.command.values import AsJson, counted, time
from bounded_context_infra.configuration.project import Project

from .. import report as repair
from ..report import RepairScreen
from .state import AggregateEvent, CurrentState, Progress, ReseedTarget, Subscription, read

if TYPE_CHECKING:
    from mypy_boto3_firehose import FirehoseClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef


BATCH: Final = 10
"""SQS limit: messages per call."""

BATCH_BYTES: Final = 256 * 1024
"""The maximum size of a batch: SNS limit of a message, which every published event therefore has."""

_ATTEMPTS: Final = 5
_EXAMPLES: Final = 20

Event = dict[str, Any]


class QueueRefused(Exception):
    """SQS or Firehose refused messages of a batch in each attempt."""


Texts = Sequence[tuple[str, Any]]
"""Messages: their texts and attributes."""

Send = Callable[[Texts], Mapping[int, str]]
"""Sends messages, and returns the indexes of the refused messages with the reasons."""


def to_queue(queues: "SQSClient", url: str) -> Send:
    """Return a function that sends messages to a queue."""

    def send(texts: Texts) -> dict[int, str]:
        answer = queues.send_message_batch(QueueUrl=url, Entries=list(map(_entry, enumerate(texts))))
        return {int(entry["Id"]): entry["Code"] for entry in answer.get("Failed", [])}

    return send


def to_stream(streams: "FirehoseClient", name: str) -> Send:
    """Return a function that sends messages to the stream of an archive. A record has no attributes."""

    def send(texts: Texts) -> dict[int, str]:
        records: Any = [{"Data": text.encode()} for text, _ in texts]
        answer = streams.put_record_batch(DeliveryStreamName=name, Records=records)["RequestResponses"]
        return {number: entry["ErrorCode"] for number, entry in enumerate(answer) if entry.get("ErrorCode")}

    return send


@dataclass
class ReseedReport(repair.RepairReport):
    """Counts of events. `before` were sent by interrupted runs, `original` of `sent` were published before.

    `withheld` are events that the subscription's filter does not select. `unreadable` are the places of aggregates that
    this version cannot read. `unproven_shards` are shards of the stream in which a change may be missing.
    """

    before: int
    unreadable: Sequence[str]
    sent: int = 0
    original: int = 0
    withheld: int = 0
    unproven_shards: int = 0

    @property
    def complete(self) -> bool:
        """Whether every aggregate could be read, and no change may be missing."""
        return not (self.unreadable or self.unproven_shards)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON, with the first places of unreadable aggregates."""
        keys = {"unreadable": len(self.unreadable), "unreadable_keys": self.unreadable[:_EXAMPLES]}
        return super().as_json() | keys


@dataclass(frozen=True)
class Group:
    """The messages of an aggregate's event: one per major version that the subscriber gets."""

    event: AggregateEvent
    texts: tuple[tuple[str, Any], ...]

    @property
    def size(self) -> int:
        """The size in bytes."""
        return sum(len(text.encode()) for text, _ in self.texts)


class ReseedRun:
    """A pass over the events of a state. `progress` is saved to `file` after each batch."""

    def __init__(
        self,
        context: Context[Any],
        subscription: Subscription,
        send: Send,
        progress: Progress,
        file: Path,
        rate: int,
        clock: Clock,
    ) -> None:
        self.report = ReseedReport(progress.sent, progress.unreadable)
        self._context, self._subscription, self._send_texts = context, subscription, send
        self._progress, self._file = progress, file
        self._rate, self._clock = rate, clock
        self._next: datetime | None = None

    def send(self, events: Iterator[AggregateEvent], advance: Callable[[], None]) -> None:
        """Send all events, then delete the progress. Raises AWS_ERRORS and QueueRefused."""
        for batch in self._batches(events):
            self._send(batch)
            for _ in batch:
                advance()
        self._file.unlink(missing_ok=True)

    def _batches(self, events: Iterator[AggregateEvent]) -> Iterator[list[Group]]:
        batch: list[Group] = []
        for group in self._groups(events):
            if batch and not self._fits([*batch, group]):
                yield batch
                batch = []
            batch.append(group)
        if batch:
            yield batch

    def _fits(self, batch: Sequence[Group]) -> bool:
        messages = sum(len(group.texts) for group in batch)
        return messages <= min(BATCH, self._rate) and sum(group.size for group in batch) <= BATCH_BYTES

    def _groups(self, events: Iterator[AggregateEvent]) -> Iterator[Group]:
        for aggregate in events:
            if aggregate.event is None:
                self._progress.unreadable.append(aggregate.place)
                continue
            published = versions(self._context, aggregate.event)
            texts = tuple(text_and_attributes(event) for event in published if self._subscription.selects(event))
            self.report.withheld += len(published) - len(texts)
            if texts:
                yield Group(aggregate, texts)

    def _send(self, batch: Sequence[Group]) -> None:
        texts = [text for group in batch for text in group.texts]
        self._wait(len(texts))
        self._deliver(texts)
        self.report.sent += len(texts)
        self.report.original += sum(len(group.texts) for group in batch if group.event.original)
        self._progress.sent += len(texts)
        self._progress.after = batch[-1].event.place
        self._progress.save(self._file, self._clock.now())

    def _deliver(self, texts: Texts) -> None:
        """Send messages, and again the messages that were refused. Raises QueueRefused."""
        failed: Mapping[int, str] = {}
        for _ in range(_ATTEMPTS):
            failed = self._send_texts(texts)
            texts = [texts[number] for number in sorted(failed)]
            if not texts:
                return
            self._clock.sleep(1)
        reasons = ", ".join(sorted(set(failed.values())))
        raise QueueRefused(f"{self._progress.queue} refused {len(texts)} messages ({reasons})")

    def _wait(self, messages: int) -> None:
        """Wait until the rate allows the next batch. After a slow call, two batches are early."""
        now, pause = self._clock.now(), timedelta(seconds=messages / self._rate)
        # A clock that is set back must not stop the run.
        planned = min(max(self._next or now, now - pause), now + timedelta(seconds=BATCH / self._rate))
        self._clock.sleep(max(0.0, (planned - now).total_seconds()))
        self._next = planned + pause


def _entry(numbered: tuple[int, tuple[str, Any]]) -> "SendMessageBatchRequestEntryTypeDef":
    number, (text, attributes) = numbered
    # One group: a fair queue delivers current events before the reseed's backlog.
    return {"Id": str(number), "MessageBody": text, "MessageAttributes": attributes, "MessageGroupId": "reseed"}


class ReseedScreen(RepairScreen):
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

    def show_report(self, names: Mapping[str, str], report: ReseedReport, command: str) -> None:
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
    """Send the current state of all aggregates to one subscriber's queue or archive, as events.

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
    access, screen = Access.of(ctx, 5), ReseedScreen(as_json=as_json)

    def act() -> int:
        project = repository()
        subscriber = read(stack, to, project.service, outputs_file)
        began = since and since.isoformat()
        command = command_line("reseed", stack, to=to, since=began, rate=rate, outputs=outputs_file, go=True)
        connect = access.clients_of(subscriber.region)
        state = RepairState(stack, "reseed", access.clock.now(), outputs_file)
        screen.show_repair(state.read(connect("dynamodb"), subscriber.table), writes=go)
        run = Reseed(project, subscriber, since, rate or DEFAULT_RATE, connect, access.clock, screen, command)
        return run.send() if go else run.plan()

    interrupt_once()
    return operate(screen, stack, "reseed", act)


@dataclass
class Reseed:
    """A reseed of one subscriber. Raises Refusal, ClientError and BotoCoreError before the first event is sent."""

    project: Project
    target: ReseedTarget
    since: datetime | None
    rate: int
    clients: Clients
    clock: Clock
    screen: ReseedScreen
    command: str

    def __post_init__(self) -> None:
        self._names = {"stack": self.target.stack, "subscriber": self.target.subscriber}
        since = self.since.isoformat() if self.since else ""
        self._progress = Progress.read(self._file, self.target.queue, since, self.clock.now())
        self._state = CurrentState(self.project.context, self.target.table, self.clients, self.clock, self.since)
        self._subscription = Subscription.of(self.clients("sns"), self.target.topic_arn, self.target.endpoint_arn)

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
        context, queue = self.project.context, self.target.queue
        archive = self.target.is_archive
        send = to_stream(self.clients("firehose"), queue) if archive else to_queue(self.clients("sqs"), queue)
        run = ReseedRun(context, self._subscription, send, self._progress, self._file, self.rate, self.clock)
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
