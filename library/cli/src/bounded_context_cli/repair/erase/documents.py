"""The objects of a JSON document at any depth, also in texts that are JSON themselves."""

import json
from collections.abc import Callable
from typing import Any

_JSON = ("{", "[")

OfObject = Callable[[dict[str, Any]], dict[str, Any]]


def mapped(document: Any, of_object: OfObject) -> Any:
    """Return a document with the result of `of_object` in place of each object, inner objects first."""
    match document:
        case str():
            return mapped_text(document, of_object)
        case list():
            return [mapped(member, of_object) for member in document]
        case dict():
            return of_object({name: mapped(value, of_object) for name, value in document.items()})
    return document


def mapped_text(text: str, of_object: OfObject) -> str:
    """Return the text of a document as `mapped` does; a text that is no JSON, or does not change, as it is."""
    try:
        found = mapped(document := parsed(text), of_object)
        return text if found == document else json.dumps(found)
    except RecursionError:
        return text


def parsed(text: str) -> Any:
    """Return the object or array that a text contains as JSON, or None."""
    try:
        return json.loads(text) if text.lstrip().startswith(_JSON) else None
    except (ValueError, RecursionError):
        return None


def opened(value: Any) -> Any:
    """Return the object or array that a value contains as JSON text, or the value."""
    found = parsed(value) if isinstance(value, str) else None
    return value if found is None else found
