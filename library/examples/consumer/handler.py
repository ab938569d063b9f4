"""Takes batches of events from the queue; each has its effect once, however often and in whatever order events come.

A message that cannot be taken is tried again, without the others of its batch, and in the end lies among the queue's
dead letters. Change `TAKEN` to the events that you need, and `apply` to what they do.
"""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.exceptions import ClientError

from .event import Event, Unreadable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

TAKEN = frozenset(
    {
        "PaymentRegistered",
        "PaymentVerified",
        "PaymentDeleted",
    }
)
"""The events that change what is kept here. All others are passed over: new ones come without a warning."""

logger = Logger(service="consumer")


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a batch of messages; answer which of them have to be sent again."""
    # If a whole batch is bad, that is an answer too, and no error of the function.
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event, take, processor, context))


def take(record: SQSRecord) -> None:
    """Take one message. Raises what keeps it from being taken, after a line in the log that quotes no value of it."""
    try:
        event = Event.read(record.body)
        outcome = "applied" if event.type in TAKEN and apply(event, _table()) else "passed over"
    except Exception as error:
        why = str(error) if isinstance(error, Unreadable) else type(error).__name__
        logger.warning("event not taken", message_id=record.message_id, why=why)
        raise
    logger.info("event taken", id=event.id, type=event.type, subject=event.subject, outcome=outcome)


def apply(event: Event, table: "Table") -> bool:
    """Keep what an event says of its subject, unless something newer is kept; return whether it was kept.

    One conditional write decides both: an event that comes twice is not newer than itself, and one that was overtaken
    is older. What is removed stays as its last event, or an older one that comes late would bring it back.
    """
    if not event.sequence:
        raise Unreadable("the event has no sequence")
    try:
        table.update_item(
            Key={"pk": f"{event.source}#{event.subject}"},
            UpdateExpression="SET #type = :type, #sequence = :sequence, #data = :data ADD applied :one",
            ConditionExpression="attribute_not_exists(#sequence) OR #sequence < :sequence",
            ExpressionAttributeNames={"#type": "type", "#sequence": "sequence", "#data": "data"},
            ExpressionAttributeValues={
                ":type": event.type,
                ":sequence": event.sequence,
                ":data": event.data,
                ":one": 1,
            },
        )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
            raise
        return False
    return True


@cache
def _table() -> "Table":
    return boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
