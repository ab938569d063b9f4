"""The subscribers' side: readers of each queue, which take every event out and remember it."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .aws import Calls
from .errors import LocalRunError

BATCH = 10
HELPERS = 3
"""More readers of a queue that is full: what waits in a queue of the emulator makes each call to it longer."""

WAIT_SECONDS = 1
"""How long SQS may wait for a message before it answers that there is none: looking all the time takes a processor."""

PAUSE_SECONDS = 0.05
QUIET_SECONDS = 15.0
SURPLUS_SECONDS = 0.3

Event = dict[str, Any]


@dataclass(frozen=True)
class Reception:
    """An event as it was received: when, when it had been sent to the queue, and its message attributes.

    Times are in seconds since 1970.
    """

    event: Event
    time: float
    sent: float
    attributes: Mapping[str, str]

    @classmethod
    def of(cls, message: Mapping[str, Any], time: float) -> "Reception":
        """Return the reception of a message as SQS hands it over."""
        attributes = {name: one.get("StringValue", "") for name, one in message.get("MessageAttributes", {}).items()}
        return cls(json.loads(message["Body"]), time, int(message["Attributes"]["SentTimestamp"]) / 1000, attributes)


class Subscriber:
    """Reads one queue until it is told to stop."""

    def __init__(self, aws: Calls, name: str, url: str) -> None:
        """Begin to read, in threads of its own."""
        self.name = name
        self.url = url
        self.events: list[Event] = []
        self.received: list[Reception] = []
        self._by_list: dict[str, list[Event]] = {}
        self.failure: Exception | None = None
        self._aws = aws
        self._stopped = False
        self._behind = threading.Event()
        self._remembering = threading.Lock()
        reads = (self._wait, *[self._help] * HELPERS)
        named: Any = {"target": self._read, "name": f"subscriber-{name}", "daemon": True}
        self._threads = [threading.Thread(args=(read,), **named) for read in reads]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Have the reading end, and do not wait for it."""
        self._stopped = True
        self._behind.set()

    def stop(self) -> None:
        """End the reading, which takes a second at most."""
        self.end()
        for thread in self._threads:
            thread.join()

    def of_list(self, list_id: str) -> list[Event]:
        """Return the events that one list caused, its own included."""
        return list(self._by_list.get(list_id, ()))

    def count_of_list(self, list_id: str) -> int:
        """Count them."""
        return len(self._by_list.get(list_id, ()))

    def of_subject(self, subject: str) -> list[Reception]:
        """Return how the events about one subject, such as an aggregate's identity, were received."""
        return [one for one in self.received if one.event["subject"] == subject]

    def _remember(self, received: Reception) -> None:
        event = received.event
        self.received.append(received)
        self.events.append(event)
        self._by_list.setdefault(event["data"].get("list_id") or "", []).append(event)

    def _read(self, read: Callable[[], None]) -> None:
        try:
            while not self._stopped:
                read()
        except Exception as error:
            self.failure = error

    def _wait(self) -> None:
        """Take what comes; a whole batch of it is a sign that there is more."""
        if self._take(WAIT_SECONDS) == BATCH:
            self._behind.set()

    def _help(self) -> None:
        """Take what is already there, once there is much of it."""
        if self._behind.wait(WAIT_SECONDS) and not self._stopped and self._take(0) < BATCH:
            self._behind.clear()

    def _take(self, seconds: int) -> int:
        answer = self._aws.call(
            "sqs",
            "receive_message",
            QueueUrl=self.url,
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=seconds,
            AttributeNames=["SentTimestamp"],
            MessageAttributeNames=["All"],
        )
        messages, now = answer.get("Messages", []), time.time()
        if messages:
            entries = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(messages)]
            self._aws.call("sqs", "delete_message_batch", QueueUrl=self.url, Entries=entries)
            with self._remembering:
                for one in messages:
                    self._remember(Reception.of(one, now))
        return len(messages)


def types(events: Iterable[Event]) -> Counter[str]:
    """Count events by type."""
    return Counter(event["type"] for event in events)


def wait_for(
    subscribers: Iterable[Subscriber], list_id: str, expected: int, progress: Callable[[int], None] = lambda _: None
) -> dict[str, list[Event]]:
    """Wait until each subscriber has the events expected of a list, and a moment more for those that nobody expects.

    Returns what each has then, by name. It gives up when nothing has come for a while: the caller compares numbers.
    """
    readers, last, changed = list(subscribers), -1, time.monotonic()
    while time.monotonic() - changed < QUIET_SECONDS:
        for one in readers:
            if one.failure:
                raise LocalRunError(f"the queue of {one.name} can no longer be read: {one.failure}") from one.failure
        least = min((one.count_of_list(list_id) for one in readers), default=expected)
        if least >= expected:
            break
        if least != last:
            last, changed = least, time.monotonic()
            progress(least)
        time.sleep(PAUSE_SECONDS)
    time.sleep(SURPLUS_SECONDS)
    return {one.name: one.of_list(list_id) for one in readers}
