"""The calls that Pulumi's provider makes for a resource, and their requests."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from botocore.model import StructureShape
from botocore.session import Session
from pulumi import Archive, Asset
from pulumi.runtime.rpc import is_rpc_secret, unwrap_rpc_secret

from ...tools.local.provider.translation import to_parameters
from ...tools.programs.recording import Node

Inputs = dict[str, Any]

_NOTHING: Mapping[str, Any] = MappingProxyType({})

ARCHIVE = b"an archive"
"""Sample bytes of an archive, so that the package need not be built."""


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
    """

    service: str
    operation: str
    places: Mapping[str, str]
    below: str = ""
    made: Mapping[str, Any] = field(default_factory=dict)
    absent: Mapping[str, Any] = field(default_factory=dict)
    turned: Callable[[Inputs], Inputs] = dict

    @property
    def named(self) -> str:
        """Service and operation, such as `sqs CreateQueue`."""
        return f"{self.service} {self.operation}"

    @property
    def shape(self) -> StructureShape:
        """Botocore's shape of the request."""
        return shape_of(self.service, self.operation)

    def part(self, name: str, value: Any) -> Inputs:
        """Return the part of the request that an input defines. Raises Untranslatable for an unknown input."""
        if self.places.get(name) == "":
            return {}
        below = {name: f"{self.below}.{name}"} if self.below else {}
        return to_parameters(self.shape, {name: value}, {**below, **self.places})


def call(
    named: str,
    *,
    below: str = "",
    made: Mapping[str, Any] = _NOTHING,
    absent: Mapping[str, Any] = _NOTHING,
    turned: Callable[[Inputs], Inputs] = dict,
    as_attributes: Mapping[str, str] = _NOTHING,
    **places: str,
) -> Call:
    """Return a call by its service and operation (`sqs CreateQueue`), with the places of its inputs.

    `as_attributes` are inputs that SNS and SQS expect in one map of texts. `Call` describes the other arguments.
    """
    service, operation = named.split()
    attributes = {name: f"Attributes.{attribute}" for name, attribute in as_attributes.items()}
    return Call(service, operation, {**attributes, **places}, below, made, absent, turned)


@cache
def shape_of(service: str, operation: str) -> StructureShape:
    """Return botocore's shape of an operation's request.

    Raises:
        UnknownServiceError: botocore has no such service.
        OperationNotFoundError: the service has no such operation.
    """
    shape = _service(service).operation_model(operation).input_shape
    return shape or StructureShape("Empty", {"type": "structure", "members": {}})


@cache
def _service(name: str) -> Any:
    return _session().get_service_model(name)


@cache
def _session() -> Session:
    return Session()


def made_of(node: Node, calls: tuple[Call, ...]) -> Iterator[tuple[Call, Inputs]]:
    """Yield each call that the provider makes for a resource, with the call's inputs.

    The first call is always made, with the inputs that no other call places. A further call is made if an input is set
    that only this call places. Placed but missing inputs are read from the resource's outputs: ids and generated names.
    """
    first, *others = calls
    given = {name: _plain(value) for name, value in node.inputs.items() if value is not None}
    inputs = first.turned({name: value for name, value in given.items() if (name, value) not in first.absent.items()})
    elsewhere = {name for other in others for name in other.places} - first.places.keys()
    mine = {name: value for name, value in inputs.items() if name not in elsewhere}
    yield first, _filled(first, mine, node)
    for other in others:
        placed = {name: inputs[name] for name in other.places if name in inputs}
        if any(value is not False for name, value in placed.items() if name in elsewhere):
            yield other, _filled(other, placed, node)


def _filled(request_call: Call, inputs: Inputs, node: Node) -> Inputs:
    made = node.outputs.keys() - node.inputs.keys()
    known = {name: node.outputs[name] for name, place in request_call.places.items() if place and name in made}
    return {**request_call.made, **known, **inputs}


def _plain(value: Any) -> Any:
    """Return a value without Pulumi's wrappers of secrets and archives, and without members that are None."""
    if isinstance(value, Archive | Asset):
        return ARCHIVE
    if is_rpc_secret(value):
        return _plain(unwrap_rpc_secret(value))
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    return [_plain(item) for item in value] if isinstance(value, list) else value
