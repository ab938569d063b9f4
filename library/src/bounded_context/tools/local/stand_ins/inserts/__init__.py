"""A stand-in for PartiQL's INSERT: a proxy of the emulator's DynamoDB, whose own INSERT never reaches a table's stream.

Functions send all DynamoDB requests to the proxy, which forwards other requests unchanged.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from ...emulator.aws import Aws
from ..http_server import serving
from .dynamodb import DynamoDB

__all__ = ["running_statements"]


@contextmanager
def running_statements(aws: Aws) -> Iterator[str]:
    """Serve DynamoDB at the emulator's `dynamodb_port` until the block ends; yield the endpoint.

    Args:
        aws: a client with the account's root credentials.
    """
    with (
        closing(DynamoDB(aws)) as dynamodb,
        serving(dynamodb.respond, aws.emulator.dynamodb_port, "inserts") as endpoint,
    ):
        yield endpoint
