"""The dead-letter queues."""

from collections.abc import Generator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ...command.clock import Clock
from ..redrive.message import DeletedLate, Message
from ..redrive.outputs import DeadLetterQueue
from ..redrive.queue_reader import QueueReader
from ..redrive.queue_routes import SubscriberRoute
from .person import Person
from .place import OUTSIDE, Place, Unsearched, reported

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class DeadLetters:
    """A dead-letter queue. A message with the person's data is replaced by a masked copy, for a later redrive."""

    def __init__(self, queues: "SQSClient", queue: DeadLetterQueue, person: Person, clock: Clock) -> None:
        self.names = (f"dead letters of {queue.name}",)
        self._queues = queues
        self._url = queue.url
        self._person = person
        self._clock = clock

    def search(self) -> Generator[Place, None, None]:
        """Yield each message with the person's data. Messages are hidden from other readers until the search ends.

        Raises Unsearched if another reader hides messages.
        """
        reader = QueueReader(self._queues, self._url, self._clock)
        try:
            for message in reader.messages(lambda: False):
                masked = self._person.masked_text(message.body)
                if masked != message.body:
                    copy = replace(message, body=masked)
                    yield Place(self.names[0], message.id, partial(self._replace, reader, copy))
                if self._person.is_outside(masked):
                    yield reported(self.names[0], message.id, OUTSIDE)
        finally:
            reader.release()
        if others := reader.not_seen():
            raise Unsearched(f"another reader hides about {others} messages: try again in 15 minutes")

    def _replace(self, reader: QueueReader, masked: Message) -> None:
        SubscriberRoute(self._queues, self._url).deliver(masked)
        # Another reader may have received the original too. The next search finds it.
        with suppress(DeletedLate):
            reader.delete(masked)
