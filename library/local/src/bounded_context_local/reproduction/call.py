"""The call to reproduce: a dead letter, a failed list, or a trace as the call that failed."""

import json
import re
import time
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

from bounded_context.adapters.items import KEY, LIST, ROWS, UNTIL
from bounded_context.application.staging import IDENTITIES, PROGRESS, RANGE_RESULTS, VALIDATED, VERIFIED
from bounded_context.declaration.context import Context
from bounded_context.domain.lists import STAGING, ListStatus, PinnedFile
from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_operations.repair.redrive.messages import Message, NotRedrivable, QueueReader
from bounded_context_operations.repair.redrive.outputs import DeadLetterQueue
from bounded_context_operations.repair.redrive.stream import FailedBatches, missing_object, records_in

from .production import Item, Production


@dataclass(frozen=True)
class FailedCall:
    """A failed call: the function's name, and its masked event.

    `queue` is the name of the queue that the function reads, instead of `function`. `record` replaces the item of the
    list. `objects` are the keys of the inbox's objects that the step reads. The file of the list has a version.
    """

    event: dict[str, Any]
    function: str = ""
    queue: str = ""
    record: Item | None = None
    objects: Mapping[str, str | None] = field(default_factory=dict[str, str | None])


def of_file(record: Item, file: PinnedFile) -> Item:
    """Return a list's record for another version of its file, from which the list's id follows."""
    size, texts = {"size": {"N": str(file.size)}}, {"bucket": file.bucket, "version_id": file.version_id}
    own = {KEY: LIST + file.list_id, "list_id": file.list_id}
    return record | size | {name: {"S": text} for name, text in (texts | own).items()}


_ELSEWHERE: Final = {
    "subscriber": "it is a message of another context, whose function failed: reproduce it in that repository",
    "uploads": "it never reached a function: send it again with `context redrive`",
}
"""The reasons why a queue's messages have no call of this context."""

_SYSTEM: Final = ("SentTimestamp", "ApproximateReceiveCount", "AWSTraceHeader")


def call_of_dead_letter(production: Production, identity: str) -> FailedCall:
    """Return the call that failed on a message, by the message's id or the event's id. Raises Refusal."""
    hidden = 0
    # Subscribers' queues come last: they may have the same event.
    for queue in sorted(production.stack.dead_letters.queues, key=lambda queue: queue.kind in _ELSEWHERE):
        reader = _reader(production, queue)
        try:
            with closing(_matching(reader, identity)) as matching:
                if message := next(matching, None):
                    return _call(production, queue, message)
        finally:
            reader.release()
        hidden += reader.not_seen()
    more = f" Another reader hides about {hidden} messages: try again in 15 minutes." if hidden else ""
    raise Refusal(f"No dead letter has the id {identity}: `context redrive STACK QUEUE --json` prints ids.{more}")


def _reader(production: Production, queue: DeadLetterQueue) -> QueueReader:
    queues, clock = production.clients["sqs"], production.clock
    if queue.kind == "stream":
        return FailedBatches(queues, queue.url, clock, production.clients["s3"])
    return QueueReader(queues, queue.url, clock)


def _matching(reader: QueueReader, identity: str) -> Generator[Message, None, None]:
    for message in reader.messages(lambda: False):
        if identity in (message.id, message.text("id"), message.text("DDBStreamBatchInfo", "startSequenceNumber")):
            yield message


def _call(production: Production, queue: DeadLetterQueue, message: Message) -> FailedCall:
    if queue.kind in _ELSEWHERE:
        raise Refusal(f"{message.id} of {queue.name}: {_ELSEWHERE[queue.kind]}.")
    if queue.kind == "stream":
        return FailedCall({"Records": production.masked(_records(message))}, function=queue.name)
    return FailedCall({"Records": [production.masked(_record(message))]}, queue=queue.name)


def _records(message: Message) -> list[Any]:
    try:
        if missing := missing_object(message):
            raise missing
        if (records := records_in(message)) is None:
            raise NotRedrivable("it has the position of its records, not the records themselves.")
    except NotRedrivable as error:
        raise Refusal(f"{message.id}: {error}") from error
    return list(records)


def _record(message: Message) -> dict[str, Any]:
    """Return a message in Lambda's format."""
    attributes = {
        name: {part[:1].lower() + part[1:]: value for part, value in attribute.items()}
        for name, attribute in message.attributes.items()
    }
    return {
        "messageId": message.id,
        "body": message.body,
        "messageAttributes": attributes,
        "attributes": {name: message.system[name] for name in _SYSTEM if name in message.system},
        "eventSource": "aws:sqs",
    }


