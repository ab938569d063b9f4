"""The table of resource types against botocore's models: no misspelt operation, and no misspelt parameter."""

from collections.abc import Iterator

import pytest
from botocore import xform_name
from botocore.model import ListShape, Shape, StructureShape

from bounded_context.tools.local.provider.creation import Call
from bounded_context.tools.local.provider.resources import RESOURCES

from .conftest import RecordingAws

CALLS = [(kind, call) for kind, resource in RESOURCES.items() for call in (resource, *resource.further)]


def members(shape: Shape) -> Iterator[str]:
    """Yield the names of all members of a shape, at any depth, in lower case."""
    if isinstance(shape, ListShape):
        yield from members(shape.member)
    elif isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            yield name.lower()
            yield from members(member)


@pytest.mark.parametrize(("kind", "call"), CALLS, ids=[f"{kind}: {call.operation}" for kind, call in CALLS])
def test_each_place_is_a_parameter(aws_of_nothing: RecordingAws, kind: str, call: Call) -> None:
    """A misspelt place would be ignored: the input would be looked up by its own name."""
    service, operation = call.operation.split()
    known = {*members(aws_of_nothing.input_shape(service, xform_name(operation)))}
    paths = [path.split(".") for place in (call.below, *call.places.values()) if place for path in place.split("|")]
    names = [name for path in paths for name in (path[:1] if path[0] == "Attributes" else path)]
    assert {name.lower() for name in names} <= known


def test_each_further_call_has_an_input() -> None:
    assert all(call.inputs for resource in RESOURCES.values() for call in resource.further)
