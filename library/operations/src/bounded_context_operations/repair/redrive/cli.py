"""`context redrive`: the dead-letter queues of a stack, and the output of a redrive.

Progress goes to standard error. Results go to standard output, as tables or as JSON only.
"""

import signal
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import FrameType
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text
from typer import Argument, Option

from bounded_context_cli.command.aws_errors import AWS_ERRORS, INTERRUPTED, Refusal, sentence
from bounded_context_cli.command.console import RepairState
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.operation import Access, Clients, Clock, Outputs, operate
from bounded_context_cli.command.operation import Stack as StackName
from bounded_context_cli.command.values import AsJson, counted, reason

from ..report import RepairScreen
from . import outputs
from .messages import ArchiveRoute, InboundRoute, MessageSource, QueueReader, Route, SubscriberRoute, invoker
from .outputs import (
    DeadLetterQueue,
    DownloadsRoute,
    RedriveStack,
    Survey,
    UnseenRoute,
    UnseenUploads,
    UploadsRoute,
    survey,
)
from .run import DEFAULT_RATE, MOST, Inspection, Options, RedriveReport, RedriveRun, inspect
from .stream import FailedBatches, StreamRoute

SENTENCES = 10
"""The maximum of displayed reasons; `--json` has all reasons."""

LONGEST = 60
"""The maximum of displayed characters of an id, a type or a subject."""


class RedriveScreen(RepairScreen):
    """The screen of a redrive."""

    def show_survey(self, survey: Survey) -> None:
        """Print the counts of all queues."""
        if self._wrote(survey.as_json()):
            return
        table = Table(_column("queue"), "messages", "in flight", "oldest", title=survey.stack, title_justify="left")
        for count in survey.counts:
            age = "" if count.oldest is None else _age(count.oldest)
            table.add_row(count.name, str(count.messages), str(count.in_flight), age)
        self._out.print(table)
        if survey.unknown:
            self._print(f"Uploads whose event was lost could not be counted: {survey.unknown}")
        if survey.exit_status:
            self._print(f"To inspect a queue: uv run context redrive {survey.stack} QUEUE")

    def show_inspection(self, inspection: Inspection, names: Mapping[str, str], command: str) -> None:
        """Print the messages of a queue and the plan; `command` executes the plan."""
        if self._wrote({**names, **inspection.as_json()}):
            return
        place, first = " / ".join(names.values()), "the first " if inspection.more else ""
        self._print(f"{place}: {first}{_messages(inspection.inspected)} inspected, {inspection.chosen} chosen.")
        if inspection.more:
            self._print(f"There are about {inspection.not_seen} more.")
        if inspection.chosen:
            self._out.print(_groups(inspection), _samples(inspection), sep="\n")
        self._print_reasons(inspection.not_redrivable, "Would be left")
        self._print_not_seen(0 if inspection.more else inspection.not_seen)
        self._print_hidden(inspection.still_hidden)
        if inspection.redrivable:
            self._print(f"{_messages(inspection.redrivable)} would be redriven: {inspection.action}.")
            self._print(f"Nothing was changed. To do it: {command}")
        else:
            self._print("Nothing was changed, and nothing is to be redriven.")

    def show_report(self, report: RedriveReport, names: Mapping[str, str]) -> None:
        """Print the result of a redrive."""
        if self._wrote({**names, **report.as_json()}):
            return
        place = " / ".join(names.values())
        self._print(f"{place}: {report.result}. {_messages(report.redriven)} redriven: {report.action}.")
        self._print_reasons(report.failed, "Failed and left")
        self._print_reasons(report.not_redrivable, "Left")
        if report.came_later:
            self._print(f"Sent after the start and left, {_messages(report.came_later)}: the cause may still exist.")
        self._print_not_seen(report.not_seen)
        if report.discarded:
            self._print(f"{_messages(len(report.discarded))} given up:")
            self._out.print_json(data=report.discarded)
        for message_id, why in report.not_deleted.items():
            self._print(f"{message_id} was handled but not deleted, and may arrive twice: {why}")
        self._print_hidden(report.still_hidden)
        if report.stopped:
            self.fail(report.stopped)

    def _print_reasons(self, counts: Counter[str], outcome: str) -> None:
        for why, messages in counts.most_common(SENTENCES):
            self._print(f"{outcome}, {_messages(messages)}: {why}")
        if len(counts) > SENTENCES:
            self._print(f"{outcome}, for {len(counts) - SENTENCES} more reasons: --json has them all.")

    def _print_not_seen(self, messages: int) -> None:
        if messages:
            held = "another reader has them, or earlier messages of their FIFO group"
            self._print(f"Not received, about {_messages(messages)}: {held}. Try again in 15 minutes.")

    def _print_hidden(self, messages: int) -> None:
        if messages:
            self._print(f"{_messages(messages)} could not be made visible at once: wait for 15 minutes.")


