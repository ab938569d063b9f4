"""What AWS would refuse of a resource, a sentence each."""

from collections.abc import Iterator
from typing import Any

from ...local.deploy.translation import Untranslatable
from ..graph import Node
from .calls import Call, Inputs, made_of
from .documented import contradictory, documented
from .kinds import KINDS
from .shapes import Fault, faults, missing

_WHERE = "add it to KINDS of bounded_context.testing.requests"


def findings(node: Node) -> list[str]:
    """Return a sentence for each thing that AWS would refuse: the resource, the input, and what AWS takes."""
    calls = KINDS.get(node.kind)
    if calls is None:
        return [f"{node.kind} {node.name}: nothing here knows what AWS is asked for such a resource: {_WHERE}."]
    return [f"{node.kind} {node.name}{one}." for made, inputs in made_of(node, calls) for one in _of_call(made, inputs)]


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
    # Only what is good by itself can be compared with the rest.
    return iter(found or [f": {made.operation}'s {fault}" for fault in contradictory(made.named, request)])


def _of_part(made: Call, part: Inputs) -> Iterator[Fault]:
    found = list(faults(made.shape, part))
    known = {fault.path for fault in found}
    return iter([*found, *(fault for fault in documented(made.named, part) if fault.path not in known)])


def _together(one: Any, other: Any) -> Any:
    """Return two parts of a request as one: what several inputs place in one structure, or list of one, is one."""
    if isinstance(one, dict) and isinstance(other, dict):
        common = {key: _together(one[key], other[key]) for key in one.keys() & other.keys()}
        return {**one, **other, **common}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other) == 1:
        return [_together(one[0], other[0])]
    return other
