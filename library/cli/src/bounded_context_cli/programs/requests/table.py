"""The calls of Pulumi's AWS provider for each type of resource."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..resource_types import RESOURCE_TYPES
from .calls import Call, Inputs, call


def _table(inputs: Inputs) -> Inputs:
    """Convert the keys of a table and of its indexes, and add the type of an encryption."""
    encryption = inputs.get("serverSideEncryption", {})
    rest = {name: value for name, value in _keys(inputs).items() if name != "serverSideEncryption"}
    return {**rest, **({"serverSideEncryption": encryption | {"sseType": "KMS"}} if encryption.get("enabled") else {})}


def _keys(inputs: Inputs) -> Inputs:
    """Convert the keys of a table or an index to a list of attributes."""
    rest = {name: value for name, value in inputs.items() if name not in ("hashKey", "rangeKey")}
    keys = [(inputs.get("hashKey"), "HASH"), (inputs.get("rangeKey"), "RANGE")]
    schema = [{"attributeName": name, "keyType": kind} for name, kind in keys if name]
    indexes = {
        name: [_keys(index) for index in rest[name]]
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


def _malware_plan(inputs: Inputs) -> Inputs:
    """Convert the list with one action to a structure."""
    [[tagging]] = [action["taggings"] for action in inputs["actions"]]
    return {**inputs, "actions": {"tagging": tagging}}


def _security_group(inputs: Inputs) -> Inputs:
    """Convert the rules, whose description belongs to their addresses."""
    rest = {name: value for name, value in inputs.items() if name not in ("ingress", "description")}
    rules = [
        {
            **{name: rule[name] for name in ("fromPort", "toPort")},
            "ipProtocol": rule["protocol"],
            "ipRanges": [{"cidrIp": block, "description": rule["description"]} for block in rule["cidrBlocks"]],
        }
        for rule in inputs.get("ingress", [])
    ]
    return {**rest, "described": inputs["description"], "ingress": rules}


def _record(inputs: Inputs) -> Inputs:
    """Convert a record to a batch of one change."""
    content = {name: inputs[name] for name in ("name", "type", "ttl")}
    content["resourceRecords"] = [{"value": value} for value in inputs["records"]]
    change = {"action": "UPSERT", "resourceRecordSet": content}
    return {"zoneId": inputs["zoneId"], "changeBatch": {"changes": [change]}}


_CONVERSIONS: Final = {
    "artifact_stores": _artifact_stores,
    "event_bridge": _event_bridge,
    "malware_plan": _malware_plan,
    "record": _record,
    "security_group": _security_group,
    "suppressor": _suppressor,
    "table": _table,
}


def _calls(entry: Mapping[str, Mapping[str, Any]]) -> Iterator[Call]:
    for named, arguments in entry.items():
        if named in ("local", "recorded"):
            continue
        turned = _CONVERSIONS[arguments["turned"]] if "turned" in arguments else dict
        converted: dict[str, Any] = {**arguments, "turned": turned}
        yield call(named, **converted)


KINDS: Final[dict[str, tuple[Call, ...]]] = {kind: tuple(_calls(entry)) for kind, entry in RESOURCE_TYPES.items()}
"""Calls by a type without its package, such as `sqs/queue`. Repositories with other types of resources add them."""
