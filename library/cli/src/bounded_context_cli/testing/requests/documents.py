"""Check documents inside of requests that AWS's models treat as text: policies and event patterns.

The state machine's definition has promises of its own. cfn-lint also checks states and every service's actions, but is
slow to import. Only the library's tests use it, for all documents.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .shapes import Fault

Found = Iterator[tuple[str, str, Any]]
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


def policy(document: Any, *, principals: bool) -> Found:
    """Yield the values that IAM would refuse in a policy. Policies of resources and of trust have `principals`."""
    if document.get("Version", _VERSIONS[0]) not in _VERSIONS:
        yield "Version", f"one of {', '.join(_VERSIONS)}", document["Version"]
    statements = document.get("Statement") or [{}]
    for number, statement in enumerate(statements if isinstance(statements, list) else [statements]):
        for at, wanted, given in _statement(statement, principals):
            yield f"Statement[{number}].{at}", wanted, given


def _statement(statement: Mapping[str, Any], principals: bool) -> Found:
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
    statement: Mapping[str, Any], name: str, form: re.Pattern[str], wanted: str
) -> Iterator[tuple[str, str, Any]]:
    value = statement.get(name, statement.get(f"Not{name}", []))
    values = value if isinstance(value, list) else [value]
    for text in values or [None]:
        if not isinstance(text, str) or not form.fullmatch(text):
            yield name, wanted, text


def pattern(document: Any, path: str = "") -> Found:
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


def _values(values: list[Any], path: str) -> Found:
    if not values:
        yield path, "a list that is not empty", values
    for value in values:
        if isinstance(value, list):
            yield path, "values and matchers", value
        elif isinstance(value, Mapping):
            yield from _matcher(value, path)


def _matcher(value: Mapping[str, Any], path: str) -> Found:
    if len(value) != 1 or not value.keys() <= _MATCHERS.keys():
        yield path, f"one of {', '.join(_MATCHERS)}", dict(value)
        return
    ((name, operand),) = value.items()
    wanted, fits = _MATCHERS[name]
    if not fits(operand):
        yield f"{path}.{name}", wanted, operand


DOCUMENTS: Mapping[str, Callable[[Any], Found]] = {
    "a pattern": pattern,
    "a role's policy": lambda document: policy(document, principals=False),
    "a resource's policy": lambda document: policy(document, principals=True),
    "an object": lambda document: iter([] if isinstance(document, dict) else [("the document", "an object", document)]),
}
"""Checks by the kind of a document."""


def read(check: Callable[[Any], Found], path: str, text: str) -> Iterator[Fault]:
    """Yield the values that AWS would refuse in a document, given as JSON text."""
    try:
        document = json.loads(text)
    except ValueError as error:
        yield Fault(path, f"JSON ({error})", text)
        return
    try:
        found = list(check(document))
    except (AttributeError, TypeError):
        found = [("the document", "an object", document)]
    yield from (Fault(f"{path}, {at},", wanted, given) for at, wanted, given in found)
