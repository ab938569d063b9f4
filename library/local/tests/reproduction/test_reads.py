"""Copies of the items that a function reads."""

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from payment.context import PAYMENT

from bounded_context.testing.functions import TABLE
from bounded_context_cli.command.aws_errors import Calls
from bounded_context_local.reproduction.production import Copies, keys_in, reading_through
from tests.erase.conftest import PERSON, Stack
from tests.permissions.watched import Watched

from .conftest import production
from .test_message import index_query

KEY = PAYMENT.key_prefix + PERSON
ONE = {"pk": {"S": KEY}}
REQUESTS: dict[str, Any] = {
    "GetItem": {"TableName": "t", "Key": ONE},
    "BatchGetItem": {"RequestItems": {"t": {"Keys": [ONE]}}},
    "PutItem": {"TableName": "t", "Item": {**ONE, "payer": {"S": "x"}}},
    "UpdateItem": {"TableName": "t", "Key": ONE, "UpdateExpression": "SET a = :a"},
    "TransactWriteItems": {"TransactItems": [{"Put": {"Item": ONE}}, {"ConditionCheck": {"Key": ONE}}]},
    "BatchExecuteStatement": {
        "Statements": [
            {"Statement": "INSERT INTO \"t\" VALUE {'pk': ?, 'payer': ?}", "Parameters": [ONE["pk"], {"S": ""}]}
        ]
    },
}
"""A request of each operation that functions use."""


@pytest.mark.parametrize("operation", REQUESTS)
def test_every_item_that_a_request_names_is_known(operation: str):
    """Conditional writes depend on the item too."""
    assert set(keys_in(REQUESTS[operation])) == {KEY}


@pytest.fixture
def local(stack: Stack) -> Any:
    """The table of the embedded AWS, which is empty."""
    keys: Any = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
    kinds: Any = [{"AttributeName": "pk", "AttributeType": "S"}]
    return boto3.resource("dynamodb").create_table(TableName="local", AttributeDefinitions=kinds, **keys)


def test_an_item_is_copied_once_so_that_writes_of_the_function_stay(stack: Stack, local: Any):
    """The copy is masked; the stack's item stays as it is."""
    before = stack.item()
    copies = Copies(production(stack), Calls("", _client), "local")
    copies.copy("DynamoDB_20120810.GetItem", REQUESTS["GetItem"])
    assert local.get_item(Key={"pk": KEY})["Item"]["payer"] == "erased"
    local.put_item(Item={"pk": KEY, "payer": "written"})
    copies.copy("DynamoDB_20120810.UpdateItem", REQUESTS["UpdateItem"])
    assert local.get_item(Key={"pk": KEY})["Item"]["payer"] == "written"
    assert stack.item() == before


def _client(service: Any) -> Any:
    return boto3.client(service)


def test_aindex_query_copies_the_items_that_it_finds_in_the_stack(stack: Stack, local: Any):
    """Whole items, also from an index that has only keys."""
    query = index_query()
    table: Any = boto3.resource("dynamodb").Table(TABLE)
    partition = query["ExpressionAttributeNames"]["#shard"]
    shards = {item[partition] for item in table.scan()["Items"] if partition in item}
    for shard in shards:
        query["ExpressionAttributeValues"] = {":shard": {"S": shard}}
        Copies(production(stack), Calls("", _client), "local").copy("DynamoDB_20120810.Query", query)
    wanted = {item["pk"] for item in table.scan()["Items"] if partition in item}
    assert {item["pk"] for item in local.scan()["Items"]} == wanted != set()


def test_a_refused_copy_is_an_error_of_the_command(stack: Stack):
    """The function would otherwise run without the state of the stack."""
    lacking = Watched(stack.dynamodb, "dynamodb", set(), "dynamodb:GetItem")
    copies = Copies(production(stack, {"dynamodb": lacking}), Calls("", _client), "local")
    with reading_through(copies, 9) as endpoint:
        once = Config(retries={"total_max_attempts": 1})
        client: Any = boto3.client("dynamodb", endpoint_url=endpoint, config=once)
        with pytest.raises(ClientError):
            client.get_item(TableName="local", Key=ONE)
    assert isinstance(copies.error, ClientError)
    assert copies.items == {}
