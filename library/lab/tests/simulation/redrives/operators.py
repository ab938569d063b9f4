"""A person who redrives: the real command, whose clients are simulated and whose deliveries are noted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from bounded_context_cli.command.aws_errors import AWS_ERRORS, REFUSED, Refusal
from bounded_context_operations.repair.redrive.cli import Redrive
from bounded_context_operations.repair.redrive.messages import ContentLost, Facts, Message, NotRedrivable, Route
from bounded_context_operations.repair.redrive.outputs import DeadLetterQueue, RedriveStack
from bounded_context_operations.repair.redrive.run import Inspection, Options, RedriveReport

from ..scheduler import Scheduler
from .scenario import Person

WHERE: Final = {"unseen": "key=incoming/acme/*"}
_LANE: Final = "lane=chosen"


class Clock:
    """The wall clock of the person's machine."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def now(self) -> datetime:
        """Return the virtual time."""
        return datetime.fromtimestamp(self._scheduler.wall(), UTC)

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass."""
        self._scheduler.sleep(seconds)


class Screen:
    """Keeps the report and the inspection that the command shows."""

    report: RedriveReport | None = None
    inspection: Inspection | None = None

    @contextmanager
    def progress(self, _verb: str, _total: int) -> Iterator[Callable[[], None]]:
        """Show no progress."""
        yield lambda: None

    def show_report(self, report: RedriveReport, _names: Mapping[str, str]) -> None:
        """Keep a report."""
        self.report = report

    def show_inspection(self, inspection: Inspection, _names: Mapping[str, str], _command: str) -> None:
        """Keep an inspection."""
        self.inspection = inspection


class Stop:
    """Ctrl-C at a virtual time."""

    def __init__(self, scheduler: Scheduler, at: float) -> None:
        self._scheduler = scheduler
        self._at = at

    @property
    def asked(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return 0 < self._at <= self._scheduler.clock

    @contextmanager
    def between_messages(self) -> Iterator[None]:
        """Let the command ask between messages."""
        yield


class Noting:
    """A route whose deliveries are noted."""

    def __init__(self, route: Route, acknowledged: Callable[[str], None], operator: "Operator") -> None:
        self._route = route
        self._acknowledged = acknowledged
        self._operator = operator
        self.action = route.action

    def facts(self, message: Message) -> Facts:
        """Describe a message."""
        return self._route.facts(message)

    def check(self, message: Message) -> None:
        """Check a message."""
        self._route.check(message)

    def deliver(self, message: Message) -> str:
        """Deliver a message, and note how that ended."""
        try:
            delivery = self._route.deliver(message)
        except ContentLost:
            self._operator.gone += 1
            raise
        except NotRedrivable:
            self._operator.stays += 1
            raise
        except Exception:
            self._operator.failures += 1
            raise
        self._operator.delivered.append(message.id)
        self._acknowledged(message.id)
        return delivery


class _Redrive(Redrive):
    acknowledged: Callable[[str], None]
    operator: "Operator"

    def _route(self, queue: DeadLetterQueue) -> Route:
        return Noting(super()._route(queue), self.acknowledged, self.operator)


class Operator:
    """One run of the command. ``there`` are the ids that it has to redrive, ``status`` is None while it runs.

    Args:
        name: of the person.
        person: the options of the command.
        clients: of the simulated services.
        acknowledged: is called with the id of each message whose delivery was answered.
    """

    def __init__(
        self, name: str, person: Person, scheduler: Scheduler, clients: Any, acknowledged: Callable[[str], None]
    ) -> None:
        self.name = name
        self.person = person
        self.clients = clients
        self.screen = Screen()
        self.there: Sequence[str] = ()
        self.delivered: list[str] = []
        self.gone = self.stays = self.failures = 0
        self.status: int | None = None
        self._scheduler = scheduler
        self._acknowledged = acknowledged

    def run(self, stack: RedriveStack, queue: DeadLetterQueue) -> None:
        """Run the command as `context redrive` does."""
        screen: Any = self.screen
        stop: Any = Stop(self._scheduler, self.person.stop)
        command = _Redrive(self._options(queue), stack, screen, stop, self._client, Clock(self._scheduler))
        command.acknowledged, command.operator = self._acknowledged, self
        try:
            self.status = command.run()
        except (Refusal, *AWS_ERRORS):
            self.status = REFUSED

    def _client(self, service: str, **_: Any) -> Any:
        return self.clients.get(service)

    def _options(self, queue: DeadLetterQueue) -> Options:
        person = self.person
        return Options(
            stack="test",
            queue=queue.name,
            go=person.go,
            where=(WHERE.get(queue.kind, _LANE),) if person.where else (),
            older_than="15m" if queue.kind == "unseen" else None,
            max=person.most,
            rate=person.rate,
            give_up="came twice" if person.give_up and person.go and queue.kind == "stream" else None,
        )
