"""Statements of policies in a graph."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bounded_context_cli.programs.recording import Graph

Statement = Mapping[str, Any]


def as_list(value: Any) -> list[Any]:
    """Return a member that may be a list or one value as a list."""
    return value if isinstance(value, list) else [value]


def statements(text: str) -> list[Statement]:
    """Return the statements of a policy in JSON."""
    return as_list(json.loads(text)["Statement"])


def allows(policy: Iterable[Statement], service: str, *actions: str) -> bool:
    """Return whether the statements allow a service all these actions, under any condition."""
    allowed: set[str] = set()
    for statement in policy:
        if statement["Effect"] == "Allow" and service in _services(statement):
            allowed.update(as_list(statement["Action"]))
    return set(actions) <= {action for action in actions if action in allowed or f"{action}*" in allowed}


def _services(statement: Statement) -> list[str]:
    principal = statement.get("Principal", {})
    return as_list(principal.get("Service", [])) if isinstance(principal, Mapping) else []


def of_resource(graph: Graph, kind: str, member: str, value: str) -> Iterator[Statement]:
    """Yield the statements of the policies that belong to a resource: those whose input has its value."""
    for node in graph.of(kind):
        if node.inputs.get(member) == value:
            yield from statements(node.inputs["policy"])


def of_key(graph: Graph, key: str) -> Iterator[Statement]:
    """Yield the statements of the key with an ARN. Recorded keys have one ARN."""
    for node in graph.of("kms/key"):
        if node.arn == key:
            yield from statements(node.inputs["policy"])
