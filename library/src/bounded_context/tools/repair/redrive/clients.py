"""The AWS clients of a redrive."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

# botocore retries transient errors. The attempts are few, because Ctrl-C waits for the current message.
_CONFIG = Config(retries={"mode": "standard", "max_attempts": 4}, connect_timeout=5, read_timeout=20)

# A function may run for 15 minutes. A call without an answer is not retried, because the function may still run.
_INVOKE = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=5, read_timeout=905)


@dataclass(frozen=True)
class Clients:
    """The boto3 clients, by service."""

    queues: "SQSClient"
    machines: "SFNClient"
    streams: "DynamoDBStreamsClient"
    functions: "LambdaClient"
    metrics: "CloudWatchClient"
    objects: "S3Client"

    @classmethod
    def of(cls, region: str) -> Self:
        """Create the clients for a region. Raises BotoCoreError if the environment's configuration cannot be read."""
        return cls(
            queues=boto3.client("sqs", region_name=region, config=_CONFIG),
            machines=boto3.client("stepfunctions", region_name=region, config=_CONFIG),
            streams=boto3.client("dynamodbstreams", region_name=region, config=_CONFIG),
            functions=boto3.client("lambda", region_name=region, config=_INVOKE),
            metrics=boto3.client("cloudwatch", region_name=region, config=_CONFIG),
            objects=boto3.client("s3", region_name=region, config=_CONFIG),
        )
