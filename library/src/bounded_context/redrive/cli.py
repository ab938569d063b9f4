"""The command line: what may be asked, and with which exit status it ends."""

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence

from ..installed import repository
from ..project import ProjectError
from ..rollout.clock import Clock, SystemClock
from ..rollout.errors import AWS_ERRORS, INTERRUPTED, REFUSED, Refused, sentence
from . import outputs
from .arguments import parsed
from .choice import Choice
from .clients import Clients
from .given_up import GivenUpMessages
from .inbound import InboundRoute
from .look import MOST, look
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


def main(
    arguments: Sequence[str] | None = None,
    clients_of: Callable[[str], Clients] = Clients.of,
    clock: Clock | None = None,
) -> int:
    """Run the command in the current repository and return its exit status; `clients_of` makes a region's clients."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = parsed(given)
    stop, screen = Stop(), Screen(as_json=options.json)
    stop.listen()
    try:
        stack = outputs.read(options.stack, repository().service, options.outputs)
        return Command(options, stack, screen, stop, clients_of(stack.region), clock or SystemClock()).run(given)
    except (Refused, ProjectError) as error:
        screen.refuse(options.stack, str(error))
    except AWS_ERRORS as error:
        screen.refuse(options.stack, sentence(error, "redrive"))
    except KeyboardInterrupt:
        screen.fail("Interrupted before anything was changed.")
        return INTERRUPTED
    return REFUSED


class Command:
    """What was asked for, with all that is needed to do it. Raises Refused, ClientError and BotoCoreError."""

    def __init__(
        self,
        options: argparse.Namespace,
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

    def run(self, given: Sequence[str]) -> int:
        """Do it; returns the exit status."""
        if self._options.queue is None:
            return self._survey()
        queue = self._stack.queue(self._options.queue)
        if self._options.give_up and queue.kind != "stream":
            raise Refused(f"--give-up is for changes that are gone from the stream, and {queue.name} holds none.")
        with self._stop.between_messages():
            return self._redrive(queue) if self._options.go else self._look(queue, given)

    def _survey(self) -> int:
        found = survey(self._stack, self._clients, self._clock)
        self._screen.show_survey(found)
        return found.exit_status

    def _look(self, queue: DeadLetterQueue, given: Sequence[str]) -> int:
        source, route, choice = self._source(queue), self._route(queue), self._choice()
        with self._screen.progress("looking", min(source.count(), MOST)) as tell:
            found = look(source, route, choice, self._options.max, self._clock.now(), lambda: self._stop.asked, tell)
        command = shlex.join(["uv", "run", "just", "redrive", *(one for one in given if one != "--json"), "--go"])
        self._screen.show_look(found, self._names(queue), command)
        return INTERRUPTED if self._stop.asked else 0

    def _redrive(self, queue: DeadLetterQueue) -> int:
        source, route = self._source(queue), self._route(queue)
        report = Report(route.action)
        order = Order(self._choice(), self._options.max, self._options.rate, self._options.give_up or "")
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
        return Choice(self._options.where, self._options.older_than, self._options.newer_than)

    def _source(self, queue: DeadLetterQueue) -> Source:
        if queue.kind == "unseen":
            return UnseenUploads(self._clients.functions, queue.url, self._options.older_than)
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
