"""Where failures go: dead-letter queues, and what stands before them."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from ..graph import Graph, Node


def failures(graph: Graph) -> Mapping[str, set[str]]:
    """The ARNs of what takes failures, each with the ARNs of what fails: a queue, a function, a rule's target.

    A bucket that takes a stream's lost records leads on to the queue that gets a message for each.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for taker, failing in _all(graph):
        if taker:
            found[taker].add(failing)
    for queue, bucket in list(_told(graph, found)):
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


def _told(graph: Graph, found: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """The queues that a rule tells of each object in a bucket for failures, with the bucket's ARN."""
    patterns = {rule.called: str(rule.inputs["eventPattern"]) for rule in graph.rules()}
    for target in graph.of("cloudwatch/eventTarget"):
        for bucket in (one for one in found if one.startswith("arn:aws:s3:::")):
            if f'"{bucket.removeprefix("arn:aws:s3:::")}"' in patterns.get(str(target.inputs["rule"]), ""):
                yield str(target.inputs["arn"]), bucket
