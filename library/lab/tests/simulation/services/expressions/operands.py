"""The operands of expressions: paths of attributes, and values."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from .tokens import Malformed, Tokens

Names = Mapping[str, str]
Values = Mapping[str, Any]
Operand = Callable[[Mapping[str, Any], Names, Values], Any]
"""Returns a value of an item, or ABSENT."""

Path = tuple[str | int, ...]
"""Names, placeholders of names, and indexes of a list."""


class _Absent:
    """The type of ABSENT."""


ABSENT: Final = _Absent()
"""The value of an attribute that an item does not have."""


def path(tokens: Tokens) -> Path:
    """Read a path."""
    steps: list[str | int] = [_name(tokens)]
    while separator := tokens.took(".", "["):
        if separator == ".":
            steps.append(_name(tokens))
        else:
            steps.append(int(tokens.take()))
            tokens.expect("]")
    return tuple(steps)


def _name(tokens: Tokens) -> str:
    name = tokens.take()
    if not name or name[0] == ":" or not (name[0] == "#" or name[0].isalpha()):
        raise Malformed(f"Syntax error; token: {name!r}")
    if name[0] == "#":
        tokens.names.add(name)
    elif name.upper() in reserved_words():
        raise Malformed(f"Attribute name is a reserved keyword; reserved keyword: {name}")
    return name


@cache
def reserved_words() -> frozenset[str]:
    """Return DynamoDB's reserved words (developer guide), of which moto has a list."""
    from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

    return frozenset(ReservedKeywords.get_reserved_keywords())


def resolved(steps: Path, names: Names) -> Path:
    """Return a path with names in place of placeholders."""
    return tuple(names[step] if type(step) is str and step[0] == "#" else step for step in steps)


def attribute(steps: Path) -> Operand:
    """Return the operand of a path."""
    if len(steps) > 1:
        return lambda item, names, _: _reached(item, resolved(steps, names))
    name = str(next(iter(steps)))
    if name[0] == "#":
        return lambda item, names, _: item.get(names[name], ABSENT)
    return lambda item, _, __: item.get(name, ABSENT)


def _reached(value: Any, steps: Path) -> Any:
    for step in steps:
        if not _leads_on(value, step):
            return ABSENT
        try:
            value = value[step]
        except (KeyError, IndexError):
            return ABSENT
    return value


def _leads_on(value: Any, step: str | int) -> bool:
    return type(value) is (dict if type(step) is str else list)


def placeholder(tokens: Tokens) -> Operand:
    """Read the placeholder of a value."""
    name = tokens.take()
    tokens.values.add(name)
    return lambda _, __, values: values[name]


def simple(tokens: Tokens) -> Operand:
    """Read a path or the placeholder of a value."""
    return placeholder(tokens) if tokens.peek().startswith(":") else attribute(path(tokens))
