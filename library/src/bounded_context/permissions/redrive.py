"""What a redrive asks AWS for. A test checks it against the calls that it makes."""

from typing import Final

from .grants import Grant, on

REDRIVE: Final[tuple[Grant, ...]] = (
    on(
        "sqs:{place}:{prefix}-*",
        "sqs",
        read="ChangeMessageVisibility GetQueueAttributes ReceiveMessage",
        write="DeleteMessage SendMessage",
    ),
    # What queues and the bucket hold is encrypted by the stack's key, whose id is AWS's own.
    on("kms:{place}:key/*", "kms", read="Decrypt", write="GenerateDataKey", when="tagged"),
    on("s3:::{prefix}-given-up-*", "s3", read="ListBucket"),
    on("s3:::{prefix}-given-up-*/*", "s3", read="GetObject", write="DeleteObject"),
    # Uploads that nobody has heard of are asked for, and changes of the table are given to their reader.
    on("lambda:{place}:function:{prefix}-*:live", "lambda", read="InvokeFunction"),
    on("dynamodb:{place}:table/{prefix}-table/stream/*", "dynamodb", read="GetRecords GetShardIterator"),
    on("states:{place}:stateMachine:{prefix}-*", "states", write="StartExecution"),
    # These know no resource.
    on("*", "lambda", read="ListEventSourceMappings"),
    on("*", "cloudwatch", read="GetMetricData"),
)
