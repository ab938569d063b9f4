"""The inbound queue: its messages, and the event source mapping that hands them to OnEvent."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from bounded_context.adapters.services import REASON

from ..callers import message as message_of
from ..functions import Lambda
from ..scheduler import Activity, Scheduler
from ..services.sqs import Message, Queue, lambda_event
from .scenario import Letter

URL: Final = "https://sqs.eu-central-1.amazonaws.com/123456789012/inbound"
VISIBILITY: Final = 180.0
"""Seconds that a received message is hidden for."""
_BATCH: Final = 10
_PAUSE: Final = 1.0


def body_of(letter: Letter) -> str:
    """Return the body of a message; each body occurs in one letter only."""
    body = message_of(letter)["body"]
    return _SPOILT[letter.poison](letter, body) if letter.poison else body


def _without(name: str) -> Callable[[Letter, str], str]:
    return lambda _, body: json.dumps({key: value for key, value in json.loads(body).items() if key != name})


def _with(**members: str) -> Callable[[Letter, str], str]:
    return lambda _, body: json.dumps(json.loads(body) | members)


_SPOILT: Final[dict[str, Callable[[Letter, str], str]]] = {
    "not-json": lambda letter, _: f"letter {letter.number}",
    "no-event": _without("specversion"),
    "source": _with(source="nobody"),
    "subject": _without("subject"),
    "order": _with(sequence="soon", time="soon"),
}


class Poller:
    """Receives messages in batches, in any order, and deletes those that OnEvent has taken.

    SQS moves a message that was received too often to the dead-letter queue, without a reason. ``recursive`` is whether
    OnEvent may call itself.
    """

    def __init__(
        self, scheduler: Scheduler, functions: Lambda, queue: Queue, dead_letters: Queue, *, recursive: bool = False
    ) -> None:
        self._scheduler = scheduler
        self._functions = functions
        self._queue = queue
        self._dead_letters = dead_letters
        self._recursive = recursive

    def run(self, more: Callable[[], bool] = lambda: False) -> None:
        """Poll until the queue is empty, and no more messages come."""
        while self._queue.messages or more():
            batch = self._queue.receive(self._size())
            if batch:
                self._deliver(batch)
            else:
                self._scheduler.sleep(_PAUSE)

    def _size(self) -> int:
        return self._scheduler.choose((_BATCH, 1, 2, 3))

    def _deliver(self, batch: Sequence[Message]) -> None:
        event = json.loads(json.dumps(lambda_event(batch)))
        if self._functions.stops("on_event", event, allowed=self._recursive):
            return
        invocation = self._functions.invoke("on_event", event)
        self._scheduler.join([invocation])
        failed = _failed(invocation, batch)
        for message in batch:
            if message.id not in failed:
                self._queue.delete(message.receipt)

    def redrive(self) -> None:
        """Move the messages that were received too often back, as an operator does."""
        for message in [
            message for message in self._dead_letters.messages.values() if REASON not in message.attributes
        ]:
            del self._dead_letters.messages[message.id]
            self._queue.add(message.body, message.attributes)


def _failed(invocation: Activity, batch: Sequence[Message]) -> set[Any]:
    if invocation.dead or invocation.error is not None:
        return {message.id for message in batch}
    return {failure["itemIdentifier"] for failure in invocation.result["batchItemFailures"]}
