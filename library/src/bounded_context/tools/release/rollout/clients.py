"""The clients of the AWS services that a rollout calls."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_codedeploy import CodeDeployClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_stepfunctions import SFNClient

# botocore retries transient errors with backoff before it raises them.
_CONFIG = Config(retries={"mode": "standard", "max_attempts": 8}, connect_timeout=5, read_timeout=20)
_ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=5, read_timeout=20)


@dataclass(frozen=True)
class Clients:
    """A boto3 client for each service. All are safe to use from several threads.

    `writer` sends each request to Step Functions once.
    """

    functions: "LambdaClient"
    codedeploy: "CodeDeployClient"
    stepfunctions: "SFNClient"
    writer: "SFNClient"
    cloudwatch: "CloudWatchClient"

    @classmethod
    def of(cls, region: str) -> Self:
        """Return the clients of a region. Raises BotoCoreError if the environment's configuration cannot be read."""
        return cls(
            functions=boto3.client("lambda", region_name=region, config=_CONFIG),
            codedeploy=boto3.client("codedeploy", region_name=region, config=_CONFIG),
            stepfunctions=boto3.client("stepfunctions", region_name=region, config=_CONFIG),
            writer=boto3.client("stepfunctions", region_name=region, config=_ONCE),
            cloudwatch=boto3.client("cloudwatch", region_name=region, config=_CONFIG),
        )
