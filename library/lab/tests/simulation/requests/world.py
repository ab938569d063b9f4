"""One schedule of requests: callers over HTTP, queries, the inbound queue, and the lists' metrics."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from bounded_context_infra._parts.queues import MAX_RECEIVES

from ..callers import Mapping
from ..functions import handler
from ..history import LIST, Write
from ..scheduler import Activity, Scheduler
from ..services.dynamodb.stream import record
from ..services.sqs import Queue
from ..world import World
from . import versions
from .inbox import URL, VISIBILITY, Poller, body_of
from .invariants import AtEnd, AtRequests
from .pages import Pager
from .scenario import Letter, Requests
from .visitors import Visitor

_VALIDATES: Final = "validate_list"


class RequestsWorld(World):
    """A schedule of requests."""

    scenario: Requests  # pyrefly: ignore[bad-override-mutable-attribute] (no code changes it)

    def __init__(self, scheduler: Scheduler, scenario: Requests, known: frozenset[str] = frozenset()) -> None:
        super().__init__(scheduler, scenario, known)
        at_requests = AtRequests(self.history)
        self.history.watchers.append(lambda write: self._check(partial(at_requests, write)))
        self.history.watchers.append(self._measure)
        self.queue = Queue(URL, scheduler, VISIBILITY, (self.account.dead_letters, MAX_RECEIVES))
        self.pagers: list[Pager] = []
        self.counted: dict[str, list[str]] = {}
        self._records: list[dict[str, Any]] = []
        self._letters = len(scenario.foreign)
        self._poller = Poller(scheduler, self.functions, self.queue, self.account.dead_letters)

    def _handler(self, name: str) -> Callable[[Any, Any], Any]:
        """Return the handler of one of the two versions, as a weighted alias does."""
        other = versions.HANDLERS[self.scenario.other].get(name)
        if other is not None and (name == _VALIDATES or self.scheduler.choose((False, True))):
            return other
        return self._measuring if name == "measure_lists" else handler(name)

    def _measuring(self, event: Any, context: Any) -> Any:
        """Count the metrics of each list; an invocation that does not end writes none."""
        me = self.scheduler.me
        answer = handler("measure_lists")(event, context)
        assert me is not None
        for entry in event["Records"]:
            self.counted.setdefault(entry["dynamodb"]["Keys"]["pk"]["S"], []).extend(me.counted)
        return answer

    def _begin(self) -> None:
        for visit in self.scenario.visits:
            self._add(visit.name, Visitor(self.scheduler, self.functions, self.history, visit).run)
        for paging in self.scenario.pagings:
            self.pagers.append(Pager(self.scheduler, self.functions, paging, self.versions))
            self._add("paging", self.pagers[-1].run)
        for letter in self.scenario.foreign:
            self._add("letter", partial(self._send, letter))
        self._add("poller", lambda: self._poller.run(lambda: self._letters > 0))

    def _send(self, letter: Any) -> None:
        self.scheduler.sleep(letter.at)
        for _ in range(letter.copies):
            self.queue.add(body_of(letter), {})
        self._letters -= 1

    def _readers(self) -> list[Activity]:
        """Start the readers of the stream, among them the one that measures lists."""
        return [*super()._readers(), self.scheduler.spawn("measurer", self._mapping().run)]

    def _mapping(self) -> Mapping:
        records, finished = (lambda: self._records), (lambda: self._finished)
        return Mapping(self.scheduler, self.functions, records, 1, finished, set(), "measure_lists")

    def _measure(self, write: Write) -> None:
        if write.key.startswith(LIST):
            change = self.account.store.changes[self._changes - 1]
            self._records.append(record(self.account.store, change))
            self.scheduler.rouse(self._relays[-1])

    def _settle(self) -> None:
        self._poller.redrive()
        self._poller.run()

    def _checks(self) -> Iterator[Callable[[], None]]:
        yield from super()._checks()
        yield from AtEnd(self.history, self).checks()

    def expected_projection(self) -> dict[str, bool]:
        """Return which things are known in the end: unreadable messages say nothing."""
        good = [event for event in self.scenario.foreign if not (isinstance(event, Letter) and event.poison)]
        newest = {event.subject: event for event in sorted(good, key=lambda event: event.number)}
        return {subject: event.known for subject, event in newest.items()}
