"""Subscribers of a run, which record the events of each queue, and other contexts, whose events this context consumes.

If the other context runs on the same embedded AWS, its topic and its parameter exist. Otherwise the run creates both,
under the names that the other context would use.
"""

import json
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bounded_context.declaration.context import Context
from bounded_context.domain.spelling import kebab
from bounded_context_cli.command.aws_errors import Calls
from bounded_context_cli.command.output import LocalRunError
from bounded_context_infra.configuration.settings import Consumed, consumed

from ..emulator.aws import UNANSWERED, Aws
from ..provider import creation

BATCH = 10
HELPERS = 1
"""Additional readers of a queue with a backlog. Calls to the emulator slow down with the number of waiting messages."""

BACKLOG_SECONDS = 0.5
"""Age of a message from which the queue has a backlog. Other readers would only receive few messages, or none: each
call takes time of the emulator that the publisher of the events needs."""

WAIT_SECONDS = 1
"""Long-poll time of a receive call. Without it, polling would use a whole processor core."""

ATTEMPTS = 10
RETRY_SECONDS = 0.5
VISIBILITY_SECONDS = 10
"""Seconds until a batch whose response was lost is delivered again; fewer than QUIET_SECONDS."""

PAUSE_SECONDS = 0.05
QUIET_SECONDS = 15.0
SURPLUS_SECONDS = 0.3

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reception:
    """A received event and its message attributes.

    `text` is the event as JSON, which takes a fourth of the memory of its objects: a run keeps each event. `time` is
    the time of reception, `sent` the time at which it entered the queue, in seconds since 1970.
    """

    text: str
    time: float
    sent: float
    attributes: Mapping[str, str]

    @property
    def event(self) -> Event:
        """The event."""
        return json.loads(self.text)

    @classmethod
    def of(cls, message: Mapping[str, Any], time: float) -> "Reception":
        """Return the reception of an SQS message."""
        typed = message.get("MessageAttributes", {})
        # Other subscribers receive the same texts.
        attributes = {name: sys.intern(value.get("StringValue", "")) for name, value in typed.items()}
        return cls(sys.intern(message["Body"]), time, int(message["Attributes"]["SentTimestamp"]) / 1000, attributes)


class Subscriber:
    """The reader of a queue, until it is stopped."""

    def __init__(self, aws: Calls, name: str, url: str) -> None:
        """Start the threads that read the queue."""
        self.name = name
        self.url = url
        self.received: list[Reception] = []
        self._by_list: dict[str, list[Reception]] = {}
        self.failure: Exception | None = None
        self._aws = aws
        self._stored: set[str] = set()
        self._interrupted = False
        self._stopped = False
        self._backlog = threading.Event()
        self._storing = threading.Lock()
        reads = (self._wait, *[self._help] * HELPERS)
        options: Any = {"target": self._read, "name": f"subscriber-{name}", "daemon": True}
        self._threads = [threading.Thread(args=(read,), **options) for read in reads]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Signal the threads to stop, without waiting."""
        self._stopped = True
        self._backlog.set()

    def stop(self) -> None:
        """Stop the threads, and wait for their end: at most one second."""
        self.end()
        for thread in self._threads:
            thread.join()

    @property
    def events(self) -> list[Event]:
        """The received events."""
        return [reception.event for reception in list(self.received)]

    def received_of_list(self, list_id: str) -> list[Reception]:
        """Return the receptions of a list's events: its rows' events and its own."""
        return list(self._by_list.get(list_id, ()))

    def of_list(self, list_id: str) -> list[Event]:
        """Return the events of a list."""
        return [reception.event for reception in self.received_of_list(list_id)]

    def types_of_list(self, list_id: str) -> Counter[str]:
        """Count the events of a list by type."""
        return Counter(reception.event["type"] for reception in self.received_of_list(list_id))

    def count_of_list(self, list_id: str) -> int:
        """Return the number of a list's events."""
        return len(self._by_list.get(list_id, ()))

    def of_subject(self, subject: str) -> list[Reception]:
        """Return the receptions of the events about a subject, such as an aggregate's identity."""
        own = json.dumps(subject)
        return [
            reception for reception in self.received if own in reception.text and reception.event["subject"] == subject
        ]

    def take_over(self, stopped: "Subscriber") -> None:
        """Store the receptions of a stopped reader of the same queue before the own."""
        with self._storing:
            self._stored |= stopped._stored
            self.received[:0] = stopped.received
            for list_id, received in stopped._by_list.items():
                self._by_list[list_id] = received + self._by_list.get(list_id, [])

    def _read(self, read: Callable[[], None]) -> None:
        """Read until the end. Retry after a connection error; after the last attempt, or another error, fail."""
        failed = 0
        while not self._stopped:
            try:
                read()
                failed, self._interrupted = 0, False
            except Exception as error:
                failed += 1
                if failed == ATTEMPTS or not isinstance(error, UNANSWERED):
                    self.failure = error
                    return
                self._report(error)
                time.sleep(RETRY_SECONDS)

    def _report(self, error: Exception) -> None:
        """Report an interruption once, on standard error. At the end of a run, interruptions are expected."""
        with self._storing:
            reported, self._interrupted = self._interrupted or self._stopped, True
        if not reported:
            patience = f"the run tries again for {ATTEMPTS * RETRY_SECONDS:.0f} s"
            sys.stderr.write(f"{self.name}: the queue does not answer: {error} ({patience})\n")

    def _wait(self) -> None:
        """Receive a batch with a long poll. If its messages are old, activate the additional readers."""
        if _is_old(self._take(WAIT_SECONDS)):
            self._backlog.set()

    def _help(self) -> None:
        """Receive waiting messages while the queue has a backlog."""
        if self._backlog.wait(WAIT_SECONDS) and not self._stopped and not _is_old(self._take(0)):
            self._backlog.clear()

    def _take(self, seconds: int) -> Sequence[Reception]:
        answer = self._aws.call(
            "sqs",
            "receive_message",
            QueueUrl=self.url,
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=seconds,
            VisibilityTimeout=VISIBILITY_SECONDS,
            AttributeNames=["SentTimestamp"],
            MessageAttributeNames=["All"],
        )
        messages = answer.get("Messages", [])
        received = self._store(messages)
        if messages:
            entries = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(messages)]
            self._aws.call("sqs", "delete_message_batch", QueueUrl=self.url, Entries=entries)
        return received

    def _store(self, messages: Iterable[Mapping[str, Any]]) -> list[Reception]:
        """Store the messages, and return the new ones.

        A message whose deletion failed is delivered again, with the same id, and ignored.
        """
        now, received = time.time(), list[Reception]()
        with self._storing:
            for message in (message for message in messages if message["MessageId"] not in self._stored):
                self._stored.add(message["MessageId"])
                received.append(reception := Reception.of(message, now))
                self._by_list.setdefault(reception.event["data"].get("list_id") or "", []).append(reception)
            self.received += received
        return received


