"""The Lambda functions of queues. Each message is processed separately, and only failed messages are retried.

This loop is shorter than Powertools' batch processor. If every message of a batch fails, it raises the error, so
the release's alarm detects a version that fails for all messages.
"""

from collections.abc import Callable, Sequence
from typing import Any

from aws_lambda_powertools.utilities.data_classes import SQSEvent
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from pydantic import BaseModel

from ..declaration.context import Context
from ..declaration.entry_points import Settings
from ..domain.aggregate import Unavailable
from ..telemetry import Handler, continuing, logger
from ._function import function


def take_each(event: dict[str, Any], function_name: str, take: Callable[[SQSRecord], None]) -> dict[str, Any]:
    """Process each message of a batch in its own trace, and return the messages that SQS must deliver again.

    Of a FIFO queue, the messages after a failed message of their group are not processed and are returned with it, so
    the group keeps its order (Lambda Developer Guide, "Implementing partial batch responses").

    If every message failed, raises the last message's error, except for an outage of another system (`Unavailable`):
    it is no fault of a release.
    """
    records = list(SQSEvent(event).records)
    failures: dict[str, Exception] = {}
    stopped: dict[str, Exception] = {}
    for record in records:
        group = _group(record)
        if group in stopped:
            failures[record.message_id] = stopped[group]
            continue
        try:
            with continuing(_traceparent(record), function_name):
                take(record)
        except Exception as error:
            # The error's text may quote the message, so it is not logged.
            logger.warning("message not taken", message_id=record.message_id, error=type(error).__name__)
            failures[record.message_id] = error
            if group:
                stopped[group] = error
    faults = [error for error in failures.values() if not isinstance(error, Unavailable)]
    if faults and len(failures) == len(records):
        raise faults[-1]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failures]}


def _group(record: SQSRecord) -> str | None:
    """Return the message's group in a FIFO queue. A group of a standard queue has no order."""
    fifo = str(record.raw_event.get("eventSourceARN", "")).endswith(".fifo")
    return record.raw_event["attributes"]["MessageGroupId"] if fifo else None


def _traceparent(record: SQSRecord) -> object:
    # The attribute can be read without parsing the body, so poison messages have a trace too.
    return record.raw_event.get("messageAttributes", {}).get("traceparent", {}).get("stringValue")


def queue_handler(
    context: Context[Any],
    name: str,
    take: Callable[[str], None],
    settings: type[BaseModel] = Settings,
    needs: Sequence[Callable[[], object]] = (),
) -> Handler:
    """Return the Lambda handler that processes the messages of a queue, each separately.

    A message for which ``take`` raises is delivered five times in all, then moved to the dead-letter queue. Any message
    may be delivered twice, so ``take`` must be idempotent. In a FIFO queue, the later messages of its group wait.

    Args:
        context: the function's context.
        name: the function's name, such as ``send_letter``.
        take: processes a message's body.
        settings: the model of the function's environment variables. By default it has none of its own.
        needs: builders of the function's dependencies.
    """

    def handler(event: dict[str, Any], call: Any) -> dict[str, Any]:
        return take_each(event, call.function_name, lambda record: take(record.body))

    return function(context, name, settings, needs)(handler)
