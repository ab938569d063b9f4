"""The calls of Pulumi's AWS provider for each type of resource, from `data/requests.toml`."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ...tools.local.provider.resources import QUEUE_ATTRIBUTES, SUBSCRIPTION_ATTRIBUTES, TOPIC_ATTRIBUTES
from .calls import Call, Inputs, call

_FILE: Final = Path(__file__).parents[2] / "data" / "requests.toml"


def _table_keys(inputs: Inputs) -> Inputs:
    """Convert the keys of a table and of its indexes to lists of attributes."""
    rest = {name: value for name, value in inputs.items() if name not in ("hashKey", "rangeKey")}
    keys = [(inputs.get("hashKey"), "HASH"), (inputs.get("rangeKey"), "RANGE")]
    schema = [{"attributeName": name, "keyType": kind} for name, kind in keys if name]
    indexes = {
        name: [_table_keys(index) for index in rest[name]]
        for name in ("globalSecondaryIndexes", "localSecondaryIndexes")
        if name in rest
    }
    return {**rest, **indexes, **({"keySchema": schema} if schema else {})}


def _suppressor(inputs: Inputs) -> Inputs:
    """Convert the suppressor's block to three members."""
    rest = {name: value for name, value in inputs.items() if name != "actionsSuppressor"}
    block = inputs.get("actionsSuppressor", {})
    names = {name: f"actionsSuppressor{name[0].upper()}{name[1:]}" for name in ("extensionPeriod", "waitPeriod")}
    return {**rest, **{{**names, "alarm": "actionsSuppressor"}[name]: value for name, value in block.items()}}


def _artifact_stores(inputs: Inputs) -> Inputs:
    """Convert one artifact store to a structure, and several stores to a map by region."""
    stores = inputs.get("artifactStores", [])
    rest = {name: value for name, value in inputs.items() if name != "artifactStores"}
    if len(stores) == 1:
        return {**rest, "artifactStore": stores[0]}
    by_region = {
        store.get("region", ""): {name: value for name, value in store.items() if name != "region"} for store in stores
    }
    return {**rest, "artifactStores": by_region}


def _event_bridge(inputs: Inputs) -> Inputs:
    """Convert Pulumi's flag to an empty structure. The request always has a configuration."""
    asked = {"eventBridgeConfiguration": {}} if inputs.get("eventbridge") else {}
    rest = {name: value for name, value in inputs.items() if name != "eventbridge"}
    return {**rest, "notificationConfiguration": asked}


_NAMED: Final[Mapping[str, Mapping[str, Any]]] = {
    "turned": {
        "artifact_stores": _artifact_stores,
        "event_bridge": _event_bridge,
        "suppressor": _suppressor,
        "table_keys": _table_keys,
    },
    "as_attributes": {"queue": QUEUE_ATTRIBUTES, "subscription": SUBSCRIPTION_ATTRIBUTES, "topic": TOPIC_ATTRIBUTES},
}
"""The arguments of `call` that the file contains by name."""


def _calls(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[Call]:
    for named, entry in entries.items():
        yield call(named, **{key: _NAMED[key][value] if key in _NAMED else value for key, value in entry.items()})


KINDS: Final[dict[str, tuple[Call, ...]]] = {
    kind: tuple(_calls(entries)) for kind, entries in tomllib.loads(_FILE.read_text(encoding="utf-8")).items()
}
"""Calls by a type without its package, such as `sqs/queue`. Repositories with other types of resources add them."""
