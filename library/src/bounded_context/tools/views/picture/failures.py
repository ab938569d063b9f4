"""The destinations of failures: dead-letter queues and the resources that use them."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from ...programs.graph import Graph, Node


def failures(graph: Graph) -> Mapping[str, set[str]]:
    """Return the ARNs of the destinations, each with the ARNs of its failing queues, functions and rule targets.

    If a bucket receives a stream's lost records, their sources are added to the queue that gets a message for each
    object.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for destination, source in _all(graph):
        if destination:
            found[destination].add(source)
    for queue, bucket in list(_notified(graph, found)):
        found[queue] |= found[bucket]
    return found


def _all(graph: Graph) -> Iterator[tuple[str, str]]:
    for queue in graph.of("sqs/queue"):
        yield _redrive(queue), queue.arn
    for subscription in graph.of("sns/topicSubscription"):
        yield _redrive(subscription), str(subscription.inputs["endpoint"])
    for target in graph.of("cloudwatch/eventTarget"):
        yield _arn(target.inputs.get("deadLetterConfig"), "arn"), str(target.inputs["arn"])
    for function in graph.of("lambda/function"):
        yield _arn(function.inputs.get("deadLetterConfig"), "targetArn"), function.arn
    for kind in ("lambda/eventSourceMapping", "lambda/functionEventInvokeConfig"):
        for node in graph.of(kind):
            on_failure = node.inputs.get("destinationConfig", {}).get("onFailure", {})
            yield _arn(on_failure, "destinationArn", "destination"), str(node.inputs["functionName"])


def _redrive(node: Node) -> str:
    policy = node.inputs.get("redrivePolicy")
    return str(json.loads(policy)["deadLetterTargetArn"]) if policy else ""


def _arn(config: Mapping[str, Any] | None, *names: str) -> str:
    return next((str(config[name]) for name in names if name in config), "") if config else ""


def _notified(graph: Graph, found: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """Yield the queues that a rule notifies of each object in a destination bucket, with the bucket's ARN."""
    patterns = {rule.called: str(rule.inputs["eventPattern"]) for rule in graph.rules()}
    for target in graph.of("cloudwatch/eventTarget"):
        for bucket in (arn for arn in found if arn.startswith("arn:aws:s3:::")):
            if f'"{bucket.removeprefix("arn:aws:s3:::")}"' in patterns.get(str(target.inputs["rule"]), ""):
                yield str(target.inputs["arn"]), bucket
