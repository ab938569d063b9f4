"""A bad release: a version of a command that changes, removes and creates aggregates as its message says."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

CHANGED: Final = 400
REMOVED: Final = 100
NEW: Final = 50

_AT_ONCE: Final = 50
"""Aggregates of a call: a command ends after 10 seconds."""

_DAMAGE: Final = """

import os

import boto3
from bounded_context.handlers.commands import CommandHandler


def _damages(self, event, _):
    table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
    for key in event["remove"]:
        table.delete_item(Key={"pk": key})
    for item in event["put"]:
        stored = table.get_item(Key={"pk": item["pk"]}).get("Item", {})
        table.put_item(Item={**stored, **item, "version": int(stored.get("version", 0)) + 1})
    return {}


CommandHandler.take = _damages
"""


def damages(source: str) -> str:
    """Return the source of a version that damages aggregates."""
    return source + _DAMAGE


def messages(items: Mapping[str, Mapping[str, Any]], fields: Sequence[str], identity: str) -> Iterator[dict[str, Any]]:
    """Yield the messages that damage aggregates, given their items by key.

    A changed aggregate gets the values of another one, of all fields except the identity. A new aggregate is a copy.
    """
    keys = list(items)
    bad, gone = keys[:CHANGED], keys[CHANGED : CHANGED + REMOVED]
    puts = [{"pk": key, **_values(items[other], fields)} for key, other in zip(bad, reversed(keys), strict=False)]
    for key in gone[:NEW]:
        name = f"{items[key][identity]}x"
        prefix = key.removesuffix(str(items[key][identity]))
        puts.append(_plain({**items[key], identity: name, "pk": prefix + name}))
    for start in range(0, len(puts), _AT_ONCE):
        yield {"put": puts[start : start + _AT_ONCE], "remove": []}
    for start in range(0, len(gone), _AT_ONCE):
        yield {"put": [], "remove": gone[start : start + _AT_ONCE]}


def _values(item: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    return _plain({name: item[name] for name in fields if name in item})


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, str | bool) else int(value) for name, value in item.items()}
