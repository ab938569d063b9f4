"""Policies for releases: callers use a function's alias, and CodeDeploy shifts the alias's traffic."""

import re
from collections.abc import Iterator

from ..programs.graph import Graph, Node
from .policy import Violation, policy

HOOKS = ("pre-traffic", "post-traffic")
"""The traffic hooks. Only CodeDeploy calls them, by the function's name."""

LIVE = "live"

_CALLERS = {
    "apigatewayv2/integration": "integrationUri",
    "cloudwatch/eventTarget": "arn",
    "lambda/eventSourceMapping": "functionName",
    "scheduler/schedule": "target",
    "sfn/stateMachine": "definition",
    "sns/topicSubscription": "endpoint",
}
"""The kinds that call code, and the input that names the code."""

_CODE = re.compile(r"arn:aws[a-z-]*:(?:lambda|states):[^:]*:[0-9]*:(?:function|stateMachine):[\w-]+(?::[\w$-]+)?")
"""The ARN of a function or a state machine, with its version or alias if it has one."""

_OWNED = {"functionVersion", "routingConfig"}


@policy
def functions_have_an_alias(graph: Graph) -> Iterator[Violation]:
    """Every function publishes versions, and has the alias live.

    Without the alias, a deployment is live at once for all callers, and has no earlier version for a rollback.
    """
    aliases = [node for node in graph.of("lambda/alias") if node.inputs["name"] == LIVE]
    live = {node.inputs["functionName"].rpartition(":")[2] for node in aliases}  # functionName may be an ARN
    for node in _functions(graph):
        if not node.inputs.get("publish") or node.called not in live:
            yield Violation(node, f"has no alias {LIVE}: pass it to Functions, and Functions to Canary.")


@policy
def rollouts_control_aliases(graph: Graph) -> Iterator[Violation]:
    """Pulumi ignores the version and the routing of every alias, which the rollout controls.

    Otherwise a deployment in the middle of a rollout would move all traffic back to the old version, or to the new one.
    """
    for node in graph.of("lambda/alias"):
        if not node.ignore_changes >= _OWNED:
            yield Violation(node, f"would be moved back by Pulumi: ignore {', '.join(sorted(_OWNED))}.")


@policy
def functions_have_deployment_groups(graph: Graph) -> Iterator[Violation]:
    """Every function has a deployment group, which shifts its traffic step by step and rolls back by itself.

    Without a deployment group, a bad version gets the traffic of all callers before its errors are detected.
    """
    groups = {node.name for node in graph.of("codedeploy/deploymentGroup")}
    for node in _functions(graph):
        if node.name not in groups:
            yield Violation(node, "has no deployment group: pass it to Functions, and Functions to Canary.")


@policy
def callers_call_aliases(graph: Graph) -> Iterator[Violation]:
    """Queues, streams, rules, schedules, topics, routes and workflows call a function by its alias.

    A caller of the function itself gets each new version at once, regardless of the rollout.
    """
    for node, called in _calls(graph):
        if not called.endswith(f":{LIVE}"):
            yield Violation(node, f"calls {called}: name its alias {LIVE}.")


def _calls(graph: Graph) -> Iterator[tuple[Node, str]]:
    for kind, key in _CALLERS.items():
        yield from ((node, called) for node in graph.of(kind) for called in _code(node, key))


def _code(caller: Node, key: str) -> list[str]:
    """Return the functions and state machines that an input names, without duplicates."""
    text = str(caller.inputs.get(key, ""))
    if key == "functionName" and ":" not in text:
        return [text]  # an event source mapping also accepts a function's name
    return sorted(set(_CODE.findall(text)))


def _functions(graph: Graph) -> Iterator[Node]:
    yield from (node for node in graph.of("lambda/function") if node.name not in HOOKS)
