"""Items in DynamoDB's notation, and as Python values."""

from collections.abc import Mapping
from typing import Any, Final

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

Item = Mapping[str, Any]
"""An item, in DynamoDB's notation or with Python values."""

_read: Final = TypeDeserializer().deserialize
_write: Final = TypeSerializer().serialize


def as_stored(item: Item) -> dict[str, Any]:
    """Return an item in DynamoDB's notation."""
    return {name: _write(value) for name, value in item.items()}


def plain(item: Item) -> Item:
    """Return an item with Python values."""
    return {name: _read(value) for name, value in item.items()}
