"""Redrives the messages of one queue."""

from collections.abc import Callable
from dataclasses import dataclass

from ..rollout.clock import Clock
from ..rollout.errors import AWS_ERRORS, sentence
from .choice import Choice
from .errors import Gone, Late, NotTaken, Stays
from .limiter import Limiter
from .messages import Message
from .report import Report
from .route import Route, Source

IN_A_ROW = 10
"""So many failures one after the other say that the cause is still there."""


@dataclass(frozen=True)
class Order:
    """What is to be redriven, at most how many messages, how many a second, and why lost ones are given up."""

    choice: Choice
    most: int | None
    rate: int
    give_up: str = ""


class Run:
    """One pass over a queue. What it did is in `report`, however it ends."""

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
        """Redrive message by message until all are seen, `stopped` says so, or nothing works; then put back the rest.

        Raises:
            Refused: the stack is not as this command must know it.
            ClientError, BotoCoreError: the queue cannot be read.
        """
        try:
            for message in self._source.messages(stopped):
                if stopped():
                    break
                self._take(message)
                tell()
                if self._over():
                    break
            else:
                self.report.not_seen = self._source.not_seen()
        finally:
            self.report.still_hidden = self._source.release()

    def _over(self) -> bool:
        if self._in_a_row >= IN_A_ROW:
            self.report.stopped = f"{IN_A_ROW} messages in a row failed, so the cause is still there: the rest stays."
        return bool(self.report.stopped) or self.report.tried == self._order.most

    def _take(self, message: Message) -> None:
        if message.id in self._done:
            # SQS delivers a message again that was deleted too late, in vain, or in spite of an answer.
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
            self._give_up(message, str(gone))
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

    def _give_up(self, message: Message, why: str) -> None:
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
