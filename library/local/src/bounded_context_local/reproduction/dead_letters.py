"""A dead letter as the call that failed."""

from collections.abc import Generator
from contextlib import closing
from typing import Any, Final

from bounded_context_cli.command.aws_errors import Refused
from bounded_context_cli.repair.redrive.failed_batches import FailedBatches, missing_object, records_in
from bounded_context_cli.repair.redrive.message import Message, NotRedrivable
from bounded_context_cli.repair.redrive.outputs import DeadLetterQueue
from bounded_context_cli.repair.redrive.queue_reader import QueueReader

from .call import Call
from .production import Production

_ELSEWHERE: Final = {
    "subscriber": "it is a message of another context, whose function failed: reproduce it in that repository",
    "uploads": "it never reached a function: send it again with `context redrive`",
}
"""The reasons why a queue's messages have no call of this context."""

_SYSTEM: Final = ("SentTimestamp", "ApproximateReceiveCount", "AWSTraceHeader")


def call_of(production: Production, wanted: str) -> Call:
    """Return the call that failed on a message, by the message's id or the event's id. Raises Refused."""
    hidden = 0
    # Subscribers' queues come last: they may have the same event.
    for queue in sorted(production.stack.dead_letters.queues, key=lambda queue: queue.kind in _ELSEWHERE):
        reader = _reader(production, queue)
        try:
            with closing(_matching(reader, wanted)) as found:
                if message := next(found, None):
                    return _call(production, queue, message)
        finally:
            reader.release()
        hidden += reader.not_seen()
    more = f" Another reader hides about {hidden} messages: try again in 15 minutes." if hidden else ""
    raise Refused(f"No dead letter has the id {wanted}: `context redrive STACK QUEUE --json` prints ids.{more}")


def _reader(production: Production, queue: DeadLetterQueue) -> QueueReader:
    queues, clock = production.clients["sqs"], production.clock
    if queue.kind == "stream":
        return FailedBatches(queues, queue.url, clock, production.clients["s3"])
    return QueueReader(queues, queue.url, clock)


def _matching(reader: QueueReader, wanted: str) -> Generator[Message, None, None]:
    for message in reader.messages(lambda: False):
        if wanted in (message.id, message.text("id"), message.text("DDBStreamBatchInfo", "startSequenceNumber")):
            yield message


def _call(production: Production, queue: DeadLetterQueue, message: Message) -> Call:
    if queue.kind in _ELSEWHERE:
        raise Refused(f"{message.id} of {queue.name}: {_ELSEWHERE[queue.kind]}.")
    if queue.kind == "stream":
        return Call({"Records": production.masked(_records(message))}, function=queue.name)
    return Call({"Records": [production.masked(_record(message))]}, queue=queue.name)


def _records(message: Message) -> list[Any]:
    try:
        if missing := missing_object(message):
            raise missing
        if (found := records_in(message)) is None:
            raise NotRedrivable("it has the position of its records, not the records themselves.")
    except NotRedrivable as error:
        raise Refused(f"{message.id}: {error}") from error
    return list(found)


def _record(message: Message) -> dict[str, Any]:
    """Return a message in Lambda's format."""
    attributes = {
        name: {_camel(part): value for part, value in one.items()} for name, one in message.attributes.items()
    }
    return {
        "messageId": message.id,
        "body": message.body,
        "messageAttributes": attributes,
        "attributes": {name: message.system[name] for name in _SYSTEM if name in message.system},
        "eventSource": "aws:sqs",
    }


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]
