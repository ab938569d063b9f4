"""Filter policies of the subscriptions to the topic, and what SNS makes of them."""

from collections.abc import Mapping
from typing import Any

from .graph import Graph


def passes(policy: Mapping[str, list[Any]], attributes: Mapping[str, str]) -> bool:
    """Tell whether SNS lets a message with these attributes through a policy on attributes.

    All names of the policy must be there, each with one of its values (SNS developer guide, "Subscription filter
    policies"). Values other than plain texts are refused here: no policy of ours has any.
    """
    for accepted in policy.values():
        assert all(isinstance(value, str) for value in accepted), "this test knows exact values only"
    return all(attributes.get(name) in accepted for name, accepted in policy.items())


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
    assert {node.inputs["filterPolicyScope"] for node in nodes} <= {"MessageAttributes"}
    return {node.name: node.document("filterPolicy") for node in nodes}
