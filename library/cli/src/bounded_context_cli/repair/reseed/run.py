"""The sending of a reseed's events in batches at a rate, and its report."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bounded_context.adapters.changes import versions
from bounded_context.adapters.sns import text_and_attributes
from bounded_context.declaration.context import Context

from ...command.clock import Clock
from .. import report as repair
from .progress import Progress
from .state import Found
from .subscription import Subscription

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH: Final = 10
"""SQS limit: messages per call."""

BATCH_BYTES: Final = 256 * 1024
"""The maximum size of a batch: SNS limit of a message, which every published event therefore has."""

_ATTEMPTS: Final = 5
_EXAMPLES: Final = 20

Event = dict[str, Any]


class QueueRefused(Exception):
    """SQS refused messages of a batch in each attempt."""


@dataclass
class Report(repair.Report):
    """Counts of events. `before` were sent by interrupted runs, `original` of `sent` were published before.

    `withheld` are events that the subscription's filter does not select. `unreadable` are the places of aggregates that
    this version cannot read. `unproven_shards` are shards of the stream in which a change may be missing.
    """

    before: int
    unreadable: Sequence[str]
    sent: int = 0
    original: int = 0
    withheld: int = 0
    unproven_shards: int = 0

    @property
    def complete(self) -> bool:
        """Whether every aggregate could be read, and no change may be missing."""
        return not (self.unreadable or self.unproven_shards)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON, with the first places of unreadable aggregates."""
        keys = {"unreadable": len(self.unreadable), "unreadable_keys": self.unreadable[:_EXAMPLES]}
        return super().as_json() | keys


@dataclass(frozen=True)
class Group:
    """The messages of an aggregate's event: one per major version that the subscriber gets."""

    found: Found
    texts: tuple[tuple[str, Any], ...]

    @property
    def size(self) -> int:
        """The size in bytes."""
        return sum(len(text.encode()) for text, _ in self.texts)


class Run:
    """A pass over the events of a state. `progress` is saved to `file` after each batch."""

    def __init__(
        self,
        context: Context[Any],
        subscription: Subscription,
        queues: "SQSClient",
        progress: Progress,
        file: Path,
        rate: int,
        clock: Clock,
    ) -> None:
        self.report = Report(progress.sent, progress.unreadable)
        self._context, self._subscription, self._queues = context, subscription, queues
        self._progress, self._file = progress, file
        self._rate, self._clock = rate, clock
        self._next: datetime | None = None

    def send(self, found: Iterator[Found], advance: Callable[[], None]) -> None:
        """Send all events, then delete the progress. Raises AWS_ERRORS and QueueRefused."""
        for batch in self._batches(found):
            self._send(batch)
            for _ in batch:
                advance()
        self._file.unlink(missing_ok=True)

    def _batches(self, found: Iterator[Found]) -> Iterator[list[Group]]:
        batch: list[Group] = []
        for group in self._groups(found):
            if batch and not self._fits([*batch, group]):
                yield batch
                batch = []
            batch.append(group)
        if batch:
            yield batch

    def _fits(self, batch: Sequence[Group]) -> bool:
        messages = sum(len(group.texts) for group in batch)
        return messages <= min(BATCH, self._rate) and sum(group.size for group in batch) <= BATCH_BYTES

    def _groups(self, found: Iterator[Found]) -> Iterator[Group]:
        for one in found:
            if one.event is None:
                self._progress.unreadable.append(one.place)
                continue
            published = versions(self._context, one.event)
            texts = tuple(text_and_attributes(event) for event in published if self._subscription.selects(event))
            self.report.withheld += len(published) - len(texts)
            if texts:
                yield Group(one, texts)

    def _send(self, batch: Sequence[Group]) -> None:
        texts = [text for group in batch for text in group.texts]
        self._wait(len(texts))
        self._deliver(list(map(_entry, enumerate(texts))))
        self.report.sent += len(texts)
        self.report.original += sum(len(group.texts) for group in batch if group.found.original)
        self._progress.sent += len(texts)
        self._progress.after = batch[-1].found.place
        self._progress.save(self._file, self._clock.now())

    def _deliver(self, entries: "list[SendMessageBatchRequestEntryTypeDef]") -> None:
        """Send messages, and again the messages that SQS refused. Raises QueueRefused."""
        failed: dict[str, str] = {}
        for _ in range(_ATTEMPTS):
            answer = self._queues.send_message_batch(QueueUrl=self._progress.queue, Entries=entries)
            failed = {entry["Id"]: entry["Code"] for entry in answer.get("Failed", [])}
            entries = [entry for entry in entries if entry["Id"] in failed]
            if not entries:
                return
            self._clock.sleep(1)
        raise QueueRefused(f"SQS refused {len(entries)} messages ({', '.join(sorted(set(failed.values())))})")

    def _wait(self, messages: int) -> None:
        """Wait until the rate allows the next batch. After a slow call, two batches are early."""
        now, pause = self._clock.now(), timedelta(seconds=messages / self._rate)
        # A clock that is set back must not stop the run.
        planned = min(max(self._next or now, now - pause), now + timedelta(seconds=BATCH / self._rate))
        self._clock.sleep(max(0.0, (planned - now).total_seconds()))
        self._next = planned + pause


def _entry(numbered: tuple[int, tuple[str, Any]]) -> "SendMessageBatchRequestEntryTypeDef":
    number, (text, attributes) = numbered
    # One group: a fair queue delivers current events before the reseed's backlog.
    return {"Id": str(number), "MessageBody": text, "MessageAttributes": attributes, "MessageGroupId": "reseed"}