def _is_old(received: Iterable[Reception]) -> bool:
    """Return whether a message waited so long in the queue that the queue has a backlog."""
    return any(reception.time - reception.sent > BACKLOG_SECONDS for reception in received)


def wait_for(subscribers: Iterable[Subscriber], list_id: str, expected: int) -> dict[str, list[Event]]:
    """Wait as `wait_until` does, and return each subscriber's events of the list by name."""
    readers = list(subscribers)
    wait_until(readers, list_id, expected)
    return {reader.name: reader.of_list(list_id) for reader in readers}


def wait_until(
    subscribers: Iterable[Subscriber], list_id: str, expected: int, progress: Callable[[int], None] = lambda _: None
) -> None:
    """Wait until each subscriber has the expected number of a list's events, and 0.3 s more for surplus events.

    Without a new event for 15 s, return: the caller compares the numbers.
    """
    readers, last, changed = list(subscribers), -1, time.monotonic()
    while time.monotonic() - changed < QUIET_SECONDS:
        for reader in readers:
            if reader.failure:
                raise LocalRunError(
                    f"the queue of {reader.name} can no longer be read: {reader.failure}"
                ) from reader.failure
        least = min((reader.count_of_list(list_id) for reader in readers), default=expected)
        if least >= expected:
            break
        if least != last:
            last, changed = least, time.monotonic()
            progress(least)
        time.sleep(PAUSE_SECONDS)
    time.sleep(SURPLUS_SECONDS)


class Neighbour:
    """A context in the setting `consumes`."""

    def __init__(self, aws: Aws, name: str, consumes: Consumed) -> None:
        """Store the parameters, without a call."""
        self._aws = aws
        self.name = name
        self.consumes = consumes

    def create_missing_topic(self, stack: str) -> None:
        """Create the context's topic, and the parameter with its ARN, unless the parameter exists."""
        if self.consumes.account_id is None and creation.parameter_value(self._aws, self.consumes.topic) is None:
            arn = self._aws.call("sns", "create_topic", Name=f"{kebab(self.name)}-{stack}-events")["TopicArn"]
            self._aws.call("ssm", "put_parameter", Name=self.consumes.topic, Value=arn, Type="String")

    @property
    def topic_arn(self) -> str:
        """The ARN of the context's topic. Raises LocalRunError if the parameter is missing."""
        if self.consumes.account_id is not None:
            return self.consumes.topic
        return creation.read(self._aws, self.consumes.topic)

    def publish_event(self, event_type: str, subject: str, sequence: int | None = None, **members: object) -> Event:
        """Publish an event as the other context's relay would, and return it. `members` replace or add fields."""
        event = cloud_event(self.name, event_type, subject, sequence) | members
        self.publish(json.dumps(event), event_type)
        return event

    def publish(self, message: str, event_type: str) -> None:
        """Publish a text as a message with the attribute `type`."""
        attributes = {"type": {"DataType": "String", "StringValue": event_type}}
        self._aws.call("sns", "publish", TopicArn=self.topic_arn, Message=message, MessageAttributes=attributes)


def cloud_event(source: str, event_type: str, subject: str, sequence: int | None) -> Event:
    """Return an event of another context. Without a sequence, only its time orders it, as with other producers."""
    event: Event = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": source,
        "type": event_type,
        "subject": subject,
        "time": datetime.fromtimestamp(time.time(), UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": {},
    }
    return event if sequence is None else event | {"sequence": f"{sequence:040d}"}


def neighbours(aws: Aws, context: Context[Any], config: Mapping[str, str]) -> list[Neighbour]:
    """Return the contexts whose events a stack consumes. `config` contains its settings without namespace."""
    return [Neighbour(aws, name, consumes) for name, consumes in consumed(context, config).items()]
