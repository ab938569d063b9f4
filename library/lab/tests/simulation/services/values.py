"""The values of DynamoDB's attributes, as boto3's resource has them: str, Decimal, bool, None, Binary, set, list, dict.

A stored value is never changed in place. Readers get copies.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from boto3.dynamodb.types import DYNAMODB_CONTEXT, Binary

Item = dict[str, Any]

_ATOMS: Final = frozenset((str, Decimal, bool, type(None), Binary))


def normalized(value: Any) -> Any:
    """Return a request's value as it is stored. Raises TypeError for a type that boto3 does not serialize."""
    if type(value) is str:
        return value
    convert = _STORED.get(type(value))
    return convert(value) if convert else _subclass(value)


def _subclass(value: Any) -> Any:
    """Convert a value of a subclass, such as a StrEnum's member."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return _integer(int(value))
    if isinstance(value, Mapping):
        return _mapping(value)
    raise TypeError(f'Unsupported type "{type(value)}" for value "{value}"')


def _integer(value: int) -> Decimal:
    return DYNAMODB_CONTEXT.create_decimal(value)


def _number(value: Decimal) -> Decimal:
    """Return a number without trailing zeros after the point, as DynamoDB stores it (38 digits at most)."""
    number = DYNAMODB_CONTEXT.create_decimal(value)
    if number.as_tuple().exponent < 0:  # pyrefly: ignore[unsupported-operation] (numbers of items are finite)
        number = number.normalize(DYNAMODB_CONTEXT)
        return number.quantize(Decimal(1)) if number == number.to_integral_value() else number
    return number


def _mapping(value: Mapping[str, Any]) -> Item:
    return {name: normalized(member) for name, member in value.items()}


def _set(value: Any) -> set[Any]:
    members = {normalized(member) for member in value}
    if len({type(member) for member in members}) != 1 or type(next(iter(members))) not in (str, Decimal, Binary):
        raise TypeError(f'Unsupported type "{type(value)}" for value "{value}"')
    return members


_STORED: Final[dict[type, Callable[[Any], Any]]] = {
    bool: lambda value: value,
    type(None): lambda value: value,
    int: _integer,
    Decimal: _number,
    Binary: lambda value: value,
    bytes: Binary,
    bytearray: lambda value: Binary(bytes(value)),
    set: _set,
    frozenset: _set,
    list: lambda value: [normalized(member) for member in value],
    tuple: lambda value: [normalized(member) for member in value],
    dict: _mapping,
}


def raw(value: Any) -> bytes:
    """Return the bytes of a Binary, whose attribute ``value`` boto3's types do not declare."""
    return value.value


def copied(value: Any) -> Any:
    """Return a copy that a reader may change."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is dict:
        return {name: member if type(member) in _ATOMS else copied(member) for name, member in value.items()}
    return set(value) if kind is set else [copied(member) for member in value]


def same(first: Any, other: Any) -> bool:
    """Return whether two values are equal for DynamoDB: unlike in Python, true is not the number 1."""
    if type(first) is not type(other):
        return False
    if type(first) is dict:
        return first.keys() == other.keys() and all(same(value, other[name]) for name, value in first.items())
    if type(first) is list:
        return len(first) == len(other) and all(map(same, first, other))
    return first == other
