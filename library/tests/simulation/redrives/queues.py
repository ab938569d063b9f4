"""SQS for redrives: receipts, visibility timeouts, approximate counts, and messages that are delivered twice."""

# Parameters have botocore's names.
# ruff: noqa: N803

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..scheduler import Scheduler
from ..services.client_errors import faults
from ..services.retries import retried

Answer = dict[str, Any]

_SHORT: Final = 0.05
"""The share of receives that find nothing although messages are visible."""
_FEW: Final = 0.3
"""The share of receives that find one to three messages of many."""
_TWICE: Final = 0.02
"""The share of deletions that leave the message, and of receives that give a hidden message too."""
_REFUSED: Final = 0.03
"""The share of a batch's entries that SQS does not accept."""
_LAGGING: Final = 0.1
"""The share of counts that have deleted messages."""
_LAG: Final = 50.0
"""Seconds for which counts may have deleted messages."""

_OPERATIONS: Final = (
    "GetQueueAttributes",
    "ReceiveMessage",
    "SendMessage",
    "DeleteMessage",
    "ChangeMessageVisibilityBatch",
)
_FAULTS: Final = {name: faults(name, "RequestThrottled", failure="InternalError") for name in _OPERATIONS}


@dataclass(eq=False)
class Stored:
    """A message in a queue. ``number`` is that of the event, ``arrived`` when it came into this queue.

    ``doubled`` says that SQS delivers it more often than its readers can know.
    """

    id: str
    number: int
    body: str
    attributes: Mapping[str, Any]
    system: Mapping[str, str]
    sent: float
    visible: float
    arrived: float
    received: int = 0
    receipt: str = ""
    holder: str = ""
    doubled: bool = False


@dataclass
class Queue:
    """A standard queue.

    ``most`` is how many messages can be in flight. An ``ordered`` queue gives the oldest messages first. ``watchers``
    are called with each deletion.
    """

    url: str
    gate: Scheduler
    most: int = 120_000
    ordered: bool = False
    messages: dict[str, Stored] = field(default_factory=dict)
    watchers: list[Callable[[Stored], None]] = field(default_factory=list)
    _deleted: list[float] = field(default_factory=list)

    def hidden(self) -> list[Stored]:
        """Return the messages in flight."""
        now = self.gate.now()
        return [one for one in self.messages.values() if one.visible > now]

    def receive(self, most: int, seconds: float, holder: str) -> list[Stored]:
        """Hide some visible messages, and return them."""
        now = self.gate.now()
        free = self.most - len(self.hidden())
        visible = [one for one in self.messages.values() if one.visible <= now]
        if free <= 0 or not visible or self.gate.chance(_SHORT):
            return []
        most = min(most, free, self.gate.choose((1, 2, 3)) if self.gate.chance(_FEW) else most)
        found = self._chosen(visible, most)
        if (hidden := self.hidden()) and len(found) < most and self.gate.chance(_TWICE):
            found.append(self.gate.choose(hidden))
            found[-1].doubled = True
        for one in found:
            one.received, one.visible, one.holder = one.received + 1, now + seconds, holder
            one.receipt = f"{one.id}/{one.received}"
        return found

    def _chosen(self, visible: list[Stored], most: int) -> list[Stored]:
        found = list[Stored]()
        while visible and len(found) < most:
            found.append(visible[0] if self.ordered else self.gate.choose(visible))
            visible.remove(found[-1])
        return found

    def delete(self, receipt: str) -> None:
        """Delete a message by its newest receipt. Another receipt has no effect, and no error."""
        message = self.messages.get(receipt.partition("/")[0])
        if message is None or message.receipt != receipt:
            return
        if self.gate.chance(_TWICE):
            message.doubled = True
            return
        del self.messages[message.id]
        self._deleted.append(self.gate.now())
        for watcher in self.watchers:
            watcher(message)

    def change(self, entry: Mapping[str, Any]) -> bool:
        """Change for how long a message is hidden; return whether SQS did it."""
        message = self.messages.get(entry["ReceiptHandle"].partition("/")[0])
        now = self.gate.now()
        stale = message is None or message.receipt != entry["ReceiptHandle"] or message.visible <= now
        if stale or self.gate.chance(_REFUSED):
            return False
        assert message is not None
        message.visible = now + entry["VisibilityTimeout"]
        return True

    def counts(self) -> dict[str, str]:
        """Return about how many messages are visible, and in flight."""
        hidden = len(self.hidden())
        visible = len(self.messages) - hidden
        recent = sum(at > self.gate.now() - _LAG for at in self._deleted)
        if recent and self.gate.chance(_LAGGING):
            hidden += recent
        return {
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(hidden),
        }


