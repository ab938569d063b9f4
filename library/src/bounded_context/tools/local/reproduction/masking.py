"""Masking of personal fields in documents from a stack, before they are stored on this machine."""

import json
from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeSerializer

_JSON = ("{", "[")
_TYPES = frozenset(("S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"))


def masked(document: Any, personal: Mapping[str, Any]) -> Any:
    """Return a JSON document in which each personal field has its value after an erasure, at any depth.

    Also masks JSON that is a text in the document, and attributes of DynamoDB (``{"S": "text"}``).
    """
    match document:
        case str():
            return _masked_text(document, personal)
        case list():
            return [masked(member, personal) for member in document]
        case dict():
            return {name: _member(name, value, personal) for name, value in document.items()}
    return document


def _member(name: str, value: Any, personal: Mapping[str, Any]) -> Any:
    if name not in personal:
        return masked(value, personal)
    is_attribute = isinstance(value, dict) and len(value) == 1 and value.keys() <= _TYPES
    return TypeSerializer().serialize(personal[name]) if is_attribute else personal[name]


def _masked_text(text: str, personal: Mapping[str, Any]) -> str:
    if not personal or not text.lstrip().startswith(_JSON):
        return text
    try:
        document = json.loads(text)
        found = masked(document, personal)
    except (ValueError, RecursionError):
        return text
    return text if found == document else json.dumps(found)
