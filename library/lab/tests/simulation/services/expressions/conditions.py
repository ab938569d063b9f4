"""Conditions (developer guide, "Condition and filter expressions, operators, and functions").

A comparison with an absent attribute is false, except for ``<>``.
"""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from boto3.dynamodb.types import Binary

from ..values import raw, same
from .operands import ABSENT, Names, Operand, Values, attribute, path, simple
from .tokens import Malformed, Tokens

Condition = Callable[[Mapping[str, Any], Names, Values], bool]

_ORDERED: Final = frozenset((str, Decimal, Binary))
_TYPES: Final[dict[type, str]] = {str: "S", Decimal: "N", bool: "BOOL", type(None): "NULL", list: "L", dict: "M"}


def _in_order(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda first, other: type(first) is type(other) and type(first) in _ORDERED and compare(first, other)


_at_least: Final = _in_order(operator.ge)
_at_most: Final = _in_order(operator.le)

_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": lambda first, other: first is not ABSENT and same(first, other),
    "<>": lambda first, other: not same(first, other),
    "<": _in_order(operator.lt),
    "<=": _at_most,
    ">": _in_order(operator.gt),
    ">=": _at_least,
}


def disjunction(tokens: Tokens) -> Condition:
    """Read conditions joined by OR, which binds least."""
    first = _conjunction(tokens)
    if not tokens.took("OR"):
        return first
    rest = disjunction(tokens)
    return lambda item, names, values: first(item, names, values) or rest(item, names, values)


def _conjunction(tokens: Tokens) -> Condition:
    first = _negation(tokens)
    if not tokens.took("AND"):
        return first
    rest = _conjunction(tokens)
    return lambda item, names, values: first(item, names, values) and rest(item, names, values)


def _negation(tokens: Tokens) -> Condition:
    if not tokens.took("NOT"):
        return _primary(tokens)
    negated = _negation(tokens)
    return lambda item, names, values: not negated(item, names, values)


def _primary(tokens: Tokens) -> Condition:
    if tokens.peek() == "(":
        return _group(tokens)
    for name, read in _FUNCTIONS.items():
        if tokens.opens(name):
            function = read(tokens)
            tokens.expect(")")
            return function
    return _comparison(tokens)


def _group(tokens: Tokens) -> Condition:
    """Read a condition in parentheses. DynamoDB refuses a second pair around the same condition."""
    start = tokens.at
    tokens.expect("(")
    inner = disjunction(tokens)
    if tokens.group == (start + 1, tokens.at):
        raise Malformed("The expression has redundant parentheses")
    tokens.expect(")")
    tokens.group = start, tokens.at
    return inner


def _comparison(tokens: Tokens) -> Condition:
    operand = _operand(tokens)
    if tokens.took("BETWEEN"):
        return _between(tokens, operand)
    if tokens.took("IN"):
        return _among(tokens, operand)
    sign = tokens.take()
    if sign not in _COMPARISONS:
        raise Malformed(f"Syntax error; token: {sign!r}")
    compare, second = _COMPARISONS[sign], _operand(tokens)
    return lambda item, names, values: compare(operand(item, names, values), second(item, names, values))


def _operand(tokens: Tokens) -> Operand:
    if not tokens.opens("size"):
        return simple(tokens)
    measured = simple(tokens)
    tokens.expect(")")
    return lambda item, names, values: _size(measured(item, names, values))


def _size(value: Any) -> Any:
    if type(value) in (str, set, list, dict):
        return Decimal(len(value))
    return Decimal(len(raw(value))) if type(value) is Binary else ABSENT


def _between(tokens: Tokens, operand: Operand) -> Condition:
    low = _operand(tokens)
    tokens.expect("AND")
    high = _operand(tokens)

    def between(item: Mapping[str, Any], names: Names, values: Values) -> bool:
        value = operand(item, names, values)
        return _at_least(value, low(item, names, values)) and _at_most(value, high(item, names, values))

    return between


def _among(tokens: Tokens, operand: Operand) -> Condition:
    tokens.expect("(")
    options = [_operand(tokens)]
    while tokens.took(","):
        options.append(_operand(tokens))
    tokens.expect(")")

    def among(item: Mapping[str, Any], names: Names, values: Values) -> bool:
        value = operand(item, names, values)
        return value is not ABSENT and any(same(value, option(item, names, values)) for option in options)

    return among


def _exists(tokens: Tokens) -> Condition:
    operand = attribute(path(tokens))
    return lambda item, names, values: operand(item, names, values) is not ABSENT


def _exists_not(tokens: Tokens) -> Condition:
    operand = attribute(path(tokens))
    return lambda item, names, values: operand(item, names, values) is ABSENT


def _of_two(compare: Callable[[Any, Any], bool]) -> Callable[[Tokens], Condition]:
    def read(tokens: Tokens) -> Condition:
        first = simple(tokens)
        tokens.expect(",")
        second = simple(tokens)
        return lambda item, names, values: compare(first(item, names, values), second(item, names, values))

    return read


def _begins(value: Any, start: Any) -> bool:
    if type(value) is Binary and type(start) is Binary:
        return raw(value).startswith(raw(start))
    return type(value) is str and type(start) is str and value.startswith(start)


def _contains(value: Any, part: Any) -> bool:
    if type(value) is str:
        return type(part) is str and part in value
    return type(value) in (set, list) and any(same(member, part) for member in value)


def _is_type(value: Any, name: Any) -> bool:
    if type(value) is set:
        return name == _TYPES.get(type(next(iter(value))), "B") + "S"
    return value is not ABSENT and name == _TYPES.get(type(value), "B")


_FUNCTIONS: Final[dict[str, Callable[[Tokens], Condition]]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _exists_not,
    "attribute_type": _of_two(_is_type),
    "begins_with": _of_two(_begins),
    "contains": _of_two(_contains),
}
