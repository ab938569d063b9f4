"""Graphs with and without the maps that validate ranges and verify parts."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from bounded_context_cli.programs.recording import Graph, Node

RANGES: Final = "ValidateRanges"
PARTS: Final = "VerifyParts"

LARGE_LIST: Final = 1024 * 2**20
"""The size of a file whose validation needs ranges: the largest accepted list, in bytes."""

States = dict[str, Any]


def with_ranges(whole: Graph) -> Graph:
    """Return the graph with the map that validates ranges, and with lists of at least 1024 MB."""
    return _changed(_with_definition(whole, _add_ranges), "lambda/function", _accept_large_lists)


def without_map(whole: Graph, name: str) -> Graph:
    """Return the graph with a workflow in which one call does the work of a map."""
    return _with_definition(whole, lambda states: _remove(states, name))


def _add_ranges(states: States) -> None:
    if RANGES in states:
        return
    call = {key: value for key, value in states["ValidateList"].items() if key not in ("Next", "Catch")}
    child = {"StartAt": "ValidateRange", "States": {"ValidateRange": {**call, "End": True}}}
    lanes = states["ImportList"]["MaxConcurrency"]
    states[RANGES] = {"Type": "Map", "MaxConcurrency": lanes, "ItemProcessor": child, "Next": "ValidateList"}
    states["IsValid"]["Choices"].append({"Variable": "$.outcome", "StringEquals": "SPLIT", "Next": RANGES})


def _remove(states: States, name: str) -> None:
    states.pop(name, None)
    for state in states.values():
        if "Choices" in state:
            state["Choices"] = [choice for choice in state["Choices"] if choice["Next"] != name]


def _with_definition(whole: Graph, change: Callable[[States], None]) -> Graph:
    def changed(inputs: Mapping[str, Any]) -> dict[str, Any]:
        definition = json.loads(str(inputs["definition"]))
        change(definition["States"])
        return {"definition": json.dumps(definition)}

    return _changed(whole, "sfn/stateMachine", changed)


def _accept_large_lists(inputs: Mapping[str, Any]) -> dict[str, Any]:
    environment = deepcopy(inputs.get("environment") or {})
    variables = environment.get("variables", {})
    if "MAX_LIST_BYTES" in variables:
        variables["MAX_LIST_BYTES"] = str(max(LARGE_LIST, int(variables["MAX_LIST_BYTES"])))
    return {"environment": environment}


def _changed(whole: Graph, kind: str, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Graph:
    def changed_node(node: Node) -> Node:
        return replace(node, inputs={**node.inputs, **change(node.inputs)}) if node.kind == kind else node

    return Graph(nodes=[changed_node(node) for node in whole.nodes])
