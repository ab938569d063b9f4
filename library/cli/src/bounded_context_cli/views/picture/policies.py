"""The permissions of roles in words, read from their policies' statements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ...programs.graph import Graph, Node

_WORDS: Final = (
    ("reads", ("Get", "BatchGet", "Query", "Scan", "List", "Describe", "Head", "PartiQLSelect", "Select")),
    ("starts", ("StartExecution", "StartSyncExecution")),
    ("calls", ("Invoke",)),
    ("publishes", ("Publish",)),
    ("sends", ("Send",)),
    ("receives", ("Receive",)),
    ("writes", ("Put", "Update", "Delete", "BatchWrite", "Create", "Abort", "Restore", "PartiQL", "Tag", "*")),
)
"""The label of an action by its beginning; the first match applies. Other actions have the label "uses"."""

_ONLY_WITH: Final = ("sqs:GetQueue", "sqs:DeleteMessage", "sqs:ChangeMessage", "states:StopExecution")
"""Actions without a label, because they only occur together with labelled actions."""

ORDER: Final = (*(word for word, _ in _WORDS), "uses")
"""All labels, in display order."""


@dataclass(frozen=True)
class Grant:
    """The permissions of a role: actions, on ARNs or patterns of ARNs."""

    role: str
    actions: Sequence[str]
    resources: Sequence[str]


def grants(graph: Graph) -> Iterator[Grant]:
    """Yield the allowed permissions of the graph's roles: from role policies, inline policies and attached policies."""
    for role, policy in _policies(graph):
        for statement in policy:
            if statement["Effect"] == "Allow":
                yield Grant(role, _listed(statement.get("Action")), _listed(statement.get("Resource")))


def words(actions: Sequence[str]) -> set[str]:
    """Return the labels of actions such as `dynamodb:GetItem`."""
    return {_word(action.partition(":")[2]) for action in actions if not action.startswith(_ONLY_WITH)}


def role_name(arn: str) -> str:
    """Return the name of a role, given its ARN or name."""
    return arn.rpartition("/")[2]


def _word(action: str) -> str:
    return next((word for word, starts in _WORDS if action.startswith(starts)), ORDER[-1])


def _policies(graph: Graph) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    attached = {str(node.inputs["policyArn"]): node.inputs["role"] for node in graph.of("iam/rolePolicyAttachment")}
    for node in graph.of("iam/rolePolicy"):
        yield role_name(str(node.inputs["role"])), node.statements()
    for node in graph.of("iam/policy"):
        if role := attached.get(str(node.outputs.get("arn"))):
            yield role_name(str(role)), node.statements()
    for node in graph.of("iam/role"):
        yield from ((node.called, _inline(node, policy)) for policy in node.inputs.get("inlinePolicies", ()))


def _inline(role: Node, policy: dict[str, Any]) -> list[dict[str, Any]]:
    return replace(role, inputs=policy).statements()


def _listed(value: Any) -> list[str]:
    """Return an element of a policy as a list, also if it is a single text."""
    return [value] if isinstance(value, str) else list(value or ())
