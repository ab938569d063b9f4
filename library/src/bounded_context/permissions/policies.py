"""The policy of each of the pipeline's roles, and of whoever redrives, for one stack."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ..context import Context
from ..infra.consumes import Consumed
from ..infra.labels import XRAY_LIMIT, Labels
from ..testing.graph import Graph
from ..words import kebab
from .grants import Grant, Place, document, on
from .kinds import KINDS
from .redrive import REDRIVE
from .shift import SHIFT

PIPELINE = ("preview", "deploy", "shift")
"""The roles, in the order in which the pipeline assumes them; the shift's is that of the smoke check too."""

ROLES = (*PIPELINE, "redrive")
"""Also the role of a person at night."""

_OF_CALLS: Final = {"shift": SHIFT, "redrive": REDRIVE}
"""Those that change nothing that the program makes, so that its types say nothing of them."""


def place(context: Context[Any], stack: str, region: str, account: str) -> Place:
    """Where a stack of a context is, and how its names begin."""
    labels = Labels(context.name, stack, context.owner)
    return Place(context.name, stack, labels.prefix, labels.short, region, account)


def of_kind(context: Context[Any], kind: str, region: str, account: str) -> Place:
    """Where all stacks of a kind are that are there for a while: their names begin with it, and go on in any way."""
    stacks, prefix = f"{kind}-*", f"{kebab(context.name)}-{kind}-*"
    # A longer name is cut for X-Ray, and ends with a digest.
    return Place(context.name, stacks, prefix, f"{prefix[: XRAY_LIMIT - 9].rstrip('*')}*", region, account)


def policy(role: str, where: Place, graph: Graph, consumes: Mapping[str, Consumed]) -> dict[str, Any]:
    """The document for a role.

    Args:
        role: one of ROLES.
        where: the stack.
        graph: what its program registers; types that `unknown` returns are left out.
        consumes: the contexts whose events it hears: their topics are not this stack's.
    """
    if role in _OF_CALLS:
        return document(where, _OF_CALLS[role], change=True)
    kinds = {node.kind for node in graph.nodes}
    grants = [grant for kind in sorted(kinds & KINDS.keys()) for grant in KINDS[kind]]
    return document(where, [*grants, *_heard(consumes.values())], change=role == "deploy")


def unknown(graph: Graph) -> list[str]:
    """The types of a program's resources for which no actions are known here, sorted."""
    return sorted({node.type for node in graph.nodes if node.kind not in KINDS})


def _heard(consumes: Iterable[Consumed]) -> Iterator[Grant]:
    """What it takes to subscribe to the topics of other contexts."""
    for one in consumes:
        if one.topic.startswith("/"):
            yield on(f"ssm:{{place}}:parameter{one.topic}", "ssm", read="GetParameter")
        yield on(_topic(one.topic), "sns", write="Subscribe")


def _topic(named: str) -> str:
    """The form of the ARN of a topic that is named by its ARN, or by the parameter that another context wrote."""
    if not named.startswith("/"):
        return named.removeprefix("arn:aws:")
    # /<context>/<stack>/topic-arn holds the ARN of the topic <context>-<stack>-events.
    return f"sns:{{place}}:{'-'.join(named.strip('/').split('/')[:-1])}-events"
