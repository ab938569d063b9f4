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
    if not text.lstrip().startswith(_JSON):
        return text
    try:
        document = json.loads(text)
        found = mapped(document, of_object)
    except (ValueError, RecursionError):
        return text
    return text if found == document else json.dumps(found)
