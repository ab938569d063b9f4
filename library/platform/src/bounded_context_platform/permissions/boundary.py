"""The permissions boundary of a stack: the maximum of the permissions that its program gives to roles."""

import json
import re
from collections.abc import Iterator
from typing import Any

from bounded_context.domain.spelling import kebab
from bounded_context_cli.programs.recording import ACCOUNT, Graph
from bounded_context_infra.configuration.labels import Labels

from .grants import Place

Document = dict[str, Any]
Scope = tuple[str, str]
"""A resource and a condition, as JSON text."""

_KINDS = ("iam/rolePolicy", "iam/policy")


def boundary(where: Place, graph: Graph, recorded: Labels) -> Document:
    """Return the boundary's policy document: it allows each statement of each role, on all resources of the stack.

    Args:
        where: the place of the stack, or of all stacks of a kind.
        graph: the graph of the program.
        recorded: the names in the graph.
    """
    found: dict[Scope, set[str]] = {}
    for node in graph.of(*_KINDS):
        for statement in node.statements():
            if statement["Effect"] == "Allow":
                for scope in _scopes(where, graph, recorded, statement):
                    found.setdefault(scope, set()).update(_texts(statement["Action"]))
    return {"Version": "2012-10-17", "Statement": _statements(found)}


def _scopes(where: Place, graph: Graph, recorded: Labels, statement: Document) -> Iterator[Scope]:
    keys = {node.arn for node in graph.of("kms/key")}
    for resource in _texts(statement["Resource"]):
        if resource in keys:
            yield where.arn("kms:{place}:key/*"), json.dumps(where.condition("tagged"))
        elif (own := _own(where, recorded, resource)) is not None:
            yield own, "{}"
        else:
            yield _placed(where, resource), json.dumps(statement.get("Condition", {}), sort_keys=True)


def _own(where: Place, recorded: Labels, resource: str) -> str | None:
    """Return the pattern of the stack's resources for an ARN of the graph, or None for a resource of others."""
    names = {
        f"{recorded.prefix}-": f"{where.prefix}-*",
        f"parameter/{kebab(recorded.context)}/{recorded.stack}/": f"parameter/{where.path}/*",
    }
    for own, general in names.items():
        if found := re.match(f"(.*?[:/]){re.escape(own)}", resource):
            return f"{_placed(where, found[1])}{general}"
    return None


def _placed(where: Place, arn: str) -> str:
    """Return an ARN of the graph with the region and the account of the stack."""
    return re.sub(f":([a-z0-9-]*):{ACCOUNT}:", lambda found: f":{found[1] and where.region}:{where.account}:", arn)


def _statements(found: dict[Scope, set[str]]) -> list[Document]:
    """Return a statement for each group of resources with the same actions and condition."""
    alike: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for (resource, condition), actions in sorted(found.items()):
        alike.setdefault((tuple(sorted(actions)), condition), []).append(resource)
    return [
        {"Effect": "Allow", "Action": [*actions], "Resource": [*resources]}
        | ({"Condition": condition} if condition else {})
        for actions, resources, condition in _with_all_values(alike)
    ]


def _with_all_values(
    alike: dict[tuple[tuple[str, ...], str], list[str]],
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], Document]]:
    """Yield actions, resources and condition, once for all values of a condition key: a policy has a maximum size."""
    values: dict[Any, dict[str, None]] = {}
    for (actions, text), resources in alike.items():
        condition = json.loads(text)
        if len(condition) == 1 and len(*condition.values()) == 1:
            [(operator, keys)] = condition.items()
            [(key, value)] = keys.items()
            values.setdefault((actions, (*resources,), operator, key), {}).update(dict.fromkeys(_texts(value)))
        else:
            yield actions, (*resources,), condition
    for (actions, resources, operator, key), found in values.items():
        yield actions, resources, {operator: {key: [*found]}}


def _texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
