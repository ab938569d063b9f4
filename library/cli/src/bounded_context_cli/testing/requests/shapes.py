r"""Check values against botocore's shapes, and the documents that AWS's models treat as text.

Patterns are converted from Java's syntax to Python's. AWS matches the whole text, with or without anchors. As in Java,
`\w` and `\d` match only ASCII characters.

The state machine's definition has promises of its own. cfn-lint also checks states and every service's actions, but is
slow to import. Only the library's tests use it, for all documents.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

MOST_SHOWN = 80
"""The displayed characters of a given or an accepted value."""

_BETWEEN = re.compile(r"\w+WithLengthBetween(\d+)And(\d+)")
"""Some shapes of API Gateway have their limits only in their names."""


@dataclass(frozen=True)
class Fault:
    """A refused member: its `path` in the request, the accepted values, and the given value."""

    path: str
    accepted: str
    value: Any

    def __str__(self) -> str:
        return f"{self.path} takes {_short(self.accepted)}, not {_short(repr(self.value))}"


def places(shape: Shape, value: Any, path: str = "") -> Iterator[tuple[str, Shape, Any]]:
    """Yield a value with its path and its shape, and then all values inside of it."""
    yield path, shape, value
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        inside = ((_below(path, name), shape.members[name], member) for name, member in value.items())
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        inside = ((_below(path, name), shape.value, member) for name, member in value.items())
    elif isinstance(shape, ListShape) and isinstance(value, list):
        inside = ((f"{path}[{number}]", shape.member, entry) for number, entry in enumerate(value))
    else:
        return
    for below, member_shape, member in inside:
        yield from places(member_shape, member, below)


def missing(shape: Shape, value: Any) -> Iterator[str]:
    """Yield the path of each missing member that AWS requires."""
    for path, inner, item in places(shape, value):
        if isinstance(inner, StructureShape) and isinstance(item, Mapping):
            tokens = {name for name, member in inner.members.items() if "idempotencyToken" in member.metadata}
            yield from (_below(path, name) for name in inner.required_members if name not in {*item, *tokens})


def faults(shape: Shape, value: Any, path: str = "") -> Iterator[Fault]:
    """Yield the members of a value that AWS would refuse, except for missing members."""
    for at, inner, item in places(shape, value, path):
        if isinstance(inner, StructureShape | MapShape) and not isinstance(item, Mapping):
            words = f"a structure of {', '.join(inner.members)}" if isinstance(inner, StructureShape) else "a map"
            yield Fault(at, words, item)
        elif isinstance(inner, StructureShape):
            if inner.is_tagged_union and len(item) != 1:
                yield Fault(at, f"one of {', '.join(inner.members)}", sorted(item))
        elif isinstance(inner, MapShape | ListShape):
            yield from _within(inner, len(item), "entries", item, at)
            if isinstance(inner, MapShape):
                yield from (fault for key in item for fault in faults(inner.key, key, f"a key of {at}"))
        else:
            yield from _of_scalar(inner, item, at)


def _of_scalar(shape: Shape, value: Any, path: str) -> Iterator[Fault]:
    words, fits = _TYPES[shape.type_name]
    if not fits(value):
        yield Fault(path, words, value)
    elif isinstance(value, str):
        yield from _of_text(shape, value, path)
    elif not isinstance(value, bool | bytes):
        yield from _within(shape, value, "", value, path)


def _of_text(shape: Shape, value: str, path: str) -> Iterator[Fault]:
    yield from _within(shape, len(value), "characters", value, path)
    choices = shape.metadata.get("enum")
    if choices and value not in choices:
        near = get_close_matches(value, choices, 3) or choices
        yield Fault(path, f"one of {len(choices)} values such as {', '.join(near)}", value)
    pattern = shape.metadata.get("pattern")
    if pattern and not matches(pattern, value):
        yield Fault(path, f"what matches {pattern}", value)


def _within(shape: Shape, size: float, unit: str, value: Any, path: str) -> Iterator[Fault]:
    least, most = limits(shape)
    if least is not None and size < least:
        yield Fault(path, f"at least {least} {unit}".rstrip(), value)
    if most is not None and size > most:
        yield Fault(path, f"at most {most} {unit}".rstrip(), value)


def limits(shape: Shape) -> tuple[float | None, float | None]:
    """Return the minimum and maximum of a number, a text's characters or a list's entries. None means no limit."""
    if match := _BETWEEN.fullmatch(shape.name):
        return int(match[1]), int(match[2])
    return shape.metadata.get("min"), shape.metadata.get("max")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_TYPES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "blob": ("bytes", lambda value: isinstance(value, bytes | str)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "double": ("a number", _is_number),
    "float": ("a number", _is_number),
    "integer": ("a whole number", _is_whole),
    "long": ("a whole number", _is_whole),
    "string": ("a text", lambda value: isinstance(value, str)),
    "timestamp": ("a time", lambda value: isinstance(value, str) or _is_number(value)),
}


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _short(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


CLASSES = {r"\p{L}": "a-zA-Z", r"\p{N}": "0-9", r"\p{P}": r"!\"#%&'()*,\-./:;?@\[\\\]_{}", r"\p{Z}": " "}
"""The ASCII characters of Unicode's classes. Other letters, digits, punctuation marks and spaces are replaced by such a
character."""

_LIKE = {"L": "a", "N": "0", "P": ".", "Z": " "}


def matches(pattern: str, value: str) -> bool:
    """Return whether a text matches a pattern of AWS's models. A pattern that Python cannot compile matches every text.

    A pattern for the partition aws-cn also matches aws-us-gov: the patterns of EventBridge Scheduler have one hyphen,
    although the service is in GovCloud (botocore's endpoints). A test checks that the patterns of all types in `KINDS`
    compile, and that none uses another class.
    """
    if r"\p{" in pattern:
        value = "".join(map(_in_ascii, value))
    compiled = as_python(pattern)
    spellings = (value, value.replace("arn:aws-us-gov:", "arn:aws-cn:"))
    return compiled is None or any(map(compiled.fullmatch, spellings))


@cache
def as_python(pattern: str) -> re.Pattern[str] | None:
    """Return a Java pattern as Python's, or None."""
    for java, python in CLASSES.items():
        pattern = pattern.replace(java, python)
    # Java writes the characters beyond 16 bits as pairs.
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
    try:
        # After a class, a hyphen is literal in Java and a broken range in Python.
        return re.compile(re.sub(r"(\\[wds])-(?!\])", r"\1\\-", pattern), re.ASCII)
    except re.error:
        return None


def _in_ascii(character: str) -> str:
    return character if character.isascii() else _LIKE.get(unicodedata.category(character)[0], character)


Mismatches = Iterator[tuple[str, str, Any]]
"""The place in a document, the accepted values, and the given value."""

_ACTION = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+")
_RESOURCE = re.compile(r"\*|arn:[a-z*-]+:[a-z0-9*-]+:\S+")
_VERSIONS = ("2012-10-17", "2008-10-17")
_ELEMENTS = {
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
}
"""IAM User Guide, "IAM JSON policy element reference"."""

_MATCHERS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "anything-but": ("values, or one matcher", lambda value: value not in ([], {}, None)),
    "cidr": ("a range of addresses", lambda value: isinstance(value, str) and "/" in value),
    "equals-ignore-case": ("a text", lambda value: isinstance(value, str)),
    "exists": ("true or false", lambda value: isinstance(value, bool)),
    "numeric": ("operators and numbers", lambda value: isinstance(value, list) and len(value) in (2, 4)),
    "prefix": ("a text", lambda value: isinstance(value, str | dict)),
    "suffix": ("a text", lambda value: isinstance(value, str | dict)),
    "wildcard": ("a text", lambda value: isinstance(value, str)),
}
"""EventBridge User Guide, "Comparison operators for use in event patterns"."""


