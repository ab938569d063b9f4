"""The context's topic, through boto3."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ..application.ports import Throttled
from ..domain.events import group_of, label_of
from .retries import is_throttling, patiently

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef, PublishBatchRequestEntryTypeDef

# AWS limits of PublishBatch.
BATCH = 10
_BYTES = 256 * 1024


class Topic:
    """The publisher of CloudEvents, with two of their members as message attributes.

    Subscribers filter by ``type``, which also distinguishes major versions from 2 on. Tracing libraries read
    ``traceparent``. SNS forwards each event's group to the subscribers' queues.
    """

    def __init__(self, client: "SNSClient", arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, events: Sequence[dict[str, Any]]) -> set[int]:
        """Publish at most 10 events; return the indexes of the events that are not published.

        Large events need several requests. After a request with a refused event, the later requests are not sent.
        SNS throttles whole requests (AWS General Reference, "Amazon SNS endpoints and quotas"). The events of a request
        that is throttled in all tries are not published.

        Raises:
            Exception: the first request failed for another reason.
        """
        entries = [_entry(index, event) for index, event in enumerate(events)]
        for part in _requests(entries):
            try:
                failed = self._refused(entries[part])
            except Exception as error:
                if part.start == 0 and not isinstance(error, Throttled):
                    raise
                return set(range(part.start, len(entries)))
            if failed:
                return failed | set(range(part.stop, len(entries)))
        return set()

    def _refused(self, entries: "Sequence[PublishBatchRequestEntryTypeDef]") -> set[int]:
        send = partial(self._client.publish_batch, TopicArn=self._arn, PublishBatchRequestEntries=entries)
        return {int(failed["Id"]) for failed in patiently(send, is_throttling).get("Failed", [])}


def text_and_attributes(event: dict[str, Any]) -> tuple[str, "dict[str, MessageAttributeValueTypeDef]"]:
    """Return the text of an event's message, and the attributes of the message: SQS and SNS accept the same form."""
    attributes = {"type": label_of(event), "traceparent": event["traceparent"]}
    named: dict[str, MessageAttributeValueTypeDef] = {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
    }
    return json.dumps(event, separators=(",", ":")), named


def _requests(entries: "Sequence[PublishBatchRequestEntryTypeDef]") -> Iterator[slice]:
    """Yield the entries of each request: as many as the size of a request allows."""
    start = size = 0
    for index, entry in enumerate(entries):
        added = _size(entry)
        if size + added > _BYTES and index > start:
            yield slice(start, index)
            start, size = index, 0
        size += added
    yield slice(start, len(entries))


def _size(entry: "PublishBatchRequestEntryTypeDef") -> int:
    # JSON is written in ASCII: a character is a byte.
    attributes = entry.get("MessageAttributes", {}).items()
    return len(entry["Message"]) + sum(
        len(name) + len(value["DataType"]) + len(value.get("StringValue", "")) for name, value in attributes
    )


def _entry(index: int, event: dict[str, Any]) -> "PublishBatchRequestEntryTypeDef":
    text, attributes = text_and_attributes(event)
    return {"Id": str(index), "Message": text, "MessageAttributes": attributes, "MessageGroupId": group_of(event)}
