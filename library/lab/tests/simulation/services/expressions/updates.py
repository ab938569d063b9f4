"""Updates: SET, REMOVE, ADD and DELETE (developer guide, "Using update expressions in DynamoDB").

All operands are read from the item as it was before the update. Paths lead through maps, not through lists.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from ..values import Item
from .operands import ABSENT, Names, Operand, Path, Values, attribute, path, placeholder, resolved, simple
from .tokens import Malformed, Mismatch, Tokens

Update = Callable[[Mapping[str, Any], Names, Values], Item]

_Action = tuple[Path, Operand]
"""A path, and the attribute's new value. ABSENT removes the attribute."""


def clauses(tokens: Tokens) -> Update:
    """Read the clauses of an update, each of which may occur once."""
    actions, seen = list[_Action](), set[str]()
    while tokens.peek():
        clause = tokens.took(*_CLAUSES)
        if not clause or clause in seen:
            raise Malformed(f"Syntax error, or a clause that occurs twice; token: {tokens.peek()!r}")
        seen.add(clause)
        actions.append(_CLAUSES[clause](tokens))
        while tokens.took(","):
            actions.append(_CLAUSES[clause](tokens))
    return lambda item, names, values: _updated(item, actions, names, values)


def _updated(item: Mapping[str, Any], actions: list[_Action], names: Names, values: Values) -> Item:
    new = dict(item)
    paths = [resolved(steps, names) for steps, _ in actions]
    _refuse_overlaps(paths)
    for steps, (_, operand) in zip(paths, actions, strict=True):
        _assign(new, steps, operand(item, names, values))
    return new


def _refuse_overlaps(paths: list[Path]) -> None:
    if all(len(steps) == 1 for steps in paths):
        overlapping = len(set(paths)) < len(paths)
    else:
        pairs = ((steps, other) for index, steps in enumerate(paths) for other in paths[index + 1 :])
        overlapping = any(steps[: len(other)] == other[: len(steps)] for steps, other in pairs)
    if overlapping:
        raise Malformed("Two document paths overlap with each other")


def _assign(container: dict[Any, Any], steps: Path, value: Any) -> None:
    """Assign through maps, each of which is replaced by a copy: the stored item keeps its own."""
    name, *rest = steps
    if rest:
        inner = container.get(name)
        if type(inner) is not dict:
            raise Mismatch("The document path provided in the update expression is invalid for update")
        container[name] = inner = dict(inner)
        _assign(inner, tuple(rest), value)
    elif value is ABSENT:
        container.pop(name, None)
    else:
        container[name] = value


def _maps_only(tokens: Tokens) -> Path:
    steps = path(tokens)
    if any(type(step) is int for step in steps):
        raise NotImplementedError("updates of a list's members are not simulated")
    return steps


def _set(tokens: Tokens) -> _Action:
    steps = _maps_only(tokens)
    tokens.expect("=")
    first = _term(tokens)
    sign = tokens.took("+", "-")
    return steps, _sum(first, sign, _term(tokens)) if sign else first


def _sum(first: Operand, sign: str, second: Operand) -> Operand:
    def add(item: Mapping[str, Any], names: Names, values: Values) -> Decimal:
        value, other = first(item, names, values), second(item, names, values)
        if type(value) is not Decimal or type(other) is not Decimal:
            raise Mismatch("An operand in the update expression has an incorrect data type")
        return value + other if sign == "+" else value - other

    return add


def _term(tokens: Tokens) -> Operand:
    """Read an operand that has to exist."""
    if tokens.opens("if_not_exists"):
        return _default(tokens)
    if tokens.opens("list_append"):
        return _joined(tokens)
    operand = simple(tokens)

    def present(item: Mapping[str, Any], names: Names, values: Values) -> Any:
        value = operand(item, names, values)
        if value is ABSENT:
            raise Mismatch("The provided expression refers to an attribute that does not exist in the item")
        return value

    return present


def _default(tokens: Tokens) -> Operand:
    operand = attribute(path(tokens))
    tokens.expect(",")
    default = _term(tokens)
    tokens.expect(")")

    def present(item: Mapping[str, Any], names: Names, values: Values) -> Any:
        value = operand(item, names, values)
        return default(item, names, values) if value is ABSENT else value

    return present


def _joined(tokens: Tokens) -> Operand:
    first = _term(tokens)
    tokens.expect(",")
    second = _term(tokens)
    tokens.expect(")")

    def join(item: Mapping[str, Any], names: Names, values: Values) -> Any:
        value, other = first(item, names, values), second(item, names, values)
        if type(value) is not list or type(other) is not list:
            raise Mismatch("An operand in the update expression has an incorrect data type")
        return value + other

    return join


def _remove(tokens: Tokens) -> _Action:
    return _maps_only(tokens), lambda _, __, ___: ABSENT


def _changed(change: Callable[[Any, Any], Any]) -> Callable[[Tokens], _Action]:
    """Return the reader of an action that changes an attribute by a value: ``ADD path :value``."""

    def read(tokens: Tokens) -> _Action:
        steps = _maps_only(tokens)
        old, by = attribute(steps), placeholder(tokens)
        return steps, lambda item, names, values: change(old(item, names, values), by(item, names, values))

    return read


def _added(old: Any, by: Any) -> Any:
    if type(by) not in (Decimal, set):
        raise Malformed("Incorrect operand type for operator or function; operator: ADD")
    if old is ABSENT:
        return by
    _refuse_other_type(old, by)
    return old | by if type(by) is set else old + by


def _deleted(old: Any, by: Any) -> Any:
    if type(by) is not set:
        raise Malformed("Incorrect operand type for operator or function; operator: DELETE")
    if old is ABSENT:
        return ABSENT
    _refuse_other_type(old, by)
    return old - by or ABSENT


def _refuse_other_type(old: Any, by: Any) -> None:
    if type(old) is not type(by) or (type(by) is set and type(next(iter(old))) is not type(next(iter(by)))):
        raise Mismatch("An operand in the update expression has an incorrect data type")


_CLAUSES: Final[dict[str, Callable[[Tokens], _Action]]] = {
    "SET": _set,
    "REMOVE": _remove,
    "ADD": _changed(_added),
    "DELETE": _changed(_deleted),
}
