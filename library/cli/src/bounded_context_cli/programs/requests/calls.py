"""The calls that Pulumi's provider makes for a resource, and their requests."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel, StructureShape
from pulumi.runtime.rpc import is_rpc_secret, unwrap_rpc_secret

from .translation import to_parameters

Inputs = dict[str, Any]

LOADER = Loader()
"""Botocore's models of the services, which all sessions of a process can share."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Call:
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
        given = to_parameters(self.shape, sent, {**below, **self.places})
        return {**{key: facts[key] for key in self.shape.required_members if key in facts}, **given}

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
) -> Call:
    """Return a call by its service and operation (`sqs CreateQueue`), with the places of its inputs.

    `as_attributes` are inputs that SNS and SQS expect in one map of texts, with names in upper camel case. `Call`
    describes the other arguments.
    """
    service, operation = named.split()
    attributes = {name: f"Attributes.{name[0].upper()}{name[1:]}" for name in as_attributes}
    return Call(service, operation, {**attributes, **places}, below, made, absent, turned, each, deletes)


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


def converted(calls: tuple[Call, ...], inputs: Mapping[str, Any]) -> Inputs:
    """Return the inputs of a resource in the API's form, without values that stand for absence."""
    first = calls[0]
    return first.turned({name: value for name, value in inputs.items() if (name, value) not in first.absent.items()})


def divided(calls: tuple[Call, ...], inputs: Inputs) -> Iterator[tuple[Call, Inputs]]:
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
