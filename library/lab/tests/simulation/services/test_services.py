"""The simulated DynamoDB is compared with moto: answers, errors and tables are equal."""

from typing import Any

import pytest

from . import compared
from .generated import TABLE, Call
from .library_calls import SEQUENCES
from .motos import as_client, as_resource, explore

QUICK = 50
NIGHTLY = 5_000
NIGHT = (pytest.mark.e2e, pytest.mark.nightly)


@pytest.mark.parametrize("examples", [QUICK, pytest.param(NIGHTLY, marks=NIGHT)])
def test_the_table_answers_as_motos(examples: int, moto: Any):
    """Random requests through boto3's resource."""
    explore(as_resource, moto, examples)


@pytest.mark.parametrize("examples", [QUICK // 2, pytest.param(NIGHTLY, marks=NIGHT)])
def test_the_client_answers_as_motos(examples: int, moto: Any):
    """Random requests through boto3's low-level client."""
    explore(as_client, moto, examples)


@pytest.mark.parametrize("calls", SEQUENCES.values(), ids=SEQUENCES)
@pytest.mark.parametrize("compare", [as_resource, as_client])
def test_the_librarys_requests_are_answered_as_motos(calls: list[Call], compare: Any, moto: Any):
    """Each condition occurs with both results."""
    compare(calls, moto)


_KEY = {"Key": {"pk": "k-1"}}
_ONE = {":a": 1}
_PUT = {"Put": {"TableName": TABLE, "Item": {"pk": "k-1"}}}


@pytest.mark.parametrize(
    "call",
    [
        ("PutItem", {"Item": {"parts": 1}}),
        ("PutItem", {"Item": {"pk": ""}}),
        ("PutItem", {"Item": {"pk": 1}}),
        ("PutItem", {"Item": {"pk": "k-1"}, "ConditionExpression": "((attribute_exists(pk)))"}),
        ("UpdateItem", _KEY | {"UpdateExpression": "SET pk = :a", "ExpressionAttributeValues": _ONE}),
        ("UpdateItem", _KEY | {"UpdateExpression": "SET parts = :a SET tags = :a", "ExpressionAttributeValues": _ONE}),
        ("UpdateItem", _KEY | {"UpdateExpression": "SET parts = :a, parts = :a", "ExpressionAttributeValues": _ONE}),
        ("UpdateItem", _KEY | {"UpdateExpression": "SET facts.a = :a", "ExpressionAttributeValues": _ONE}),
        ("UpdateItem", _KEY | {"UpdateExpression": "SET parts = tags"}),
        ("UpdateItem", _KEY | {"UpdateExpression": "", "ExpressionAttributeValues": _ONE}),
        ("UpdateItem", _KEY | {"UpdateExpression": "SET status = :a", "ExpressionAttributeValues": _ONE}),
        ("GetItem", {"Key": {"parts": "k-1"}}),
        ("DeleteItem", {"Key": {"pk": "k-1", "parts": 1}}),
        ("BatchGetItem", {"RequestItems": {TABLE: {"Keys": [{"pk": "k-1"}, {"pk": "k-1"}]}}}),
        ("BatchGetItem", {"RequestItems": {"another": {"Keys": [{"pk": "k-1"}]}}}),
        ("TransactWriteItems", {"TransactItems": [_PUT, _PUT]}),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "another", "Item": {"pk": "k-1"}}}]}),
    ],
    ids=lambda call: str(call[1])[:60],
)
def test_invalid_requests_are_refused_as_motos(call: Call, moto: Any):
    """The code is the same, and the table stays empty."""
    as_resource([call], moto)


@pytest.mark.parametrize(
    "call",
    [
        ("PutItem", {"Item": {"pk": "k-1", "word": 1}}),
        ("PutItem", {"Item": {"pk": "k-1"}, "ReturnValues": "ALL_NEW"}),
        ("PutItem", {"Item": {"pk": "k-1"}, "ConditionExpression": "pk = = :a", "ExpressionAttributeValues": _ONE}),
        ("PutItem", {"Item": {"pk": "k-1"}, "ConditionExpression": "parts = :b", "ExpressionAttributeValues": _ONE}),
        ("UpdateItem", _KEY | {"UpdateExpression": "SET #p = :a", "ExpressionAttributeValues": _ONE}),
        ("UpdateItem", _KEY | {"UpdateExpression": "ADD parts :a", "ExpressionAttributeValues": {":a": "a"}}),
    ],
    ids=lambda call: str(call[1])[:60],
)
def test_invalid_requests_that_moto_does_not_refuse(call: Call):
    """moto raises an internal error, or leaves an effect."""
    store, simulated, _ = compared.simulated()
    code, _, _ = compared.outcome(compared.through_table(simulated), call)
    assert (code, store.items) == ("ValidationException", {})