def _groups(inspection: Inspection) -> Table:
    table = Table("type", "reason", "messages", "first sent (UTC)", "last sent (UTC)", "most receives", "would be")
    for group in inspection.groups:
        times = (_time(group.first_sent), _time(group.last_sent))
        fate = "redriven" if group.redrivable else "left"
        names = (_printable(group.type), _printable(group.reason))
        table.add_row(*names, str(group.messages), *times, str(group.most_receives), fate)
    return table


def _samples(inspection: Inspection) -> Table:
    table = Table(Column("sample", overflow="fold"), "type", "subject", "sent (UTC)", "receives")
    for message, facts in inspection.samples:
        texts = (_printable(facts.id or message.id), _printable(facts.type), _printable(facts.subject))
        table.add_row(*texts, _time(message.sent), str(message.receives))
    return table


def _printable(text: str) -> Text:
    """Return untrusted text of a message without markup and control characters, shortened."""
    plain = "".join(character if character.isprintable() else "?" for character in text)
    return Text(plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…")


def _messages(number: int) -> str:
    return f"{number} message{'' if number == 1 else 's'}"


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}"


def _age(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    days, hours = minutes // (24 * 60), minutes // 60 % 24
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min"


def _column(header: str) -> Column:
    return Column(header, no_wrap=True)


_ATTEMPTS = 5
"""The attempts of a call. They are few, because Ctrl-C waits for the current message."""

_WHERE = (
    "only messages whose type, subject, source, id or message attribute matches, with * ? [..] in the pattern; may be"
    " repeated, then all must match"
)
_GIVE_UP = (
    "also delete the messages whose changes have left the table's stream, for this reason; the deleted messages are"
    " printed"
)
_number = counted("messages", 10)


def redrive(
    ctx: typer.Context,
    stack: StackName,
    queue: Annotated[str | None, Argument(help="a dead-letter queue; by default, all are listed")] = None,
    go: Annotated[bool, Option("--go", help="send the messages again; by default, only print the effect")] = False,
    where: Annotated[list[str] | None, Option(metavar="KEY=PATTERN", help=_WHERE)] = None,
    older_than: Annotated[
        str | None, Option(metavar="TIME", help="only messages first sent before, as 90m, 2h, 1d")
    ] = None,
    newer_than: Annotated[str | None, Option(metavar="TIME", help="only messages first sent since then")] = None,
    most: Annotated[int | None, Option("--max", parser=_number, metavar="N", help="at most this many messages")] = None,
    rate: Annotated[
        int | None,
        Option(parser=_number, metavar="N", help=f"at most this many a second (default: {DEFAULT_RATE})"),
    ] = None,
    give_up: Annotated[str | None, Option(parser=reason, metavar="WHY", help=_GIVE_UP)] = None,
    outputs_file: Outputs = None,
    as_json: AsJson = False,
) -> int:
    """List the dead-letter queues of a stack, look into one, and send its messages again.

    QUEUE is a name from the list, from an alarm, or the queue's name on AWS. A message is delivered first and deleted
    afterwards: it may arrive twice, and is never lost.

    Refused with --go while a repair has paused the stack: uploads would start executions whose steps are stopped, and
    changes would be published of a state that the repair replaces. Dead letters wait for days.

    Examples:
      context redrive prod                      list all dead-letter queues
      context redrive prod uploads              look into one queue, and print the effect of --go
      context redrive prod uploads --go         send its messages again
      context redrive prod QUEUE --where 'type=*Deleted' --older-than 2h --max 1 --go
      context redrive prod relay_events --go --give-up 'sent by hand, ticket 4711'
      context redrive prod unseen --where 'key=incoming/acme/*' --go

    Exit status:
      0    done
      1    messages are left
      2    refused before anything changed
      130  Ctrl-C
    """
    options = Options(
        stack=stack,
        queue=queue,
        go=go,
        where=tuple(where or ()),
        older_than=older_than,
        newer_than=newer_than,
        max=most,
        rate=rate,
        give_up=give_up,
        outputs=outputs_file,
    )
    access, screen, stop = Access.of(ctx, _ATTEMPTS), RedriveScreen(as_json=as_json), Stop()

    def act() -> int:
        stack_outputs = outputs.read(stack, repository().service, outputs_file)
        connect = access.clients_of(stack_outputs.region)
        state = RepairState(stack, "redrive", access.clock.now(), outputs_file)
        screen.show_repair(state.read(connect("dynamodb"), stack_outputs.table), writes=go)
        return Redrive(options, stack_outputs, screen, stop, connect, access.clock).run()

    stop.listen()
    return operate(screen, stack, "redrive", act)


class Stop:
    """The state of a requested stop. uv forwards Ctrl-C, so a signal may arrive twice."""

    def __init__(self) -> None:
        self.asked = False
        self._holds_messages = False

    def listen(self) -> None:
        """Install the handler of SIGINT and SIGTERM. Outside `between_messages`, it raises KeyboardInterrupt."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)

    @contextmanager
    def between_messages(self) -> Iterator[None]:
        """Make signals only set `asked` inside the block, so that held messages can be released."""
        self._holds_messages = True
        try:
            yield
        finally:
            self._holds_messages = False

    def _handle(self, *_: int | FrameType | None) -> None:
        if self.asked:
            return
        self.asked = True
        if not self._holds_messages:
            raise KeyboardInterrupt


@dataclass
class Redrive:
    """A redrive of one stack. Raises Refusal, ClientError and BotoCoreError."""

    options: Options
    stack: RedriveStack
    screen: RedriveScreen
    stop: Stop
    clients: Clients
    clock: Clock

    def run(self) -> int:
        """List the queues, inspect one, or send its messages again; return the exit status."""
        if self.options.queue is None:
            queue_survey = survey(self.stack, self.clients, self.clock)
            self.screen.show_survey(queue_survey)
            return queue_survey.exit_status
        queue = self.stack.queue(self.options.queue)
        if self.options.give_up and queue.kind != "stream":
            raise Refusal(f"--give-up is for changes that are gone from the stream, and {queue.name} holds none.")
        with self.stop.between_messages():
            source, route = self._source(queue), self._route(queue)
            names = {"stack": self.stack.name, "queue": queue.name}
            return (self._redrive if self.options.go else self._inspect)(source, route, names)

    def _inspect(self, source: MessageSource, route: Route, names: dict[str, str]) -> int:
        selection, most = self.options.selection(), self.options.max
        with self.screen.progress("looking", min(source.count(), MOST)) as advance:
            inspection = inspect(source, route, selection, most, self.clock.now(), lambda: self.stop.asked, advance)
        self.screen.show_inspection(inspection, names, self.options.command)
        return INTERRUPTED if self.stop.asked else 0

    def _redrive(self, source: MessageSource, route: Route, names: dict[str, str]) -> int:
        options = self.options
        rate, discard_reason = options.rate or DEFAULT_RATE, options.give_up or ""
        run = RedriveRun(source, route, options.selection(), self.clock, options.max, rate, discard_reason)
        report = run.report
        try:
            with self.screen.progress("redriving", min(source.count(), options.max or sys.maxsize)) as advance:
                run.redrive(lambda: self.stop.asked, advance)
        except (*AWS_ERRORS, Refusal) as error:
            if not report.tried:
                raise
            report.stopped = sentence(error, "redrive")
        report.interrupted = self.stop.asked
        self.screen.show_report(report, names)
        return report.exit_status

    def _source(self, queue: DeadLetterQueue) -> MessageSource:
        if queue.kind == "unseen":
            return UnseenUploads(invoker(self.clients), queue.url, self.options.least_age())
        if queue.kind == "stream":
            return FailedBatches(self.clients("sqs"), queue.url, self.clock, self.clients("s3"))
        return QueueReader(self.clients("sqs"), queue.url, self.clock)

    def _route(self, queue: DeadLetterQueue) -> Route:
        match queue.kind:
            case "subscriber" | "work":
                return SubscriberRoute(self.clients("sqs"), queue.target)
            case "archive":
                return ArchiveRoute(self.clients("firehose"), queue.target)
            case "inbound":
                return InboundRoute(self.clients("sqs"), queue.target)
            case "uploads":
                return UploadsRoute(self.clients("stepfunctions"), queue.target)
            case "downloads":
                return DownloadsRoute(invoker(self.clients), queue.target)
            case "unseen":
                return UnseenRoute(self.clients("stepfunctions"), queue.target)
            case "stream":
                streams = self.clients("dynamodbstreams")
                return StreamRoute(streams, invoker(self.clients), queue.target, self.clock)
