"""The policies of the pipeline's roles and of the role for redrives, for one stack."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ....configuration.consumes import Consumed
from ....configuration.labels import XRAY_LIMIT, Labels
from ....declaration.context import Context
from ....domain.spelling import kebab
from ...programs.recording import Graph
from .grants import Grant, Place, document, on
from .kinds import KINDS
from .kinds import ROLES as BY_ROLE

PIPELINE = ("preview", "deploy", "shift")
"""The roles, in the order in which the pipeline assumes them. The smoke check uses the role `shift` too."""

ROLES = (*PIPELINE, "redrive")
"""The pipeline's roles, and the role of a person who redrives."""


def place(context: Context[Any], stack: str, region: str, account: str) -> Place:
    """Return the place of a stack of a context."""
    labels = Labels(context.name, stack, context.owner)
    return Place(context.name, stack, labels.prefix, labels.short, region, account)


def of_kind(context: Context[Any], kind: str, region: str, account: str) -> Place:
    """Return the place of all temporary stacks of a kind: their names begin with the kind."""
    stacks, prefix = f"{kind}-*", f"{kebab(context.name)}-{kind}-*"
    # The short name for X-Ray is a truncated prefix with a digest.
    return Place(context.name, stacks, prefix, f"{prefix[: XRAY_LIMIT - 9].rstrip('*')}*", region, account)


def policy(role: str, where: Place, graph: Graph, consumes: Mapping[str, Consumed]) -> dict[str, Any]:
    """Return the policy document of a role.

    Args:
        role: one of ROLES.
        where: the stack's place.
        graph: the graph of the stack's program; types that `unknown` returns are left out.
        consumes: the contexts whose events the stack consumes, from topics of other stacks.
    """
    if role in BY_ROLE:
        return document(where, BY_ROLE[role], change=True)
    kinds = {node.kind for node in graph.nodes}
    grants = [grant for kind in sorted(kinds & KINDS.keys()) for grant in KINDS[kind]]
    return document(where, [*grants, *_subscriptions(consumes.values())], change=role == "deploy")


def unknown(graph: Graph) -> list[str]:
    """Return the resource types of a program that are missing in KINDS, sorted."""
    return sorted({node.type for node in graph.nodes if node.kind not in KINDS})


def _subscriptions(consumes: Iterable[Consumed]) -> Iterator[Grant]:
    """Yield the permissions for subscriptions to the topics of other contexts."""
    for source in consumes:
        if source.topic.startswith("/"):
            yield on(f"ssm:{{place}}:parameter{source.topic}", "ssm", read="GetParameter")
        yield on(_topic(source.topic), "sns", write="Subscribe")


def _topic(named: str) -> str:
    """Return the ARN pattern of a topic that is given by its ARN, or by another context's SSM parameter."""
    if not named.startswith("/"):
        return named.removeprefix("arn:aws:")
    # /<context>/<stack>/topic-arn holds the ARN of the topic <context>-<stack>-events.
    return f"sns:{{place}}:{'-'.join(named.strip('/').split('/')[:-1])}-events"
