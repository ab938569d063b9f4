"""No big bangs: what calls a function calls its alias, and CodeDeploy shifts the alias's traffic."""

import re
from collections.abc import Iterator

from ..graph import Graph, Node
from ._policy import Policy, Violation, policies

HOOKS = ("pre-traffic", "post-traffic")
"""CodeDeploy calls them by the function's name; nothing else calls them."""

LIVE = "live"

_CALLERS = {
    "apigatewayv2/integration": "integrationUri",
    "cloudwatch/eventTarget": "arn",
    "lambda/eventSourceMapping": "functionName",
    "scheduler/schedule": "target",
    "sfn/stateMachine": "definition",
    "sns/topicSubscription": "endpoint",
}
"""The kinds that call code, and the input that names it."""

_CODE = re.compile(r"arn:aws[a-z-]*:(?:lambda|states):[^:]*:[0-9]*:(?:function|stateMachine):[\w-]+(?::[\w$-]+)?")
"""The ARN of a function or a state machine, with its version or alias if it has one."""

_OWNED = {"functionVersion", "routingConfig"}


def functions_have_an_alias(graph: Graph) -> Iterator[Violation]:
    """A new version gets no traffic by itself: every function is published behind the alias live.

    Without one a deployment is live at once, for everybody, and there is no version to go back to.
    """
    aliases = [node for node in graph.of("lambda/alias") if node.inputs["name"] == LIVE]
    live = {node.inputs["functionName"].rpartition(":")[2] for node in aliases}  # a name, or an ARN that ends with it
    for node in _functions(graph):
        if not node.inputs.get("publish") or node.called not in live:
            said = f"has no alias {LIVE}: pass it to Functions, and Functions to Canary."
            yield Violation(node, f"The function {node.name} {said}")


def aliases_are_the_rollouts(graph: Graph) -> Iterator[Violation]:
    """The rollout owns an alias once it exists: Pulumi takes no shift of traffic for drift.

    A deployment in the middle of a rollout would move all traffic back, or all of it forward.
    """
    for node in graph.of("lambda/alias"):
        if not node.ignore_changes >= _OWNED:
            said = f"would be moved back by Pulumi: ignore {', '.join(sorted(_OWNED))}."
            yield Violation(node, f"The alias {node.name} {said}")


def functions_are_released(graph: Graph) -> Iterator[Violation]:
    """Every function's traffic is shifted step by step, and comes back by itself: each has a deployment group.

    A bad version of a function without one meets every caller before anybody has seen it fail.
    """
    groups = {node.name for node in graph.of("codedeploy/deploymentGroup")}
    for node in _functions(graph):
        if node.name not in groups:
            said = "has no deployment group: pass it to Functions, and Functions to Canary."
            yield Violation(node, f"The function {node.name} {said}")


def callers_call_aliases(graph: Graph) -> Iterator[Violation]:
    """What calls a function calls its alias: queues, streams, rules, schedules, topics, routes and workflows name it.

    Who calls the function itself gets each new version at once, whatever the rollout does.
    """
    for node, called in _calls(graph):
        if not called.endswith(f":{LIVE}"):
            yield Violation(node, f"{node.name} calls {called}: name its alias {LIVE}.")


def _calls(graph: Graph) -> Iterator[tuple[Node, str]]:
    for kind, key in _CALLERS.items():
        yield from ((node, called) for node in graph.of(kind) for called in _code(node, key))


def _code(caller: Node, key: str) -> list[str]:
    """Return the functions and state machines that an input names, each once."""
    said = str(caller.inputs.get(key, ""))
    if key == "functionName" and ":" not in said:
        return [said]  # a mapping takes a bare name, too
    return sorted(set(_CODE.findall(said)))


def _functions(graph: Graph) -> Iterator[Node]:
    yield from (node for node in graph.of("lambda/function") if node.name not in HOOKS)


POLICIES: tuple[Policy, ...] = policies(
    functions_have_an_alias,
    aliases_are_the_rollouts,
    functions_are_released,
    callers_call_aliases,
)
