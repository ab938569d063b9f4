"""Masking of personal fields in documents from a stack, before they are stored on this machine."""

from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from bounded_context_cli.repair.erase.documents import mapped

_TYPES = frozenset(("S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"))


def masked(document: Any, personal: Mapping[str, Any]) -> Any:
    """Return a JSON document in which each personal field has its value after an erasure, at any depth.

    Also masks JSON that is a text in the document, and attributes of DynamoDB (``{"S": "text"}``).
    """
    erased = personal.keys()
    return mapped(
        document, lambda found: found | {name: _erased(found[name], personal[name]) for name in found.keys() & erased}
    )


def _erased(value: Any, erased: Any) -> Any:
    is_attribute = isinstance(value, dict) and len(value) == 1 and value.keys() <= _TYPES
    return TypeSerializer().serialize(erased) if is_attribute else erased
