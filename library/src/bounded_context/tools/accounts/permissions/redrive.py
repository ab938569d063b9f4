"""The permissions of a redrive. A test compares them with the actual calls."""

from typing import Final

from .grants import Grant, on

REDRIVE: Final[tuple[Grant, ...]] = (
    on(
        "sqs:{place}:{prefix}-*",
        "sqs",
        read="ChangeMessageVisibility GetQueueAttributes ReceiveMessage",
        write="DeleteMessage SendMessage",
    ),
    # The stack's key encrypts the queues and the bucket. AWS assigns the key's id.
    on("kms:{place}:key/*", "kms", read="Decrypt", write="GenerateDataKey", when="tagged"),
    on("s3:::{prefix}-given-up-*", "s3", read="ListBucket"),
    on("s3:::{prefix}-given-up-*/*", "s3", read="GetObject", write="DeleteObject"),
    # A redrive queries the unseen uploads, and passes changes of the table to the stream's function.
    on("lambda:{place}:function:{prefix}-*:live", "lambda", read="InvokeFunction"),
    on("dynamodb:{place}:table/{prefix}-table/stream/*", "dynamodb", read="GetRecords GetShardIterator"),
    on("states:{place}:stateMachine:{prefix}-*", "states", write="StartExecution"),
    # These actions do not support resource-level permissions.
    on("*", "lambda", read="ListEventSourceMappings"),
    on("*", "cloudwatch", read="GetMetricData"),
)
