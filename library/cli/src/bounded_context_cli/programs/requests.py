"""The requests that Pulumi's AWS provider sends for each type of resource, from `data/resources.toml`.

Names match without regard to case: Pulumi's `kmsMasterKeyId` is the API's `KMSMasterKeyID`. Handlers declare other
names and other places. A name that matches no parameter is an error, so no input is lost.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from pulumi.runtime.rpc import is_rpc_secret, unwrap_rpc_secret

from ..command.output import LocalRunError
from . import RESOURCE_TYPES

Renames = Mapping[str, str]
NUMBERS = ("integer", "long")


class Untranslatable(LocalRunError):
    """An input without a matching parameter."""


def to_parameters(shape: Shape, value: Any, renames: Renames) -> Any:
    """Return a value in the form of a shape. A value without such a form is unchanged, and botocore rejects it later.

    Args:
        shape: botocore's shape for the value.
        value: Pulumi's value. For a list, a block becomes a list with one item, and a map a list of pairs. For a
            structure, a text becomes its name, and a list its only list.
        renames: API members by Pulumi input, at any depth, for names that differ by more than case. Dots lead into
            structures (`Projection.ProjectionType`). `|` separates alternatives.

    Raises:
        Untranslatable: an input has no member in the shape.
    """
    if isinstance(shape, StructureShape):
        return _structure(shape, _block(shape, value), renames)
    if isinstance(shape, ListShape):
        return [to_parameters(shape.member, item, renames) for item in _items(shape, value)]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {key: to_parameters(shape.value, item, renames) for key, item in value.items()}
    return _scalar(shape.type_name, value)


def _structure(shape: StructureShape, value: Any, renames: Renames) -> Any:
    if not isinstance(value, Mapping):
        return value
    members: dict[str, Any] = {}
    for key, item in value.items():
        path = _path(shape, key, renames)
        members = _merge(members, _nested(path, item))
    return {name: to_parameters(shape.members[name], item, renames) for name, item in members.items()}


def _path(shape: StructureShape, key: str, renames: Renames) -> list[str]:
    """Return the path of an input in a structure, as member names."""
    members = {name.lower(): name for name in shape.members}
    for candidate in (*renames.get(key, key).split("|"), key):
        head, *rest = candidate.split(".")
        if head.lower() in members:
            return [members[head.lower()], *rest]
    raise Untranslatable(f"input {key!r} has no parameter in {shape.name}")


def _nested(path: list[str], value: Any) -> Any:
    return {path[0]: _nested(path[1:], value)} if path else value


def _merge(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return the two structures merged, including blocks that both contain."""
    common = {
        key: _merge(first[key], second[key])
        for key in first.keys() & second.keys()
        if isinstance(first[key], dict) and isinstance(second[key], dict)
    }
    return {**first, **second, **common}


def _block(shape: StructureShape, value: Any) -> Any:
    if isinstance(value, str) and "name" in shape.members:
        return {"name": value}
    (only, *others) = shape.members.items() or [("", shape)]
    if isinstance(value, list) and not others and isinstance(only[1], ListShape):
        return {only[0]: value}
    return value


