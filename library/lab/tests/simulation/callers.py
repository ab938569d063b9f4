"""The activities around the state machine: callers of commands, the relay's event source mapping, upload events."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any, Final
from zlib import crc32

from .functions import Lambda
from .history import Sent
from .profile import LOST
from .scenario import Foreign
from .scheduler import Scheduler

_RETRIES: Final = 100
"""Retries of a batch by the event source mapping (`infra.components.table`)."""
_LANES: Final = 2


class Caller:
    """Sends commands one after the other, each under one key until it is answered, as an HTTP client does."""

    def __init__(self, scheduler: Scheduler, functions: Lambda, session: Sequence[Sent]) -> None:
        self._scheduler = scheduler
        self._functions = functions
        self._session = session

    def run(self) -> None:
        """Send each command at its time."""
        for sent in self._session:
            self._scheduler.wait_for(sent.order.trigger, sent.order.at)
            copies = [self._scheduler.spawn("copy", partial(self._insist, sent)) for _ in range(1, sent.order.copies)]
            self._insist(sent)
            for copy in copies:
                self._scheduler.join([copy])

    def _insist(self, sent: Sent) -> None:
        for _ in range(sent.order.tries):
            if self._send(sent):
                return
            self._scheduler.sleep(self._scheduler.own_random().uniform(0.1, 5))

    def _send(self, sent: Sent) -> bool:
        order = sent.order
        message = {"idempotency_key": order.key, "payload": order.payload}
        invocation = self._functions.invoke(order.function, message, sent)
        invocation.started = self._scheduler.now()
        sent.invocations.append(invocation)
        lost = lost_after(self._scheduler, 1.0)
        answered = self._scheduler.join([invocation], self._scheduler.clock + (29.0 if lost is None else lost))
        if not answered or invocation.dead or invocation.error is not None:
            return False
        invocation.ended = self._scheduler.now()
        answer = json.loads(json.dumps(invocation.result))
        if not answer["ok"] and answer["error"]["code"] == "in-progress":
            return False
        sent.answers.append((invocation, answer))
        return True


def lost_after(scheduler: Scheduler, factor: float) -> float | None:
    """Return after how many seconds a caller loses its connection, None if it does not."""
    rate = scheduler.profile.lost * factor

    def draw(random: Random) -> float | None:
        return round(3 * random.random(), 2) if random.random() < rate else None

    return scheduler.fault(LOST, draw)


class Mapping:
    """The event source mapping of one lane of the stream: batches in order, retries, bisecting, partial failures.

    Args:
        records: returns the stream records of the lane, in order.
        batch: the largest batch.
        finished: tells whether no more changes come.
        given_up: gets the sequence numbers of records after too many retries.
        function: reads the stream.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        functions: Lambda,
        records: Callable[[], list[dict[str, Any]]],
        batch: int,
        finished: Callable[[], bool],
        given_up: set[str],
        function: str = "relay_events",
    ) -> None:
        self._scheduler = scheduler
        self._functions = functions
        self._records = records
        self._batch = batch
        self._finished = finished
        self._given_up = given_up
        self._function = function

    def run(self) -> None:
        """Send batches until there are no more changes."""
        at = 0
        while True:
            records = self._records()
            if at == len(records):
                if self._finished():
                    return
                self._scheduler.rest()
                continue
            batch = records[at : at + self._size(len(records) - at)]
            self._deliver(batch)
            at += len(batch)

    def _size(self, there: int) -> int:
        most = min(self._batch, there)

        def draw(random: Random) -> int | None:
            size = random.randint(1, most)
            return size if size < most else None

        size = self._scheduler.pick("batch", draw)
        return min(size or most, most)

    def _deliver(self, batch: list[dict[str, Any]]) -> None:
        """Deliver a batch: from the first record that failed on again, or in halves after an error."""
        batches, retries = [batch], 0
        while batches:
            records = batches[0]
            failed = self._invoke(records)
            if failed == 0 and not self._again():
                batches.pop(0)
                continue
            if failed == 0:
                continue
            retries += 1
            if retries > _RETRIES:
                self._given_up.update(_number(record) for record in records)
                batches.pop(0)
                continue
            self._scheduler.sleep(min(60.0, 0.1 * 2 ** min(retries, 10)))
            batches[0:1] = _split(records, failed)

    def _invoke(self, records: list[dict[str, Any]]) -> int:
        """Return how many records have to come again: all of them after an error, the last ones after a failure."""
        invocation = self._functions.invoke(self._function, {"Records": json.loads(json.dumps(records))})
        lost = lost_after(self._scheduler, 0.3)
        answered = self._scheduler.join([invocation], self._scheduler.clock + (900.0 if lost is None else lost))
        if not answered or invocation.dead or invocation.error is not None:
            return -1
        failures = {failure["itemIdentifier"] for failure in invocation.result["batchItemFailures"]}
        numbers = [_number(record) for record in records]
        return len(records) - min((numbers.index(failure) for failure in failures), default=len(records))

    def _again(self) -> bool:
        """Tell whether a batch that was taken comes once more."""
        return self._scheduler.chance(0.02)


def _split(records: list[dict[str, Any]], failed: int) -> list[list[dict[str, Any]]]:
    if failed > 0:
        return [records[len(records) - failed :]]
    middle = len(records) // 2
    return [records[:middle], records[middle:]] if middle else [records]


def _number(record: dict[str, Any]) -> str:
    return record["dynamodb"]["SequenceNumber"]


def lane(key: str) -> int:
    """Return the lane of an item: its changes stay in one."""
    return crc32(key.encode()) % _LANES


LANES: Final = range(_LANES)


class Inbound:
    """Delivers events of another context, in the order of their times, each until it is taken."""

    def __init__(self, scheduler: Scheduler, functions: Lambda, event: Foreign) -> None:
        self._scheduler = scheduler
        self._functions = functions
        self._event = event

    def run(self) -> None:
        """Deliver the event as often as it has copies."""
        self._scheduler.sleep(self._event.at)
        for _ in range(self._event.copies):
            while not self._delivered():
                self._scheduler.sleep(5.0)

    def _delivered(self) -> bool:
        invocation = self._functions.invoke("on_event", {"Records": [message(self._event)]})
        self._scheduler.join([invocation])
        return not invocation.dead and invocation.error is None and not invocation.result["batchItemFailures"]


def message(event: Foreign) -> dict[str, Any]:
    """Return an event of another context as SQS hands it over."""
    body = {
        "specversion": "1.0",
        "id": f"foreign-{event.number}",
        "source": "subscription",
        "type": "SubscriptionRegistered" if event.known else "SubscriptionDeleted",
        "subject": event.subject,
        "time": "2026-01-31T12:00:00+00:00",
        "sequence": f"{event.number:040d}",
        "data": {},
    }
    return {
        "messageId": f"m-{event.number}",
        "receiptHandle": "r",
        "body": json.dumps(body),
        "attributes": {},
        "messageAttributes": {},
    }
