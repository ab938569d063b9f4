"""moto's DynamoDB in this process, and its comparison with the simulated DynamoDB."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends

from bounded_context_local.testing.plugin import REGION

from . import compared
from .generated import CALLS, INDEX, TABLE, Call

HEALTH: Final[Any] = list(HealthCheck)
"""Hypothesis's checks of speed and size, which a busy machine fails."""

_KEYS = [{"AttributeName": "word", "KeyType": "HASH"}, {"AttributeName": "pk", "KeyType": "RANGE"}]


@contextmanager
def account() -> Iterator[None]:
    """Let every client of this process reach moto, whose account is empty."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        yield


def made_table() -> Any:
    """Return moto's table."""
    index = {"IndexName": INDEX, "KeySchema": _KEYS, "Projection": {"ProjectionType": "ALL"}}
    resource: Any = boto3.resource("dynamodb", region_name=REGION)
    return resource.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "word")],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[index],
    )


def _empty() -> None:
    for regions in dynamodb_backends.values():
        regions[REGION].tables[TABLE].items.clear()


def as_resource(calls: list[Call], table: Any) -> None:
    """Compare through boto3's resource, and the tables afterwards. Raises AssertionError."""
    _empty()
    store, simulated, _ = compared.simulated()
    if not compared.compare(calls, compared.through_table(simulated), compared.through_table(table)):
        return
    theirs = {item["pk"]: item for item in table.scan()["Items"]}
    assert store.items == theirs, f"{calls}\nfirst: {store.items}\nsecond: {theirs}"


def as_client(calls: list[Call], table: Any) -> None:
    """Compare through boto3's low-level client. Raises AssertionError."""
    _empty()
    _, _, simulated = compared.simulated()
    client = boto3.client("dynamodb", region_name=table.meta.client.meta.region_name)
    compared.compare(calls, compared.through_client(simulated), compared.through_client(client))


def explore(compare: Callable[[list[Call], Any], None], table: Any, examples: int, **more: Any) -> None:
    """Compare random calls, which are the same in each run. Raises AssertionError."""

    @settings(max_examples=examples, derandomize=True, database=None, suppress_health_check=HEALTH, **more)
    @given(CALLS)
    def explored(calls: list[Call]) -> None:
        compare(calls, table)

    explored()
