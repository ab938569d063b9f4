"""The calls that Pulumi's provider makes for a resource, and the requests that they are."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from botocore.model import StructureShape
from botocore.session import Session
from pulumi import Archive, Asset
from pulumi.runtime.rpc import is_rpc_secret, unwrap_rpc_secret

from ...local.deploy.translation import to_parameters
from ..graph import Node

Inputs = dict[str, Any]

ARCHIVE = b"an archive"
"""What stands for the bytes of an archive: it need not have been built."""


@dataclass(frozen=True)
class Call:
    """An operation of an AWS service that the provider calls for a type of resource.

    Attributes:
        service: as botocore calls it.
        operation: as AWS's API reference calls it.
        places: the member for each input that has another name; dots lead into structures, `|` stands between names of
            which one is there. An empty one is not a member: its input asks for the call, or is the provider's own.
        below: the member in which all other inputs are.
        made: inputs that the provider makes up where there are none.
        turned: what the provider does to the inputs before all of this.
    """

    service: str
    operation: str
    places: Mapping[str, str]
    below: str = ""
    made: Mapping[str, Any] = field(default_factory=dict)
    turned: Callable[[Inputs], Inputs] = dict

    @property
    def named(self) -> str:
        """Service and operation, such as `sqs CreateQueue`."""
        return f"{self.service} {self.operation}"

    @property
    def shape(self) -> StructureShape:
        """What botocore knows of the request."""
        return shape_of(self.service, self.operation)

    def part(self, name: str, value: Any) -> Inputs:
        """Return what one input is in the request. Raises Untranslatable: it is no part of it."""
        if self.places.get(name) == "":
            return {}
        below = {name: f"{self.below}.{name}"} if self.below else {}
        return to_parameters(self.shape, {name: value}, {**below, **self.places})


def call(
    named: str,
    *,
    below: str = "",
    made: Mapping[str, Any] | None = None,
    turned: Callable[[Inputs], Inputs] = dict,
    as_attributes: Mapping[str, str] = MappingProxyType({}),
    **places: str,
) -> Call:
    """Return a call by its service and operation (`sqs CreateQueue`), with the places of its inputs.

    `as_attributes` are those that SNS and SQS have in one map of texts.
    """
    service, operation = named.split()
    attributes = {name: f"Attributes.{attribute}" for name, attribute in as_attributes.items()}
    return Call(service, operation, {**attributes, **places}, below, made or {}, turned)


@cache
def shape_of(service: str, operation: str) -> StructureShape:
    """Return what botocore knows of an operation's request.

    Raises:
        UnknownServiceError: botocore knows no such service.
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
    """Yield each call that is made for a resource, with the inputs that it takes.

    The first is made in any case, and takes what no other one places. Another is made where there is an input that only
    it places. What is placed and not given is looked up in the resource's outputs: names that Pulumi makes, ids.
    """
    first, *others = calls
    inputs = first.turned({name: _plain(value) for name, value in node.inputs.items() if value is not None})
    elsewhere = {name for other in others for name in other.places} - first.places.keys()
    mine = {name: value for name, value in inputs.items() if name not in elsewhere}
    yield first, _filled(first, mine, node)
    for other in others:
        asked = {name: inputs[name] for name in other.places if name in inputs}
        if any(value is not False for name, value in asked.items() if name in elsewhere):
            yield other, _filled(other, asked, node)


def _filled(one: Call, inputs: Inputs, node: Node) -> Inputs:
    made = node.outputs.keys() - node.inputs.keys()
    known = {name: node.outputs[name] for name, place in one.places.items() if place and name in made}
    return {**one.made, **known, **inputs}


def _plain(value: Any) -> Any:
    """Return a value without Pulumi's wrappings of secrets and of archives, and without what is not given."""
    if isinstance(value, Archive | Asset):
        return ARCHIVE
    if is_rpc_secret(value):
        return _plain(unwrap_rpc_secret(value))
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items() if one is not None}
    return [_plain(one) for one in value] if isinstance(value, list) else value
