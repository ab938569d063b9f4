"""The tables of requests against botocore's models: no line is dead, and no pattern is left out unseen."""

import re
from collections.abc import Iterator

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape

from bounded_context_cli.programs.requests import KINDS, ProviderCall
from bounded_context_cli.testing.requests.findings import LIMITS
from bounded_context_cli.testing.requests.shapes import CLASSES, as_python, matches
from bounded_context_local.provider.program import RESOURCES
from bounded_context_platform.permissions.grants import KINDS as PERMITTED

ALL = [(kind, call) for kind, calls in KINDS.items() for call in calls]
CALLS = {call.named: call for _, call in ALL}


def shapes(shape: Shape, above: tuple[str, ...] = ()) -> Iterator[Shape]:
    """A shape and all in it; what holds itself, once."""
    yield shape
    if shape.name in above:
        return
    inside = (*above, shape.name)
    if isinstance(shape, StructureShape):
        for member in shape.members.values():
            yield from shapes(member, inside)
    elif isinstance(shape, ListShape):
        yield from shapes(shape.member, inside)
    elif isinstance(shape, MapShape):
        yield from (*shapes(shape.key, inside), *shapes(shape.value, inside))


def patterns() -> set[str]:
    """Every pattern of what a request may hold."""
    expressions = {shape.metadata.get("pattern") for call in CALLS.values() for shape in shapes(call.shape)}
    return {pattern for pattern in expressions if pattern}


def test_every_type_that_is_deployed_elsewhere_has_its_requests() -> None:
    """On the emulator, and by the pipeline's roles."""
    assert RESOURCES.keys() | PERMITTED.keys() <= KINDS.keys()


def test_every_pattern_is_looked_at() -> None:
    """One that Python cannot read, or reads otherwise than Java, would be a check of nothing."""
    assert [pattern for pattern in patterns() if as_python(pattern) is None] == []
    classes = {name for pattern in patterns() for name in re.findall(r"\\[pP]\{\w+\}", pattern)}
    assert classes == CLASSES.keys()


@pytest.mark.parametrize("call", [call for _, call in ALL], ids=[f"{kind}: {call.named}" for kind, call in ALL])
def test_every_place_is_a_member(call: ProviderCall) -> None:
    """A misspelt one would never be found: names that are not there are looked for as they are."""
    heads = {
        name.lower() for shape in shapes(call.shape) if isinstance(shape, StructureShape) for name in shape.members
    }
    placed = [name for place in call.places.values() if place for name in re.split(r"[.|]", place)]
    attributes = [name for place in call.places.values() for name in re.findall(r"^Attributes\.(\w+)$", place)]
    assert {name.lower() for name in placed} - {name.lower() for name in attributes} <= heads
    assert not call.below or call.below in call.shape.members


def test_each_further_call_has_an_input_of_its_own() -> None:
    """Nothing would cause a call without one."""
    assert all(other.inputs - first.inputs for first, *others in KINDS.values() for other in others)


def test_every_limit_is_of_a_member_and_has_a_check() -> None:
    """And of a call that is made."""
    for named, limits in LIMITS.items():
        for path, limit in limits.items():
            assert is_there(CALLS[named].shape, path.split(".")), (named, path)
            assert limit.model_fields_set - {"words", "unit", "page"}, (named, path)


def is_there(shape: Shape, path: list[str]) -> bool:
    """Whether a path without numbers leads to something."""
    if isinstance(shape, ListShape):
        return is_there(shape.member, path)
    if not path or isinstance(shape, MapShape):
        return True
    return isinstance(shape, StructureShape) and path[0] in shape.members and is_there(shape.members[path[0]], path[1:])


def test_a_pattern_for_the_partition_of_china_takes_that_of_govcloud() -> None:
    """EventBridge Scheduler is in both, and its patterns have one hyphen. Another partition is refused."""
    for pattern in (pattern for pattern in patterns() if pattern.startswith("^arn:aws(-[a-z]+)?:iam:")):
        roles = {
            name: f"arn:{name}:iam::111122223333:role/r" for name in ("aws", "aws-cn", "aws-us-gov", "aws-us", "a")
        }
        assert {name for name, role in roles.items() if not matches(pattern, role)} == {"a"}
    assert not matches("^arn:aws:iam::[0-9]+:role/r$", "arn:aws-us-gov:iam::1:role/r")
