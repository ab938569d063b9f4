"""The relay at an SNS that accepts 300 messages a second, as in most regions, and throttles whole requests.

AWS General Reference, "Amazon SNS endpoints and quotas". Lambda Developer Guide, "Configuring partial batch response
with DynamoDB and Lambda".
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import count
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from payment.context import PAYMENT

from bounded_context import aws
from bounded_context.adapters import conditional
from bounded_context.adapters.items import Items
from bounded_context.adapters.services import Topic
from bounded_context.application import calls
from bounded_context.handlers.relay_events import lambda_handler
from bounded_context.testing.functions import LambdaContext
from tests.handlers.functions import SAMPLES
from tests.streams import change

pytestmark = pytest.mark.usefixtures("no_network")

QUOTA = 300
TIMEOUT = 60.0
LANES = 150
CHANGES = 60
"""The changes of a lane, and the largest batch."""
Batch = list[dict[str, Any]]
_END: ContextVar[float] = ContextVar("end of the call")


class _TimedOut(BaseException):
    """Lambda stops the call."""


class _Time:
    """Virtual time: the lanes' threads take turns, and the lane that wakes first continues."""

    def __init__(self) -> None:
        self.now = 0.0
        self._asleep = list[tuple[float, int, Event]]()
        self._turns = count()

    def run(self, works: Iterable[Callable[[], None]]) -> None:
        """Run all works to their end."""
        with ThreadPoolExecutor(LANES) as threads:
            ends = [threads.submit(self._work, work, self._sleeper(0)) for work in works]
            self._wake_next()
        for end in ends:
            end.result()

    def sleep(self, seconds: float) -> None:
        """Let the other lanes continue for some seconds."""
        mine = self._sleeper(seconds)
        self._wake_next()
        mine.wait()

    def _sleeper(self, seconds: float) -> Event:
        event = Event()
        heappush(self._asleep, (self.now + seconds, next(self._turns), event))
        return event

    def _work(self, work: Callable[[], None], first: Event) -> None:
        first.wait()
        try:
            work()
        finally:
            self._wake_next()

    def _wake_next(self) -> None:
        if self._asleep:
            self.now, _, event = heappop(self._asleep)
            event.set()


@dataclass
class _Sns:
    """A client that retries a throttled request with backoff, as botocore's mode "standard" does."""

    time: _Time
    attempts: int
    accepted: Batch = field(default_factory=Batch)
    used: Counter[int] = field(default_factory=Counter[int])

    def publish_batch(self, *, PublishBatchRequestEntries: Batch, **_: Any) -> dict[str, Any]:  # noqa: N803
        for attempt in range(self.attempts):
            self.time.sleep(0.05 + (random.uniform(0, 2 ** (attempt - 1)) if attempt else 0))  # noqa: S311
            if self.time.now > _END.get():
                raise _TimedOut
            if self.used[int(self.time.now)] + len(PublishBatchRequestEntries) <= QUOTA:
                self.used[int(self.time.now)] += len(PublishBatchRequestEntries)
                self.accepted += [json.loads(entry["Message"]) for entry in PublishBatchRequestEntries]
                return {"Failed": []}
        raise ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, "PublishBatch")


@dataclass
class _Lambda:
    """Calls the relay. It divides a batch that fails, and continues at a reported record."""

    time: _Time
    errors: int = 0

    def deliver(self, lane: int) -> None:
        """Deliver the batch of a lane until its events are published."""
        pending = [_changes(lane)]
        while pending := [records for records in pending if records]:
            _END.set(self.time.now + TIMEOUT)
            pending[0:1] = self._undelivered(pending[0])
            self.time.sleep(1)

    def _undelivered(self, batch: Batch) -> list[Batch]:
        try:
            failed = lambda_handler({"Records": batch}, LambdaContext())["batchItemFailures"]
        except (Exception, _TimedOut):
            self.errors += 1
            return [batch[: len(batch) // 2], batch[len(batch) // 2 :]] if len(batch) > 1 else [batch]
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        return [batch[numbers.index(failed[0]["itemIdentifier"]) :]] if failed else []


def _changes(lane: int) -> Batch:
    """Return the changes of 20 aggregates of a lane."""
    items = [Items(PAYMENT).from_aggregate(SAMPLES.aggregate(20 * lane + number)) for number in range(20)]
    return [change(None, items[number % 20], CHANGES * lane + number) for number in range(CHANGES)]


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> tuple[Batch, int]:
    """The accepted events of all lanes in order, and the number of failed calls."""
    random.seed(1)
    time = _Time()
    config: Any = aws.topic()._client.meta.config
    sns, relay = _Sns(time, config.retries["total_max_attempts"]), _Lambda(time)
    monkeypatch.setattr(aws, "topic", lambda: Topic(sns, "arn"))  # pyrefly: ignore[bad-argument-type] (a stand-in)
    for module in (calls, conditional):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: time.now, sleep=time.sleep))
    monkeypatch.setattr(LambdaContext, "get_remaining_time_in_millis", lambda _: int(1000 * (_END.get() - time.now)))
    time.run(partial(relay.deliver, lane) for lane in range(LANES))
    return sns.accepted, relay.errors


def test_a_throttled_relay_publishes_each_event_once_and_in_order(events: tuple[Batch, int]) -> None:
    """Throttling is no error of the function: it does not end a release."""
    accepted, errors = events
    assert len({event["id"] for event in accepted}) == CHANGES * LANES
    numbers = defaultdict[str, list[str]](list)
    for event in accepted:
        if event["sequence"] not in numbers[event["subject"]]:
            numbers[event["subject"]].append(event["sequence"])
    assert all(sequence == sorted(sequence) for sequence in numbers.values())
    assert len(accepted) < 1.01 * CHANGES * LANES
    assert errors == 0
