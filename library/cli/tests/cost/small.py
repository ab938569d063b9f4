"""Graphs of a few resources, written by hand."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bounded_context_cli.programs.recording import Graph, Node

_AWS = "arn:aws:{}:eu-west-1:111122223333:{}"


def node(kind: str, name: str = "one", /, **inputs: Any) -> Node:
    """A resource as the recorder has it."""
    return Node(
        type=f"aws:{kind}:Any",
        name=name,
        urn=name,
        inputs=inputs,
        outputs={"name": name, "arn": _AWS.format("lambda", f"function:{name}"), **inputs},
        protect=False,
        retain_on_delete=False,
        ignore_changes=frozenset(),
        dependencies=frozenset(),
    )


def graph(*nodes: Node) -> Graph:
    """All of these, and nothing else."""
    return Graph(nodes=list(nodes))


def function(name: str, memory: int = 1024, **variables: str) -> Node:
    """A function by its name in code."""
    return node(
        "lambda/function",
        name,
        name=name,
        handler=f"thing.handlers.{name}.lambda_handler",
        memorySize=memory,
        environment={"variables": variables},
        tracingConfig={"mode": "Active"},
        loggingConfig={"logGroup": f"/{name}"},
    )


def alias(name: str) -> str:
    """The ARN of a function's alias."""
    return _AWS.format("lambda", f"function:{name}:live")


def schedule(name: str, rate: str = "rate(1 minute)") -> Node:
    """A schedule that calls a function."""
    return node("scheduler/schedule", name, scheduleExpression=rate, target={"arn": alias(name)})


def changed(whole: Graph, kind: str, **inputs: Any) -> Graph:
    """The graph with other inputs of all resources of a kind."""
    return Graph(nodes=[_with(resource, inputs) if resource.kind == kind else resource for resource in whole.nodes])


def _with(node: Node, inputs: Mapping[str, Any]) -> Node:
    return replace(node, inputs={**node.inputs, **inputs})


def filter_of(*types: str) -> str:
    """A subscription's filter."""
    return json.dumps({"type": list(types)})
