"""Expressions for which moto differs from DynamoDB, and stored values."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from .compared import simulated
from .expressions.compiled import compiled
from .typed_values import typed, untyped
from .values import normalized, same

ITEM = {"flag": True, "parts": Decimal(1), "reason": "1", "nil": None, "texts": {"a"}}
ONE = {":a": Decimal(1)}


def _holds(condition: str, values: dict[str, Any]) -> bool:
    parsed = compiled(condition)
    parsed.check({}, values)
    assert parsed.condition
    return parsed.condition(ITEM, {}, values)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("flag = :a", False),
        ("flag <> :a", True),
        ("reason = :a", False),
        ("reason < :a", False),
        ("reason >= :a", False),
        ("NOT reason < :a", True),
        ("size(nowhere) = :a", False),
        ("size(nowhere) < :a", False),
        ("size(flag) = :a", False),
        ("size(texts) = :a", True),
        ("size(texts) = nowhere", False),
        ("nowhere = :a", False),
        ("nowhere <> :a", True),
        ("nowhere IN (:a)", False),
        ("nowhere BETWEEN :a AND :a", False),
        ("flag = :a OR reason = :a AND flag = :a", False),
        ("nowhere = :a OR reason = :a AND nowhere = :a OR flag <> :a", True),
    ],
)
def test_values_of_two_types_are_neither_equal_nor_in_order(condition: str, holds: bool):
    """An absent attribute makes every comparison false except ``<>``."""
    assert _holds(condition, ONE if ":a" in condition else {}) is holds


def test_an_absent_attribute_is_not_null():
    """A stored null is equal to null."""
    assert not _holds("nowhere = :a", {":a": None})
    assert _holds("nil = :a", {":a": None})


_ATOMS = st.text() | st.integers(-(10**30), 10**30) | st.booleans() | st.none() | st.binary()
_DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**9), max_value=10**9)
_SETS = st.sets(st.text(), min_size=1) | st.sets(st.integers(-9, 9), min_size=1) | st.sets(st.binary(), min_size=1)
_VALUES = st.recursive(
    _ATOMS | _DECIMALS | _SETS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(_VALUES)
def test_values_are_stored_as_boto3_reads_them_back(value: Any):
    """Values of each type survive storage and DynamoDB's JSON."""
    stored = normalized(value)
    read = TypeDeserializer().deserialize(TypeSerializer().serialize(value))
    assert same(stored, read)
    assert same(untyped(typed(stored)), stored)
    in_json: Any = typed(stored)
    assert TypeDeserializer().deserialize(in_json) == read


@pytest.mark.parametrize("value", [1.5, set(), {"a", 1}, object(), {None}])
def test_unsupported_types_are_refused(value: Any):
    """The client raises before it sends the request."""
    with pytest.raises(TypeError):
        normalized(value)


def test_numbers_lose_trailing_zeros():
    """DynamoDB trims zeros after the decimal point."""
    assert typed(normalized(Decimal("1.50"))) == {"N": "1.5"}
    assert typed(normalized(Decimal("100.00"))) == {"N": "100"}
    assert typed(normalized(100)) == {"N": "100"}


def test_a_reader_may_change_its_copy():
    """Changes of an answer do not reach the stored item. A write does not change an earlier image."""
    store, table, _ = simulated()
    before = {"pk": "k", "facts": {"a": {"b": 1}}, "tags": {"x"}, "several": [{"c": 1}]}
    table.put_item(Item=before)
    read = table.get_item(Key={"pk": "k"})["Item"]
    read["facts"]["a"]["b"] = 2
    read["tags"].add("y")
    read["several"][0]["c"] = 2
    assert store.items["k"] == before
    table.update_item(
        Key={"pk": "k"},
        UpdateExpression="SET facts.a.b = :n ADD tags :t",
        ExpressionAttributeValues={":n": 3, ":t": {"z"}},
    )
    assert store.changes[0].new == before
    assert store.items["k"]["facts"] == {"a": {"b": 3}}


@pytest.mark.parametrize("text", ["", "a =", "a = :a AND", "(a = :a", "a ! :a", "status = :a", "a IN ()", "f(a)"])
def test_malformed_expressions_are_refused(text: str):
    """The parser raises ValueError, and the service answers ValidationException."""
    with pytest.raises(ValueError, match=r"\w"):
        compiled(text)
