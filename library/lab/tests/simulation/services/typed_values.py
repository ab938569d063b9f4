"""Values in DynamoDB's JSON, such as ``{"S": "text"}``, for the low-level client and for stream records."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from boto3.dynamodb.types import Binary

from .values import normalized, raw

_SETS: Final[dict[type, str]] = {str: "SS", Decimal: "NS", Binary: "BS"}


def typed(value: Any) -> dict[str, Any]:
    """Return a stored value in DynamoDB's JSON."""
    return _TYPED[type(value)](value)


def typed_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item in DynamoDB's JSON."""
    return {name: {"S": value} if type(value) is str else typed(value) for name, value in item.items()}


def untyped(value: Mapping[str, Any]) -> Any:
    """Return the stored value of DynamoDB's JSON."""
    [(kind, content)] = value.items()
    return _UNTYPED[kind](content)


def untyped_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item of DynamoDB's JSON."""
    return {name: untyped(value) for name, value in item.items()}


def _typed_set(value: set[Any]) -> dict[str, Any]:
    kind = _SETS[type(next(iter(value)))]
    return {kind: [next(iter(typed(member).values())) for member in sorted(value, key=_order)]}


def _order(member: Any) -> Any:
    return raw(member) if isinstance(member, Binary) else member


_TYPED: Final[dict[type, Callable[[Any], dict[str, Any]]]] = {
    str: lambda value: {"S": value},
    Decimal: lambda value: {"N": format(value, "f")},
    bool: lambda value: {"BOOL": value},
    type(None): lambda _: {"NULL": True},
    Binary: lambda value: {"B": raw(value)},
    set: _typed_set,
    list: lambda value: {"L": [typed(member) for member in value]},
    dict: lambda value: {"M": typed_item(value)},
}


def _number(content: str) -> Decimal:
    return normalized(Decimal(content))


_UNTYPED: Final[dict[str, Callable[[Any], Any]]] = {
    "S": normalized,
    "N": _number,
    "BOOL": lambda content: content,
    "NULL": lambda _: None,
    "B": Binary,
    "SS": set,
    "NS": lambda content: set(map(_number, content)),
    "BS": lambda content: set(map(Binary, content)),
    "L": lambda content: [untyped(member) for member in content],
    "M": untyped_item,
}
