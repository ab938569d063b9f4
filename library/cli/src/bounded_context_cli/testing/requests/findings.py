"""The values of a resource that AWS would refuse, with a sentence for each."""

from collections.abc import Iterator

from pulumi import Archive, Asset

from ...programs.recording import Node
from ...programs.requests import KINDS, Call
from ...programs.requests.calls import Inputs, converted, divided, plain
from ...programs.requests.translation import Untranslatable
from .limits import contradictory, documented
from .shapes import Fault, faults, missing

ARCHIVE = b"an archive"
"""Sample bytes of an archive, so the package need not be built."""

_WHERE = (
    "add its requests to KINDS in tests/conftest.py, as "
    "`context docs changing a-type-of-resource-that-no-context-has-yet` shows"
)


def findings(node: Node) -> list[str]:
    """Return a sentence for each value that AWS would refuse: the resource, the input, and the accepted values."""
    calls = KINDS.get(node.kind)
    if calls is None:
        return [f"{node.kind} {node.name}: the requests of this type of resource are unknown: {_WHERE}."]
    return [f"{node.kind} {node.name}{finding}." for finding in _of_calls(calls, node)]


def _of_calls(calls: tuple[Call, ...], node: Node) -> Iterator[str]:
    given = {name: ARCHIVE if isinstance(value, Archive | Asset) else value for name, value in node.inputs.items()}
    outputs = {name: value for name, value in node.outputs.items() if name not in given}
    earlier: Inputs = {}
    for made, inputs in divided(calls, converted(calls, plain(given))):
        known = {name: value for name, value in outputs.items() if made.places.get(name)}
        sent = {**made.made, **known, **inputs}
        unknown = dict(_unknown(made, sent))
        where = f": correct it, or {_WHERE}"
        yield from (f", {name}: {made.operation} has no place for it ({why}){where}" for name, why in unknown.items())
        accepted = {name: value for name, value in sent.items() if name not in unknown}
        request = made.parameters(accepted, earlier)
        yield from _of_request(made, accepted, request)
        earlier |= request


def _unknown(made: Call, inputs: Inputs) -> Iterator[tuple[str, Untranslatable]]:
    for name, value in inputs.items():
        try:
            made.parameters({name: value})
        except Untranslatable as unknown:
            yield name, unknown


def _of_request(made: Call, inputs: Inputs, request: Inputs) -> Iterator[str]:
    parts = {name: made.parameters({name: value}) for name, value in inputs.items()}
    found = [f", {name}: {made.operation}'s {fault}" for name, part in parts.items() for fault in _of_part(made, part)]
    found += [f": {made.operation} needs {path}, which no input gives" for path in missing(made.shape, request)]
    # Comparing members with each other requires valid members.
    yield from found or [f": {made.operation}'s {fault}" for fault in contradictory(made.named, request)]


def _of_part(made: Call, part: Inputs) -> Iterator[Fault]:
    found = list(faults(made.shape, part))
    known = {fault.path for fault in found}
    return iter([*found, *(fault for fault in documented(made.named, made.shape, part) if fault.path not in known)])
