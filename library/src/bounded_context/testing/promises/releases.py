"""No big bangs: what calls a function calls its alias, and CodeDeploy shifts the alias's traffic."""

from collections.abc import Iterator

from ..graph import Node
from ._promise import Check, Repository

HOOKS = ("pre-traffic", "post-traffic")
"""CodeDeploy calls them by the function's name; nothing else calls them."""

LIVE = "live"

_OWNED = {"functionVersion", "routingConfig"}


def functions_have_an_alias(where: Repository) -> Iterator[str]:
    """A new version gets no traffic by itself: every function is published behind the alias live."""
    live = {node.inputs["functionName"] for node in where.graph.of("lambda/alias") if node.inputs["name"] == LIVE}
    for node in _functions(where):
        if not node.inputs.get("publish") or node.inputs["name"] not in live:
            yield f"The function {node.name} has no alias {LIVE}: hand it to Functions, and that to Canary."


def aliases_are_the_rollouts(where: Repository) -> Iterator[str]:
    """The rollout owns an alias once it exists: Pulumi takes no shift of traffic for drift."""
    for node in where.graph.of("lambda/alias"):
        if not node.ignore_changes >= _OWNED:
            yield f"The alias {node.name} would be moved back by Pulumi: ignore {', '.join(sorted(_OWNED))}."


def functions_are_released(where: Repository) -> Iterator[str]:
    """Every function's traffic is shifted step by step, and comes back by itself: each has a deployment group."""
    groups = {node.name for node in where.graph.of("codedeploy/deploymentGroup")}
    for node in _functions(where):
        if node.name not in groups:
            yield f"The function {node.name} has no deployment group: hand it to Functions, and that to Canary."


def callers_call_aliases(where: Repository) -> Iterator[str]:
    """What calls a function calls its alias: queues, streams, rules and schedules name it."""
    called = [(node, node.inputs["functionName"]) for node in where.graph.of("lambda/eventSourceMapping")]
    called += [(node, node.inputs["arn"]) for node in where.graph.of("cloudwatch/eventTarget")]
    for node, arn in called:
        if _calls_code(str(arn)) and not str(arn).endswith(f":{LIVE}"):
            yield f"{node.name} calls {arn}: name its alias {LIVE}."


def _calls_code(arn: str) -> bool:
    return arn.startswith(("arn:aws:lambda:", "arn:aws:states:"))


def _functions(where: Repository) -> Iterator[Node]:
    yield from (node for node in where.graph.of("lambda/function") if node.name not in HOOKS)


CHECKS: tuple[Check, ...] = (
    functions_have_an_alias,
    aliases_are_the_rollouts,
    functions_are_released,
    callers_call_aliases,
)
