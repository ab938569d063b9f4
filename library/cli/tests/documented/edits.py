"""Violations that are edits of a recorded graph.

A violation names a type of resource and new inputs::

    violation = { of = "lambda/function", set = { timeout = 901 } }

Attributes of a violation:

- `of`: the type of the resource without its package. `name` is its logical name; by default it is the first resource
  of the type that has the inputs.
- `set`: values by path. A number in a path is the index in a list. `drop` lists paths that are removed.
- `document`: the input with JSON text in which the paths are.
- `copies`: registers so many copies of the resource in addition.
- `absent`: the resource is removed.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from bounded_context_cli.programs.recording import Graph, Node
from tests.aws_requests.graphs import GRAPHS

from .rules import expanded

SAMPLES = (
    "with every setting",
    "the default as local",
    "on a shared server",
    "with a reaction",
    "the pipeline",
    "an account",
    "with an archive as prod",
    "with a partner's own server",
)
"""The graphs that are edited: one of them has each type of resource."""


class NoResource(LookupError):
    """No sample graph has a resource for a violation."""


def sample(violation: Mapping[str, Any]) -> tuple[Graph, Node]:
    """Return the first sample graph with a resource for a violation, and the resource. Raises NoResource."""
    for graph in _samples():
        if (node := _chosen(graph, violation)) is not None:
            return graph, node
    raise NoResource(f"no sample graph has {violation['of']} {violation.get('name', '')}")


@cache
def _samples() -> list[Graph]:
    return [GRAPHS[name]() for name in SAMPLES]


def _chosen(graph: Graph, violation: Mapping[str, Any]) -> Node | None:
    named = [node for node in graph.of(violation["of"]) if violation.get("name") in (None, node.name)]
    heads = {violation.get("document") or path.partition(".")[0] for path in violation.get("set", ())}
    return max(named, key=lambda node: len(heads & node.inputs.keys()), default=None)


def planted(violation: Mapping[str, Any]) -> tuple[Graph, Node]:
    """Return a sample graph with the violation, and the edited resource."""
    graph, node = sample(violation)
    edited = _edited(node, violation)
    others = [other for other in graph.nodes if other is not node]
    own = [] if violation.get("absent") else [edited]
    copies = [replace(edited, name=f"{node.name}-{number}") for number in range(violation.get("copies", 0))]
    return replace(graph, nodes=[*others, *own, *copies]), edited


def _edited(node: Node, violation: Mapping[str, Any]) -> Node:
    inputs: dict[str, Any] = dict(node.inputs)
    if name := violation.get("document"):
        inputs[name] = json.dumps(changed(json.loads(inputs[name]), violation))
    else:
        inputs = changed(inputs, violation)
    return replace(node, inputs=inputs, outputs={**node.outputs, **inputs})


def changed(value: Any, violation: Mapping[str, Any]) -> Any:
    """Return a value with other members at the paths of a violation."""
    for path, member in violation.get("set", {}).items():
        value = _with(value, path.split("."), expanded(member))
    for path in violation.get("drop", ()):
        value = _with(value, path.split("."), None)
    return value


def _with(value: Any, path: list[str], member: Any) -> Any:
    """Return a copy with a member at a path, or without it if the member is None."""
    head, *rest = path
    if isinstance(value, list):
        at = int(head)
        new = _with(value[at], rest, member) if rest else member
        return [*value[:at], *([] if new is None else [new]), *value[at + 1 :]]
    new = _with(value.get(head, {}), rest, member) if rest else member
    others = {name: child for name, child in value.items() if name != head}
    return others if new is None else {**others, head: new}