def policy(document: Any, *, principals: bool) -> Mismatches:
    """Yield the values that IAM would refuse in a policy. Policies of resources and of trust have `principals`."""
    if document.get("Version", _VERSIONS[0]) not in _VERSIONS:
        yield "Version", f"one of {', '.join(_VERSIONS)}", document["Version"]
    statements = document.get("Statement") or [{}]
    for number, statement in enumerate(statements if isinstance(statements, list) else [statements]):
        for at, accepted, value in _statement(statement, principals):
            yield f"Statement[{number}].{at}", accepted, value


def _statement(statement: Mapping[str, Any], principals: bool) -> Mismatches:
    for name in sorted(statement.keys() - _ELEMENTS):
        yield name, f"any of {', '.join(sorted(_ELEMENTS))}", name
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield "Effect", "Allow or Deny", statement.get("Effect")
    if bool({"Principal", "NotPrincipal"} & statement.keys()) != principals:
        yield "Principal", "a principal" if principals else "none: it is the role's", statement.get("Principal")
    yield from _texts(statement, "Action", _ACTION, "actions such as s3:GetObject")
    if not principals or "Resource" in statement:
        yield from _texts(statement, "Resource", _RESOURCE, "ARNs, or *")


def _texts(
    statement: Mapping[str, Any], name: str, form: re.Pattern[str], accepted: str
) -> Iterator[tuple[str, str, Any]]:
    value = statement.get(name, statement.get(f"Not{name}", []))
    values = value if isinstance(value, list) else [value]
    for text in values or [None]:
        if not isinstance(text, str) or not form.fullmatch(text):
            yield name, accepted, text