class SimQueues:
    """The client of one person. ``sent`` gets the answers of SendMessage; each send takes ``slow`` seconds more."""

    def __init__(self, queues: Sequence[Queue], gate: Scheduler, holder: str, slow: float, put: Any) -> None:
        self._queues = {queue.url: queue for queue in queues}
        self._gate = gate
        self._holder = holder
        self._slow = slow
        self._put = put
        self.receipts = set[str]()

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: Sequence[str]) -> Answer:
        """Send GetQueueAttributes."""
        counts = self._send("GetQueueAttributes", QueueUrl, lambda queue: queue.counts())
        return {"Attributes": {name: counts[name] for name in AttributeNames}}

    def receive_message(
        self, *, QueueUrl: str, MaxNumberOfMessages: int, VisibilityTimeout: int, WaitTimeSeconds: int, **_: Any
    ) -> Answer:
        """Send ReceiveMessage, which waits if there is no message."""
        found = self._send(
            "ReceiveMessage",
            QueueUrl,
            lambda queue: [_given(one) for one in queue.receive(MaxNumberOfMessages, VisibilityTimeout, self._holder)],
        )
        self.receipts |= {one["ReceiptHandle"] for one in found}
        if not found:
            self._gate.sleep(WaitTimeSeconds)
        return {"Messages": found} if found else {}

    def send_message(
        self,
        *,
        QueueUrl: str,
        MessageBody: str,
        MessageAttributes: Mapping[str, Any],
        MessageSystemAttributes: Mapping[str, Any],  # noqa: ARG002
    ) -> Answer:
        """Send SendMessage."""
        self._gate.sleep(self._slow)
        made = self._send("SendMessage", QueueUrl, lambda queue: self._put(queue, MessageBody, dict(MessageAttributes)))
        return {"MessageId": made.id}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> Answer:
        """Send DeleteMessage."""
        self._send("DeleteMessage", QueueUrl, lambda queue: queue.delete(ReceiptHandle))
        return {}

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: Sequence[Mapping[str, Any]]) -> Answer:
        """Send ChangeMessageVisibilityBatch. Each entry may fail for itself."""
        failed = self._send(
            "ChangeMessageVisibilityBatch",
            QueueUrl,
            lambda queue: [{"Id": one["Id"], "Code": "MessageNotInflight"} for one in Entries if not queue.change(one)],
        )
        return {"Failed": failed} if failed else {}

    def _send(self, operation: str, url: str, effect: Callable[[Queue], Any]) -> Any:
        queue = self._queues[url]
        return retried(self._gate, f"sqs.{operation} {url}", lambda: effect(queue), _FAULTS[operation])


def _given(one: Stored) -> Answer:
    times = {"SentTimestamp": str(int(one.sent * 1000)), "ApproximateReceiveCount": str(one.received)}
    return {
        "MessageId": one.id,
        "ReceiptHandle": one.receipt,
        "Body": one.body,
        "Attributes": {**times, **one.system},
        "MessageAttributes": dict(one.attributes),
    }


def event(number: int, kind: str) -> str:
    """Return the body of an event."""
    return json.dumps({"id": f"event-{number}", "type": kind, "subject": f"thing-{number}", "source": "context"})


def upload(number: int) -> str:
    """Return S3's event of a file, as EventBridge keeps it."""
    file = {"bucket": {"name": "inbox"}, "object": {"key": f"incoming/acme/{number}.csv", "version-id": str(number)}}
    return json.dumps({"id": f"event-{number}", "detail-type": "Object Created", "source": "aws.s3", "detail": file})
