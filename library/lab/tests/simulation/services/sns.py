"""SNS: a topic with queues as subscribers, and botocore's client for it."""

# Parameters have botocore's names.
# ruff: noqa: N803

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from .client_errors import answered, faults, refused
from .gate import Gate
from .metadata import Meta
from .retries import retried
from .sqs import Attributes, Queue, check_batch, size_of

Answer = dict[str, Any]

_MOST_BYTES: Final = 262_144
"""Bytes of a message or of a batch, by default (API reference, Publish and PublishBatch)."""

_REFUSED: Final = 0.02
"""The share of a batch's entries that SNS does not accept."""

_FAULTS: Final = {name: faults(name, "Throttling", failure="InternalError") for name in ("Publish", "PublishBatch")}


class Publication(NamedTuple):
    """An accepted message, and when it was accepted, in seconds since 1970."""

    message: str
    attributes: Attributes
    at: float


class Topic:
    """A standard topic, which delivers to its queues raw, as the contexts' subscriptions do.

    ``published`` has every accepted message. A request that was sent twice has two entries.
    """

    def __init__(self, arn: str, gate: Gate, queues: Sequence[Queue] = ()) -> None:
        self.arn = arn
        self.gate = gate
        self.queues = list(queues)
        self.published = list[Publication]()

    def accept(self, message: str, attributes: Attributes) -> str:
        """Accept a message, deliver it, and return its id."""
        self.published.append(Publication(message, attributes, self.gate.now()))
        for queue in self.queues:
            queue.add(message, attributes)
        return f"publication-{len(self.published):06d}"


class SimSns:
    """A client of one topic."""

    def __init__(self, topic: Topic, gate: Gate) -> None:
        self._topic = topic
        self._gate = gate
        self.meta = Meta()

    def publish(
        self, *, TopicArn: str, Message: str, MessageGroupId: str = "-", MessageAttributes: Attributes | None = None
    ) -> Answer:
        """Send Publish."""
        _check_group(MessageGroupId)
        attributes = MessageAttributes or {}
        return self._send("Publish", TopicArn, lambda: _published(self._topic, Message, attributes))

    def publish_batch(self, *, TopicArn: str, PublishBatchRequestEntries: Sequence[Mapping[str, Any]]) -> Answer:
        """Send PublishBatch. Each entry may fail for itself."""
        entries = tuple(PublishBatchRequestEntries)
        return self._send("PublishBatch", TopicArn, lambda: _accepted(self._topic, entries))

    def _send(self, operation: str, arn: str, effect: Any) -> Answer:
        applied = partial(self._applied, operation, arn, effect)
        answer = retried(self._gate, f"sns.{operation} {arn}", applied, _FAULTS[operation])
        return {**answer, "ResponseMetadata": answered(200)}

    def _applied(self, operation: str, arn: str, effect: Any) -> Answer:
        if arn != self._topic.arn:
            raise refused(operation, "NotFound", "Topic does not exist", 404)
        return effect()


def _published(topic: Topic, message: str, attributes: Attributes) -> Answer:
    if size_of(message, attributes) > _MOST_BYTES:
        raise refused("Publish", "InvalidParameter", "Message too long")
    return {"MessageId": topic.accept(message, attributes)}


def _accepted(topic: Topic, entries: Sequence[Mapping[str, Any]]) -> Answer:
    _check(entries)
    answer: Answer = {"Successful": [], "Failed": []}
    for entry in entries:
        if topic.gate.chance(_REFUSED):
            answer["Failed"].append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
        else:
            message = topic.accept(entry["Message"], entry.get("MessageAttributes", {}))
            answer["Successful"].append({"Id": entry["Id"], "MessageId": message})
    return answer


def _check_group(group: str) -> None:
    """Amazon SNS API Reference, Publish: up to 128 letters, digits and punctuation marks."""
    if not re.fullmatch(r"[!-~]{1,128}", group):
        raise refused("Publish", "InvalidParameter", "Invalid parameter: MessageGroupId")


def _check(entries: Sequence[Mapping[str, Any]]) -> None:
    for entry in entries:
        _check_group(entry.get("MessageGroupId", "-"))
    size = sum(size_of(entry["Message"], entry.get("MessageAttributes", {})) for entry in entries)
    check_batch("PublishBatch", [entry["Id"] for entry in entries], size, _MOST_BYTES)