_AFTERWARDS: Final = frozenset(("failed", "failure", "reason", "imported_parts", "undone_parts"))
"""The attributes that the import and its undo add to a list's record."""


def call_of_list(production: Production, list_id: str) -> FailedCall:
    """Return the call of the step that failed, with the list's record as it was before. Raises Refusal."""
    item = production.item(LIST + list_id)
    if item is None:
        raise Refusal(f"The stack has no list {list_id}: the report names a list by its id.")
    failure = item.get("failure", {}).get("M", {})
    step, part = failure.get("step", {}).get("S", ""), failure.get("part", {}).get("N")
    status = _status(production.context, step)
    if status is None:
        raise Refusal(f"The list {list_id} has the status {item['status']['S']}, and no step that failed.")
    event: dict[str, Any] = {"list_id": list_id}
    if part is not None:
        event["part"] = _part(production, list_id, int(part), VALIDATED if status is ListStatus.VALIDATED else VERIFIED)
    return FailedCall(event, step, record=_before(item, status), objects=_objects(production, item, event, status))


def _status(context: Context[Any], step: str) -> ListStatus | None:
    """Return the status of a list that a step begins with."""
    _, validate, verify, write, _ = context.steps
    return {
        validate: ListStatus.REGISTERED,
        verify: ListStatus.VALIDATED,
        write: ListStatus.IMPORTING,
    }.get(step)


def _before(item: Item, status: ListStatus) -> Item:
    remaining = {name: value for name, value in item.items() if not name.startswith((ROWS, UNTIL))}
    return {name: value for name, value in remaining.items() if name not in _AFTERWARDS} | {
        "status": {"S": status.value}
    }


def _part(production: Production, list_id: str, number: int, name: str) -> dict[str, Any]:
    manifest = json.loads(production.object(f"{STAGING}/{list_id}/{name}"))
    return next(part for part in manifest if part["part"] == number)


def _objects(production: Production, item: Item, event: dict[str, Any], status: ListStatus) -> dict[str, str | None]:
    match status:
        case ListStatus.REGISTERED:
            # The repeated call reads the whole file, also if a range or the join failed: it reads the same rows.
            return {item["key"]["S"]: item["version_id"]["S"]}
        case ListStatus.VALIDATED:
            return dict.fromkeys(filter(_is_of_parts, production.objects(f"{STAGING}/{event['list_id']}")))
        case _:
            return {event["part"]["key"]: None}


def _is_of_parts(key: str) -> bool:
    """Return whether a staged object contains parts. The repeated call runs the rule for all rows of a part."""
    _, _, folder, *path = key.split("/")
    return folder not in (RANGE_RESULTS, PROGRESS) and path != [IDENTITIES]


_ID: Final = re.compile(r"(?<![0-9a-f])(?:1-)?([0-9a-f]{8})-?([0-9a-f]{24})(?![0-9a-f])")
"""The id of a trace in X-Ray's form, in a traceparent, or alone."""

_MOST: Final = 100
"""The records of a call: the batch size of the stream's readers."""


def call_of_trace(production: Production, identity: str) -> FailedCall:
    """Return the call of a trace, by its id. Raises Refusal."""
    match = _ID.search(identity)
    if match is None:
        raise Refusal(
            f"{identity} is no id of a trace: copy it from X-Ray, or from the member traceparent of an event."
        )
    items = [*production.traced("".join(match.groups()))]
    if failed := next((item for item in items if item[KEY]["S"].startswith(LIST) and "failure" in item), None):
        return call_of_list(production, failed["list_id"]["S"])
    prefix = production.context.key_prefix
    changes = [_change(item) for item in items if item[KEY]["S"].startswith(prefix)][:_MOST]
    if not changes:
        raise Refusal(
            f"No failed list and no aggregate has the trace {identity}: an aggregate has that of its last change."
        )
    return FailedCall({"Records": changes}, function="relay_events")


def _change(item: Item) -> dict[str, Any]:
    """Return the stream's record of an item's last change."""
    change = {"Keys": {KEY: item[KEY]}, "NewImage": item, "SequenceNumber": "1"}
    return {
        "eventID": item[KEY]["S"],
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "dynamodb": change | {"ApproximateCreationDateTime": time.time()},
    }