def _items(shape: ListShape, value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    names = list(getattr(shape.member, "members", {}))
    if not isinstance(value, Mapping) or len(names) != 2 or {*map(str.lower, names)} == {*map(str.lower, value)}:
        return [value]
    return [dict(zip(names, pair, strict=True)) for pair in value.items()]


def _scalar(type_name: str, value: Any) -> Any:
    """Convert numbers to text and text to numbers as the shape requires. Pulumi's provider does the same."""
    if type_name == "string" and isinstance(value, bool):
        return str(value).lower()
    if type_name == "string" and isinstance(value, int | float):
        return str(int(value)) if value == int(value) else str(value)
    if type_name in NUMBERS and not isinstance(value, bool):
        return _whole(value)
    return value


def _whole(value: Any) -> Any:
    try:
        return int(value) if int(value) == float(value) else value
    except (TypeError, ValueError):
        return value


Inputs = dict[str, Any]

LOADER = Loader()
"""Botocore's models of the services, which all sessions of a process can share."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class ProviderCall:
    """An operation of an AWS service that the provider calls for a type of resource.

    Attributes:
        service: botocore's name of the service.
        operation: the operation's name in AWS's API reference.
        places: the request's member for each input with another name. Dots separate nested members, `|` alternatives.
            An empty place is not a member: its input only triggers the call, or belongs to the provider.
        below: the member that contains all other inputs.
        made: defaults that the provider generates for missing inputs.
        absent: values that stand for the absence of their input.
        turned: converts the inputs before these steps.
        each: the input whose items the provider sends in a call each.
        deletes: the provider makes the call when it deletes the resource.
    """

    service: str
    operation: str
    places: Mapping[str, str]
    below: str = ""
    made: Mapping[str, Any] = field(default_factory=dict)
    absent: Mapping[str, Any] = field(default_factory=dict)
    turned: Callable[[Inputs], Inputs] = dict
    each: str = ""
    deletes: bool = False

    @property
    def named(self) -> str:
        """Service and operation, such as `sqs CreateQueue`."""
        return f"{self.service} {self.operation}"

    @property
    def shape(self) -> StructureShape:
        """Botocore's shape of the request."""
        return shape_of(self.service, self.operation)

    @property
    def inputs(self) -> set[str]:
        """The inputs with a place, and the input whose items are sent."""
        return {*self.places, *([self.each] if self.each else [])}

    def parameters(self, inputs: Mapping[str, Any], facts: Mapping[str, Any] = _NOTHING) -> Inputs:
        """Return the request's members for inputs, with other required members from `facts`.

        Raises:
            Untranslatable: the request has no member for an input.
        """
        sent = {name: value for name, value in inputs.items() if self.places.get(name) != ""}
        below = {name: f"{self.below}.{name}" for name in sent if self.below}
        parameters = to_parameters(self.shape, sent, {**below, **self.places})
        return {**{key: facts[key] for key in self.shape.required_members if key in facts}, **parameters}

    def parts(self, inputs: Inputs) -> Iterator[Inputs]:
        """Yield the inputs of each request: one for all inputs, or one for each item."""
        for item in inputs[self.each] if self.each else [inputs]:
            yield item if isinstance(item, dict) else {self.each: item}


def call(
    named: str,
    *,
    below: str = "",
    made: Mapping[str, Any] = _NOTHING,
    absent: Mapping[str, Any] = _NOTHING,
    turned: Callable[[Inputs], Inputs] = dict,
    as_attributes: Iterable[str] = (),
    each: str = "",
    deletes: bool = False,
    **places: str,
) -> ProviderCall:
    """Return a call by its service and operation (`sqs CreateQueue`), with the places of its inputs.

    `as_attributes` are inputs that SNS and SQS expect in one map of texts, with names in upper camel case.
    `ProviderCall` describes the other arguments.
    """
    service, operation = named.split()
    attributes = {name: f"Attributes.{name[0].upper()}{name[1:]}" for name in as_attributes}
    return ProviderCall(service, operation, {**attributes, **places}, below, made, absent, turned, each, deletes)


@cache
def shape_of(service: str, operation: str) -> StructureShape:
    """Return botocore's shape of an operation's request.

    Raises:
        UnknownServiceError: botocore has no such service.
        OperationNotFoundError: the service has no such operation.
    """
    return _model(service).operation_model(operation).input_shape or StructureShape(
        "Empty", {"type": "structure", "members": {}}
    )


@cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(LOADER.load_service_model(service, "service-2"), service)


def converted(calls: tuple[ProviderCall, ...], inputs: Mapping[str, Any]) -> Inputs:
    """Return the inputs of a resource in the API's form, without values that stand for absence."""
    first = calls[0]
    return first.turned({name: value for name, value in inputs.items() if (name, value) not in first.absent.items()})


def divided(calls: tuple[ProviderCall, ...], inputs: Inputs) -> Iterator[tuple[ProviderCall, Inputs]]:
    """Yield each call that the provider makes for a resource, with the call's converted inputs.

    The first call is always made, with the inputs that no other call places. A further call is made if all inputs
    are on that only this call places.
    """
    first, *others = calls
    elsewhere = {name for other in others for name in other.inputs} - first.places.keys()
    yield first, {name: value for name, value in inputs.items() if name not in elsewhere}
    for other in others:
        placed = {name: inputs[name] for name in inputs if name in other.inputs}
        own = [value for name, value in placed.items() if name in elsewhere]
        if own and all(map(_is_on, own)):
            yield from ((other, part) for part in other.parts(placed))


def _is_on(value: Any) -> bool:
    """Return whether an input has a setting. False, an empty collection and `enabled: False` are none; 0 is one."""
    if isinstance(value, dict):
        return bool(value) and value.get("enabled") is not False
    return bool(value) or (value == 0 and value is not False)


def plain(value: Any) -> Any:
    """Return an input without Pulumi's wrappers of secrets, and without members that are None."""
    if is_rpc_secret(value):
        return plain(unwrap_rpc_secret(value))
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items() if item is not None}
    return [plain(item) for item in value] if isinstance(value, list) else value


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
    configuration = {"eventBridgeConfiguration": {}} if inputs.get("eventbridge") else {}
    rest = {name: value for name, value in inputs.items() if name != "eventbridge"}
    return {**rest, "notificationConfiguration": configuration}


def _delivery_stream(inputs: Inputs) -> Inputs:
    """Convert the encryption, which exists only if it is enabled."""
    rest = {name: value for name, value in inputs.items() if name != "serverSideEncryption"}
    encryption = dict(inputs.get("serverSideEncryption", {}))
    return {**rest, **({"serverSideEncryption": encryption} if encryption.pop("enabled", False) else {})}


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
    "delivery_stream": _delivery_stream,
    "event_bridge": _event_bridge,
    "malware_plan": _malware_plan,
    "record": _record,
    "security_group": _security_group,
    "suppressor": _suppressor,
    "table": _table,
}


def _calls(entry: Mapping[str, Mapping[str, Any]]) -> Iterator[ProviderCall]:
    for operation, arguments in entry.items():
        if operation in ("local", "recorded"):
            continue
        conversion = _CONVERSIONS[arguments["turned"]] if "turned" in arguments else dict
        converted: dict[str, Any] = {**arguments, "turned": conversion}
        yield call(operation, **converted)


KINDS: Final[dict[str, tuple[ProviderCall, ...]]] = {
    kind: tuple(_calls(entry)) for kind, entry in RESOURCE_TYPES.items()
}
"""Calls by a type without its package, such as `sqs/queue`. Repositories with other types of resources add them."""


__all__ = ["KINDS", "ProviderCall", "call"]
