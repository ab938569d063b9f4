"""Messages of a queue, taken one by one: one that fails comes again alone.

A loop of our own is shorter than Powertools' batch processor, and a batch of which nothing could be taken raises the
error itself: a release that breaks everything is then seen by its alarm.
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.data_classes import SQSEvent
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from ..telemetry import continuing, logger


def take_each(event: dict[str, Any], function_name: str, take: Callable[[SQSRecord], None]) -> dict[str, Any]:
    """Take each message of a batch in its own trace, and answer which of them have to come again.

    Raises what the last one failed of if every one of them failed.
    """
    records = list(SQSEvent(event).records)
    failures: dict[str, Exception] = {}
    for record in records:
        try:
            with continuing(_traceparent(record), function_name):
                take(record)
        except Exception as error:
            # Its text stays out of the log: it may quote the message.
            logger.warning("message not taken", message_id=record.message_id, error=type(error).__name__)
            failures[record.message_id] = error
    if failures and len(failures) == len(records):
        raise failures.popitem()[1]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failures]}


def _traceparent(record: SQSRecord) -> object:
    # An event has it too, and this one is there before the body is read: of a poison message as well.
    return record.raw_event.get("messageAttributes", {}).get("traceparent", {}).get("stringValue")
