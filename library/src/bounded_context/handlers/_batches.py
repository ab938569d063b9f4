"""Batches of queue messages: each message is processed separately, and only failed messages are retried.

This loop is shorter than Powertools' batch processor. If every message of a batch fails, it raises the error, so that
the release's alarm detects a version that fails for all messages.
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.data_classes import SQSEvent
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from ..telemetry import continuing, logger


def take_each(event: dict[str, Any], function_name: str, take: Callable[[SQSRecord], None]) -> dict[str, Any]:
    """Process each message of a batch in its own trace, and return the messages that SQS must deliver again.

    If every message failed, raises the last message's error.
    """
    records = list(SQSEvent(event).records)
    failures: dict[str, Exception] = {}
    for record in records:
        try:
            with continuing(_traceparent(record), function_name):
                take(record)
        except Exception as error:
            # The error's text may quote the message, so it is not logged.
            logger.warning("message not taken", message_id=record.message_id, error=type(error).__name__)
            failures[record.message_id] = error
    if failures and len(failures) == len(records):
        raise failures.popitem()[1]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failures]}


def _traceparent(record: SQSRecord) -> object:
    # The attribute can be read without parsing the body, so poison messages have a trace too.
    return record.raw_event.get("messageAttributes", {}).get("traceparent", {}).get("stringValue")
