"""`context redrive`: the dead-letter queues of a stack."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Annotated

import typer
from typer import Argument, Option

from bounded_context_cli.command.aws_errors import AWS_ERRORS, INTERRUPTED, Refusal, sentence
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.operation import Access, AsJson, Clients, Clock, Outputs, operate
from bounded_context_cli.command.operation import Stack as StackName
from bounded_context_cli.command.repair import RepairState
from bounded_context_cli.command.values import counted, reason

from . import outputs
from .messages import InboundRoute, MessageSource, QueueReader, Route, SubscriberRoute, invoker
from .options import DEFAULT_RATE, Options
from .outputs import DeadLetterQueue, RedriveStack, survey
from .run import MOST, RedriveRun, inspect
from .screen import RedriveScreen
from .stream import FailedBatches, StreamRoute
from .uploads import UnseenRoute, UnseenUploads, UploadsRoute

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
_messages = counted("messages", 10)


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
    most: Annotated[
        int | None, Option("--max", parser=_messages, metavar="N", help="at most this many messages")
    ] = None,
    rate: Annotated[
        int | None,
        Option(parser=_messages, metavar="N", help=f"at most this many a second (default: {DEFAULT_RATE})"),
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
            case "inbound":
                return InboundRoute(self.clients("sqs"), queue.target)
            case "uploads":
                return UploadsRoute(self.clients("stepfunctions"), queue.target)
            case "unseen":
                return UnseenRoute(self.clients("stepfunctions"), queue.target)
            case "stream":
                streams = self.clients("dynamodbstreams")
                return StreamRoute(streams, invoker(self.clients), queue.target, self.clock)
