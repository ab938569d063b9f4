"""Faults that are planted into the redrive command, to see that the simulation finds each of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final
from unittest.mock import patch

from bounded_context.application import inbound
from bounded_context.handlers import sweep_uploads
from bounded_context_cli.command.aws_errors import AWS_ERRORS
from bounded_context_operations.repair.redrive import messages as queue_reader
from bounded_context_operations.repair.redrive.messages import InboundRoute, Message, QueueReader, SubscriberRoute
from bounded_context_operations.repair.redrive.outputs import UnseenUploads
from bounded_context_operations.repair.redrive.run import RedriveReport, RedriveRun
from bounded_context_operations.repair.redrive.stream import FailedBatches

Plant = Callable[[], AbstractContextManager[Any]]


def _function(target: Any, name: str, put: Any) -> Plant:
    return lambda: patch.object(target, name, put)


def _end_when_all_are_seen(self: Any, stopped: Callable[[], bool]) -> Iterator[Message]:
    """End after two receives without a new message, although other messages are visible."""
    quiet = 0
    while quiet < queue_reader.QUIET_RECEIVES and not stopped():
        new = [message for message in self._receive() if message.id not in self._seen]
        self._seen |= {message.id for message in new}
        quiet = 0 if new else quiet + 1
        yield from new


def _yield_however_late(self: Any, received: Sequence[Message]) -> Iterator[Message]:
    """Deliver messages also if they waited so long that others may have received them."""
    new = [message for message in received if message.id not in self._seen]
    self._seen |= {message.id for message in new}
    yield from new


def _first_receipts(original: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the receipt of a message's first receive."""

    def receive(self: Any) -> Any:
        before = dict(self._held)
        received = original(self)
        self._held |= before
        return received

    return receive


def _delete_first(original: Callable[..., Any]) -> Callable[..., Any]:
    """Delete a message, then deliver it."""

    def redrive(self: Any, message: Message) -> None:
        delete, self._delete = self._delete, lambda _: None
        delete(message)
        original(self, message)
        self._delete = delete

    return redrive


def _delete_in_silence(self: Any, message: Message) -> None:
    """Leave a message out of the report that could not be deleted."""
    self._done.add(message.id)
    try:
        self.source.delete(message)
    except Exception as error:
        assert error


def _fail_and_delete(original: Callable[..., Any]) -> Callable[..., Any]:
    """Regard a lost answer as a delivery."""

    def deliver(self: Any, message: Message) -> str:
        try:
            return original(self, message)
        except AWS_ERRORS:
            return ""

    return deliver


def _deliver_again(original: Callable[..., Any]) -> Callable[..., Any]:
    """Deliver a message again that SQS delivers again."""

    def handle(self: Any, message: Message) -> None:
        self._done.clear()
        original(self, message)

    return handle


def _object_first(original: Callable[..., Any]) -> Callable[..., Any]:
    """Delete an object when its message is opened."""

    def opened(self: Any, message: Message) -> Message:
        result = original(self, message)
        if message.id in self._places:
            bucket, key = self._places[message.id]
            self._objects.delete_object(Bucket=bucket, Key=key)
        return result

    return opened


def _first_page(original: Callable[..., Any]) -> Callable[..., Any]:
    """Read the first answer of the function only."""

    def messages(self: Any, _stopped: Any) -> Iterator[Message]:
        return original(self, lambda: True)

    return messages


def _by_time_alone(original: Callable[..., Any]) -> Callable[..., Any]:
    """Continue after the time of the last upload, and leave out others of the same second."""

    def oldest(uploads: Any, most: int, after: Any = None) -> Any:
        later = (upload for upload in uploads if after is None or upload.modified > after[0])
        return original(later, most)

    return oldest


PLANTS: Final[Mapping[str, Plant]] = {
    "a run ends when all visible messages were seen": _function(QueueReader, "messages", _end_when_all_are_seen),
    "a message is delivered however long it waited": lambda: _late(),
    "a message keeps its first receipt": _function(QueueReader, "_receive", _first_receipts(QueueReader._receive)),
    "a message is deleted before it is delivered": _function(
        RedriveRun, "_redrive", _delete_first(RedriveRun._redrive)
    ),
    "a failed deletion is not named": _function(RedriveRun, "_delete", _delete_in_silence),
    "a late deletion is not named": lambda: _in_time(),
    "a lost answer is taken for a delivery": _function(
        SubscriberRoute, "deliver", _fail_and_delete(SubscriberRoute.deliver)
    ),
    "a message that comes again is delivered again": lambda: _twice(),
    "messages of other readers are not counted": _function(RedriveReport, "left", property(lambda self: _left(self))),
    "empty receives end a run": _function(
        QueueReader, "_continues", lambda _self, quiet, *_: quiet < queue_reader.QUIET_RECEIVES
    ),
    "nothing is put back": _function(QueueReader, "release", lambda _: 0),
    "the reason goes back too": _function(InboundRoute, "deliver", SubscriberRoute.deliver),
    "an object is deleted when it is read": _function(FailedBatches, "_open", _object_first(FailedBatches._open)),
    "the first answer has all uploads": _function(UnseenUploads, "messages", _first_page(UnseenUploads.messages)),
    "uploads of one second share a place": _function(sweep_uploads, "oldest", _by_time_alone(inbound.oldest)),
}
"""The planted faults by their names."""


def _late() -> AbstractContextManager[Any]:
    return patch.multiple(QueueReader, _fresh=_yield_however_late, _is_hidden=lambda *_: True)


def _in_time() -> AbstractContextManager[Any]:
    return patch.object(QueueReader, "_is_hidden", lambda *_: True)


def _twice() -> AbstractContextManager[Any]:
    return patch.object(RedriveRun, "_handle", _deliver_again(RedriveRun._handle))


def _left(report: RedriveReport) -> int:
    return report.failed.total() + report.not_redrivable.total() + report.came_later
