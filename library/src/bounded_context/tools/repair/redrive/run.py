"""Redrive of the messages of a queue."""

from collections.abc import Callable
from dataclasses import dataclass

from ...command.aws_errors import AWS_ERRORS, sentence
from ...command.clock import Clock
from .choice import Choice
from .errors import Gone, Late, NotTaken, Stays
from .limiter import Limiter
from .messages import Message
from .report import Report
from .route import Route, Source

IN_A_ROW = 10
"""The number of consecutive failures that stops a run."""


@dataclass(frozen=True)
class Order:
    """The order of a redrive: selection, maximum, messages a second, and the reason to discard lost changes."""

    choice: Choice
    most: int | None
    rate: int
    give_up: str = ""


class Run:
    """A pass over a queue. `report` has the result, also after an error."""

    def __init__(self, source: Source, route: Route, order: Order, report: Report, clock: Clock) -> None:
        self.report = report
        self._source = source
        self._route = route
        self._order = order
        self._clock = clock
        self._limiter = Limiter(order.rate, clock)
        self._began = clock.now()
        self._sent: set[str] = set()
        self._done: set[str] = set()
        self._in_a_row = 0

    def redrive(self, stopped: Callable[[], bool], tell: Callable[[], None]) -> None:
        """Redrive messages until the queue is read, `stopped` is true, or ten in a row fail; then release the rest.

        Raises:
            Refused: the stack has a resource that this command does not support.
            ClientError, BotoCoreError: the queue cannot be read.
        """
        try:
            for message in self._source.messages(stopped):
                if stopped():
                    break
                self._take(message)
                tell()
                if self._finished():
                    break
            else:
                self.report.not_seen = self._source.not_seen()
        finally:
            self.report.still_hidden = self._source.release()

    def _finished(self) -> bool:
        if self._in_a_row >= IN_A_ROW:
            self.report.stopped = f"{IN_A_ROW} messages in a row failed, the rest stays: fix the cause and try again."
        return bool(self.report.stopped) or self.report.tried == self._order.most

    def _take(self, message: Message) -> None:
        if message.id in self._done:
            # SQS may return a message again after a late, failed or even successful deletion.
            self._delete(message)
        elif not self._order.choice.takes(message, self._route.about(message), self._began):
            self.report.not_chosen += 1
        elif message.id in self._sent or message.sent >= self._began:
            self.report.came_later += 1
        else:
            self._limiter.wait()
            self._redrive(message)

    def _redrive(self, message: Message) -> None:
        try:
            self._sent.add(self._route.deliver(message))
        except Gone as gone:
            self._discard(message, str(gone))
        except Stays as stays:
            self.report.stay[str(stays)] += 1
        except NotTaken as error:
            self._fail(str(error))
        except AWS_ERRORS as error:
            self._fail(sentence(error, "redrive"))
        else:
            self._in_a_row = 0
            self.report.redriven += 1
            self._delete(message)

    def _discard(self, message: Message, why: str) -> None:
        if not self._order.give_up:
            self.report.stay[why] += 1
            return
        self.report.given_up.append({"message_id": message.id, "body": message.body, "why": self._order.give_up})
        self._delete(message)

    def _delete(self, message: Message) -> None:
        self._done.add(message.id)
        try:
            self._source.delete(message)
        except (*AWS_ERRORS, Late) as error:
            self.report.not_deleted[message.id] = sentence(error, "redrive")
        else:
            self.report.not_deleted.pop(message.id, None)

    def _fail(self, why: str) -> None:
        self._in_a_row += 1
        self.report.failed[why] += 1