def pattern(document: Any, path: str = "") -> Mismatches:
    """Yield the values that EventBridge, Lambda and SNS would refuse in an event pattern."""
    if not isinstance(document, Mapping) or not document:
        yield path or "the pattern", "an object that is not empty", document
        return
    for name, value in document.items():
        at = f"{path}.{name}" if path else name
        if name == "$or" and isinstance(value, list):
            for alternative in value:
                yield from pattern(alternative, at)
        elif isinstance(value, list):
            yield from _values(value, at)
        else:
            yield from pattern(value, at)


def _values(values: list[Any], path: str) -> Mismatches:
    if not values:
        yield path, "a list that is not empty", values
    for value in values:
        if isinstance(value, list):
            yield path, "values and matchers", value
        elif isinstance(value, Mapping):
            yield from _matcher(value, path)


def _matcher(value: Mapping[str, Any], path: str) -> Mismatches:
    if len(value) != 1 or not value.keys() <= _MATCHERS.keys():
        yield path, f"one of {', '.join(_MATCHERS)}", dict(value)
        return
    ((name, operand),) = value.items()
    accepted, fits = _MATCHERS[name]
    if not fits(operand):
        yield f"{path}.{name}", accepted, operand


DOCUMENTS: Mapping[str, Callable[[Any], Mismatches]] = {
    "a pattern": pattern,
    "a role's policy": lambda document: policy(document, principals=False),
    "a resource's policy": lambda document: policy(document, principals=True),
    "an object": lambda document: iter([] if isinstance(document, dict) else [("the document", "an object", document)]),
}
"""Checks by the kind of a document."""


def read(check: Callable[[Any], Mismatches], path: str, text: str) -> Iterator[Fault]:
    """Yield the values that AWS would refuse in a document, given as JSON text."""
    try:
        document = json.loads(text)
    except ValueError as error:
        yield Fault(path, f"JSON ({error})", text)
        return
    try:
        refusals = list(check(document))
    except (AttributeError, TypeError):
        refusals = [("the document", "an object", document)]
    yield from (Fault(f"{path}, {at},", accepted, value) for at, accepted, value in refusals)
