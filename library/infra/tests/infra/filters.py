"""Filter policies of the subscriptions to the topic, and what SNS makes of them."""

from collections.abc import Mapping
from typing import Any

from .graph import Graph


def passes(policy: Mapping[str, list[Any]], attributes: Mapping[str, str]) -> bool:
    """Tell whether SNS lets a message with these attributes through a policy on attributes; an empty one lets all.

    All names of the policy must be there, each with a value that one of its conditions matches (SNS developer guide,
    "Subscription filter policies"). Texts and `anything-but` are known here; our policies have no other condition.
    """
    return all(
        any(_matches(condition, attributes[name]) for condition in conditions) if name in attributes else False
        for name, conditions in policy.items()
    )


def _matches(condition: Any, value: str) -> bool:
    if isinstance(condition, str):
        return value == condition
    assert list(condition) == ["anything-but"], "this test knows texts and anything-but only"
    return value not in condition["anything-but"]


def policies(graph: Graph) -> dict[str, dict[str, Any]]:
    """The policy of each subscriber to this context's topic; all look at messages' attributes."""
    topic = graph.one("sns/topic", "fanout").arn
    return {name.removeprefix("events-"): policy for name, policy in _policies(graph, "topic", topic).items()}


def inbound_policies(graph: Graph) -> list[dict[str, Any]]:
    """The policy of each subscription by which this context hears of another, in the order of the setting."""
    queue = graph.one("sqs/queue", "inbound").arn
    return list(_policies(graph, "endpoint", queue).values())


def _policies(graph: Graph, member: str, arn: str) -> dict[str, dict[str, Any]]:
    nodes = [node for node in graph.of("sns/topicSubscription") if node.inputs[member] == arn]
    filtered = {node.name for node in nodes if "filterPolicy" in node.inputs}
    assert {node.inputs.get("filterPolicyScope") for node in nodes if node.name in filtered} <= {"MessageAttributes"}
    return {node.name: node.document("filterPolicy") if node.name in filtered else {} for node in nodes}
