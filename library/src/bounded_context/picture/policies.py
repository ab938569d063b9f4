"""What roles may do, in words: their policies' statements, read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..graph import Graph, Node

_WORDS: Final = (
    ("reads", ("Get", "BatchGet", "Query", "Scan", "List", "Describe", "Head", "PartiQLSelect", "Select")),
    ("starts", ("StartExecution", "StartSyncExecution")),
    ("calls", ("Invoke",)),
    ("publishes", ("Publish",)),
    ("sends", ("Send",)),
    ("receives", ("Receive",)),
    ("writes", ("Put", "Update", "Delete", "BatchWrite", "Create", "Abort", "Restore", "PartiQL", "Tag", "*")),
)
"""What a picture says of actions, by how these begin, the first that fits; of others it says "uses"."""

_ONLY_WITH: Final = ("sqs:GetQueue", "sqs:DeleteMessage", "sqs:ChangeMessage", "states:StopExecution")
"""What is said already by what it goes with."""

ORDER: Final = (*(word for word, _ in _WORDS), "uses")
"""The words in the order in which they are listed."""


@dataclass(frozen=True)
class Grant:
    """What a role may do with some resources: actions, and ARNs or patterns of them."""

    role: str
    actions: Sequence[str]
    resources: Sequence[str]


def grants(graph: Graph) -> Iterator[Grant]:
    """What the policies of the graph's roles allow, also those that stand within a role or are attached to it."""
    for role, policy in _policies(graph):
        for statement in policy:
            if statement["Effect"] == "Allow":
                yield Grant(role, _listed(statement.get("Action")), _listed(statement.get("Resource")))


def words(actions: Sequence[str]) -> set[str]:
    """What is said of actions such as `dynamodb:GetItem`."""
    return {_word(action.partition(":")[2]) for action in actions if not action.startswith(_ONLY_WITH)}


def role_name(arn: str) -> str:
    """The name of the role that an ARN or a name means."""
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
    return Node(**{**vars(role), "inputs": policy}).statements()


def _listed(value: Any) -> list[str]:
    """A list of a policy, which may be one text alone."""
    return [value] if isinstance(value, str) else list(value or ())
