"""The values of a resource that AWS would refuse, with a sentence for each."""

from collections.abc import Iterator
from typing import Any

from ...tools.local.provider.translation import Untranslatable
from ...tools.programs.recording import Node
from .calls import Call, Inputs, made_of
from .kinds import KINDS
from .limits import contradictory, documented
from .shapes import Fault, faults, missing

_WHERE = "add it to KINDS of bounded_context.testing.requests"


def findings(node: Node) -> list[str]:
    """Return a sentence for each value that AWS would refuse: the resource, the input, and the accepted values."""
    calls = KINDS.get(node.kind)
    if calls is None:
        return [f"{node.kind} {node.name}: the requests of this type of resource are unknown: {_WHERE}."]
    return [
        f"{node.kind} {node.name}{finding}."
        for made, inputs in made_of(node, calls)
        for finding in _of_call(made, inputs)
    ]


def _of_call(made: Call, inputs: Inputs) -> Iterator[str]:
    request: Inputs = {}
    found: list[str] = []
    for name, value in inputs.items():
        try:
            part = made.part(name, value)
        except Untranslatable as unknown:
            found.append(f", {name}: {made.operation} has no place for it ({unknown}): correct it, or {_WHERE}")
            continue
        found += [f", {name}: {made.operation}'s {fault}" for fault in _of_part(made, part)]
        request = _together(request, part)
    found += [f": {made.operation} needs {path}, which no input gives" for path in missing(made.shape, request)]
    # Comparing members with each other requires valid members.
    return iter(found or [f": {made.operation}'s {fault}" for fault in contradictory(made.named, request)])


def _of_part(made: Call, part: Inputs) -> Iterator[Fault]:
    found = list(faults(made.shape, part))
    known = {fault.path for fault in found}
    return iter([*found, *(fault for fault in documented(made.named, made.shape, part) if fault.path not in known)])


def _together(one: Any, other: Any) -> Any:
    """Merge two parts of a request, including lists of one structure that several inputs define."""
    if isinstance(one, dict) and isinstance(other, dict):
        common = {key: _together(one[key], other[key]) for key in one.keys() & other.keys()}
        return {**one, **other, **common}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other) == 1:
        return [_together(one[0], other[0])]
    return other
