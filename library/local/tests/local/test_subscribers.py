"""How a subscriber's queue is read: each event once, and no question after question while there is nothing."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from botocore.exceptions import ConnectionClosedError

from bounded_context_cli.command.aws_errors import Calls
from bounded_context_cli.command.output import LocalRunError
from bounded_context_local.actors import subscriber as actors
from bounded_context_local.actors.subscriber import BATCH, Subscriber, wait_for
from tests.simulation.services import sqs
from tests.simulation.services.gate import Errors
from tests.simulation.services.plain_gate import PlainGate

T = TypeVar("T")

COUNT = 5 * BATCH + 3


class _Gate(PlainGate):
    """Calls of threads, one at a time, in real time."""

    def __init__(self) -> None:
        super().__init__()
        self.quiet, self._lock = threading.Event(), threading.Lock()

    def call(self, name: str, effect: Callable[[], T], errors: Errors) -> T:
        with self._lock:
            return super().call(name, effect, errors)

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        self.quiet.set()
        time.sleep(seconds)


class Queue(Calls):
    """An account with one queue, which is the simulation's model."""

    region = "eu-central-1"

    def __init__(self, count: int = 0, sent: float = 0) -> None:
        self.waits: list[int] = []
        self.gate = _Gate()
        self.queue = sqs.Queue("url", self.gate)
        for number in range(count):
            self.queue.add(_body(number), {}).sent = sent

    def client(self, service: str) -> Any:
        raise AssertionError(service)

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        assert service == "sqs"
        self.waits += [parameters["WaitTimeSeconds"]] if operation == "receive_message" else []
        return getattr(sqs.SimSqs([self.queue], self.gate), operation)(**parameters)


def _body(number: int) -> str:
    return json.dumps({"id": str(number), "subject": "s", "data": {"list_id": "l"}})


def _message(number: int) -> dict[str, Any]:
    return {"Body": _body(number), "MessageId": f"url-{number + 1}", "Attributes": {"SentTimestamp": "0"}}


def test_each_message_of_a_queue_is_received_once() -> None:
    """By however many readers."""
    subscriber = Subscriber(Queue(COUNT), "bi", "url")
    received = wait_for([subscriber], "l", COUNT)["bi"]
    subscriber.stop()
    assert sorted(int(event["id"]) for event in received) == list(range(COUNT))


def test_a_quiet_queue_is_waited_at() -> None:
    """SQS answers when there is something; nobody looks again and again meanwhile."""
    queue = Queue()
    subscriber = Subscriber(queue, "bi", "url")
    assert queue.gate.quiet.wait(60)
    subscriber.stop()
    assert 0 not in queue.waits


def test_a_reader_has_the_events_of_a_stopped_reader() -> None:
    """Also by list, in their order. A message that the stopped reader could not delete is no second event."""
    stopped = Subscriber(Queue(3), "bi", "url")
    wait_for([stopped], "l", 3)
    stopped.stop()
    reader = Subscriber(Queue(), "bi", "url")
    reader.take_over(stopped)
    reader._store([_message(2), _message(3)])
    reader.stop()
    assert [event["id"] for event in reader.of_list("l")] == [event["id"] for event in reader.events]
    assert Counter(event["id"] for event in reader.events) == Counter(map(str, range(4)))
    assert len(reader.of_subject("s")) == 4
    assert reader.of_subject("other") == []


def test_fresh_messages_are_received_by_one_reader() -> None:
    """Further readers would receive nothing, and their calls delay the publisher."""
    queue = Queue(COUNT, time.time() + 60)
    subscriber = Subscriber(queue, "bi", "url")
    received = wait_for([subscriber], "l", COUNT)["bi"]
    subscriber.stop()
    assert len(received) == COUNT
    assert 0 not in queue.waits


def test_a_failure_is_raised_at_the_wait() -> None:
    """The reading ends."""

    class Gone(Queue):
        def call(self, service: str, operation: str, **_: Any) -> dict[str, Any]:
            raise ConnectionError(f"{service} {operation}")

    subscriber = Subscriber(Gone(), "bi", "url")
    subscriber.stop()
    assert str(subscriber.failure) == "sqs receive_message"


class Unsteady(Queue):
    """A queue whose connection is closed at the first call of each operation. It redelivers undeleted messages."""

    def __init__(self, count: int, failures: int = 1) -> None:
        super().__init__(count)
        self._calls, self._failures = Counter[str](), failures

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        self._calls[operation] += 1
        if self._calls[operation] <= self._failures:
            for message in list(self.queue.messages.values()):
                message.visible = 0
            raise ConnectionClosedError(endpoint_url="http://localhost")
        return super().call(service, operation, **parameters)


def test_a_reader_continues_after_a_connection_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each event is received once, also if its deletion failed. The outage is reported once."""
    monkeypatch.setattr(actors, "RETRY_SECONDS", 0, raising=False)
    subscriber = Subscriber(Unsteady(COUNT), "bi", "url")
    received = wait_for([subscriber], "l", COUNT)["bi"]
    subscriber.stop()
    assert sorted(int(event["id"]) for event in received) == list(range(COUNT))
    assert subscriber.failure is None
    assert 1 <= capsys.readouterr().err.count("bi: ") <= 2


def test_a_reader_ends_when_the_connection_stays_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller that waits for events gets the error."""
    monkeypatch.setattr(actors, "RETRY_SECONDS", 0, raising=False)
    subscriber = Subscriber(Unsteady(COUNT, failures=1_000_000), "bi", "url")
    with pytest.raises(LocalRunError, match="bi"):
        wait_for([subscriber], "l", COUNT)
    subscriber.stop()
    assert isinstance(subscriber.failure, ConnectionClosedError)
