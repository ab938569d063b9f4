"""`context redrive`: the dead-letter queues of a stack."""

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from ....configuration.project import ProjectError
from ...command.aws_errors import AWS_ERRORS, INTERRUPTED, REFUSED, Refused, sentence
from ...command.clock import Clock, SystemClock
from ...command.installed import repository
from ...command.values import counted, reason
from . import outputs
from .arguments import DEFAULT_RATE, Options, conditions, duration
from .choice import Choice
from .clients import Clients
from .failed_batches import GivenUpMessages
from .inbound import InboundRoute
from .inspection import MOST, look
from .outputs import DeadLetterQueue, Stack
from .queue_reader import QueueReader
from .report import Report
from .route import Route, Source
from .run import Order, Run
from .screen import Screen
from .stop import Stop
from .stream import StreamRoute
from .subscriber import SubscriberRoute
from .survey import survey
from .unseen import UnseenRoute, UnseenUploads
from .uploads import UploadsRoute

_WHERE = (
    "only messages whose type, subject, source, id or message attribute matches, with * ? [..] in the pattern; may be"
    " repeated, then all must match"
)
_GIVE_UP = (
    "also delete the messages whose changes have left the table's stream, for this reason; the deleted messages are"
    " printed"
)
_OUTPUTS = "read `pulumi stack output --json` here, not from Pulumi's CLI"
_messages = counted("messages", 10)


@dataclass(frozen=True)
class Access:
    """The AWS clients of a region, and the clock. Tests replace both."""

    clients_of: Callable[[str], Clients] = Clients.of
    clock: Clock = field(default_factory=SystemClock)


def redrive(
    ctx: typer.Context,
    stack: Annotated[str, Argument(help="the Pulumi stack, such as dev")],
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
    outputs_file: Annotated[Path | None, Option("--outputs", metavar="FILE", help=_OUTPUTS)] = None,
    as_json: Annotated[bool, Option("--json", help="print a JSON result; progress goes to standard error")] = False,
) -> int:
    """List the dead-letter queues of a stack, look into one, and send its messages again.

    QUEUE is a name from the list, from an alarm, or the queue's name on AWS. A message is delivered first and deleted
    afterwards: it may arrive twice, and is never lost.

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
    return _run(options, ctx.find_object(Access) or Access(), Screen(as_json=as_json))


def _run(options: Options, access: Access, screen: Screen) -> int:
    stop = Stop()
    stop.listen()
    try:
        stack = outputs.read(options.stack, repository().service, options.outputs)
        return Redrive(options, stack, screen, stop, access.clients_of(stack.region), access.clock).run()
    except (Refused, ProjectError) as error:
        screen.refuse(options.stack, str(error))
    except AWS_ERRORS as error:
        screen.refuse(options.stack, sentence(error, "redrive"))
    except KeyboardInterrupt:
        screen.fail("Interrupted before anything was changed.")
        return INTERRUPTED
    return REFUSED


class Redrive:
    """A redrive of one stack. Raises Refused, ClientError and BotoCoreError."""

    def __init__(
        self,
        options: Options,
        stack: Stack,
        screen: Screen,
        stop: Stop,
        clients: Clients,
        clock: Clock,
    ) -> None:
        self._options = options
        self._stack = stack
        self._screen = screen
        self._stop = stop
        self._clients = clients
        self._clock = clock

    def run(self) -> int:
        """List the queues, look into one, or send its messages again; return the exit status."""
        if self._options.queue is None:
            return self._survey()
        queue = self._stack.queue(self._options.queue)
        if self._options.give_up and queue.kind != "stream":
            raise Refused(f"--give-up is for changes that are gone from the stream, and {queue.name} holds none.")
        with self._stop.between_messages():
            return self._redrive(queue) if self._options.go else self._look(queue)

    def _survey(self) -> int:
        found = survey(self._stack, self._clients, self._clock)
        self._screen.show_survey(found)
        return found.exit_status

    def _look(self, queue: DeadLetterQueue) -> int:
        source, route, choice = self._source(queue), self._route(queue), self._choice()
        with self._screen.progress("looking", min(source.count(), MOST)) as tell:
            found = look(source, route, choice, self._options.max, self._clock.now(), lambda: self._stop.asked, tell)
        command = shlex.join(["uv", "run", "context", "redrive", *self._options.words(), "--go"])
        self._screen.show_look(found, self._names(queue), command)
        return INTERRUPTED if self._stop.asked else 0

    def _redrive(self, queue: DeadLetterQueue) -> int:
        source, route = self._source(queue), self._route(queue)
        report = Report(route.action)
        order = Order(
            self._choice(), self._options.max, self._options.rate or DEFAULT_RATE, self._options.give_up or ""
        )
        run = Run(source, route, order, report, self._clock)
        total = min(source.count(), self._options.max or sys.maxsize)
        try:
            with self._screen.progress("redriving", total) as tell:
                run.redrive(lambda: self._stop.asked, tell)
        except (*AWS_ERRORS, Refused) as error:
            if not report.tried:
                raise
            report.stopped = sentence(error, "redrive")
        report.interrupted = self._stop.asked
        self._screen.show_report(report, self._names(queue))
        return INTERRUPTED if report.interrupted else report.exit_status

    def _choice(self) -> Choice:
        options = self._options
        return Choice(conditions(options.where), duration(options.older_than), duration(options.newer_than))

    def _source(self, queue: DeadLetterQueue) -> Source:
        if queue.kind == "unseen":
            return UnseenUploads(self._clients.functions, queue.url, duration(self._options.older_than))
        source = QueueReader(self._clients.queues, queue.url, self._clock)
        return GivenUpMessages(source, self._clients.objects) if queue.kind == "stream" else source

    def _names(self, queue: DeadLetterQueue) -> dict[str, str]:
        return {"stack": self._stack.name, "queue": queue.name}

    def _route(self, queue: DeadLetterQueue) -> Route:
        clients = self._clients
        match queue.kind:
            case "subscriber" | "work":
                return SubscriberRoute(clients.queues, queue.target)
            case "inbound":
                return InboundRoute(clients.queues, queue.target)
            case "uploads":
                return UploadsRoute(clients.machines, queue.target)
            case "unseen":
                return UnseenRoute(clients.machines, queue.target)
            case "stream":
                return StreamRoute(clients.streams, clients.functions, queue.target, self._clock)
