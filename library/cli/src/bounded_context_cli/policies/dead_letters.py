"""Policies for failed messages: dead-letter queues store them, and alarms report them."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..programs.graph import Graph, Node
from .observability import metrics
from .policy import Violation, policy, production_policy

_TIMES = 6
"""The factor from a function's timeout to the visibility timeout (AWS Lambda, "Using Lambda with Amazon SQS")."""

_TIMEOUT = 3
"""A function's default timeout in seconds (AWS Lambda, "Configure Lambda function timeout")."""

_LONGEST = 14 * 24 * 60 * 60
"""A queue's maximum retention in seconds (SQS API reference, CreateQueue)."""

_KEPT = 4 * 24 * 60 * 60
"""A queue's default retention in seconds (same page)."""


@policy
def queues_have_dead_letters(graph: Graph) -> Iterator[Violation]:
    """Every queue has a dead-letter queue.

    Without it, SQS delivers a bad message again and again, and deletes it silently at the end of its retention.
    """
    dead_letter_queues = dead_letter_arns(graph)
    for queue in graph.of("sqs/queue"):
        if queue.arn not in dead_letter_queues and "redrivePolicy" not in queue.inputs:
            yield Violation(queue, "has no dead letters: give it a redrive_policy.")


@policy
def subscriptions_have_dead_letters(graph: Graph) -> Iterator[Violation]:
    """Every subscription has a dead-letter queue.

    Without it, SNS discards an event that it cannot deliver, and the subscriber never receives the event.
    """
    for node in graph.of("sns/topicSubscription"):
        if "redrivePolicy" not in node.inputs:
            yield Violation(node, "has no dead letters: give it a redrive_policy.")


@policy
def rules_have_dead_letters(graph: Graph) -> Iterator[Violation]:
    """Every target of a rule with an event pattern has a dead-letter queue, or is a dead-letter queue.

    Without it, EventBridge discards an event after a day of retries, and an uploaded list would never be read.
    """
    patterns = {node.outputs["name"] for node in graph.rules()}
    for node in graph.of("cloudwatch/eventTarget"):
        if node.inputs["rule"] not in patterns or node.inputs["arn"] in _reporting_targets(graph):
            continue
        if "deadLetterConfig" not in node.inputs:
            yield Violation(node, "has no dead letters: give it a dead_letter_config.")


@policy
def streams_have_dead_letters(graph: Graph) -> Iterator[Violation]:
    """Every stream reader has a destination for failed changes.

    When its retries are exhausted, the reader skips the change, and no subscriber receives the change's event.
    """
    for node in graph.stream_readers():
        if "destinationConfig" not in node.inputs:
            yield Violation(node, "discards failed changes: give it a destination_config.")


@policy
def batches_report_failed_items(graph: Graph) -> Iterator[Violation]:
    """Every function that processes batches reports the failed items of a batch.

    Otherwise the good messages of the batch are processed again and again, until they are dead letters too.
    """
    for node in graph.of("lambda/eventSourceMapping"):
        if "ReportBatchItemFailures" not in node.inputs.get("functionResponseTypes", []):
            yield Violation(node, "retries whole batches: set function_response_types to ReportBatchItemFailures.")


@policy
def visibility_timeouts_are_long_enough(graph: Graph) -> Iterator[Violation]:
    """A queue's visibility timeout is at least six times the timeout of its function.

    With less, SQS may deliver a message again while a slow call still processes it. AWS recommends the factor six.
    """
    queues = {queue.arn: queue for queue in graph.of("sqs/queue")}
    timeouts = {node.called: node.inputs.get("timeout", _TIMEOUT) for node in graph.of("lambda/function")}
    for node in graph.of("lambda/eventSourceMapping"):
        queue, timeout = queues.get(node.inputs.get("eventSourceArn", "")), timeouts.get(_function(node))
        if queue and timeout and queue.inputs.get("visibilityTimeoutSeconds", 30) < _TIMES * timeout:
            yield Violation(queue, f"has too short a visibility timeout: set it to {_TIMES * timeout:g}.")


@policy
def dead_letters_are_retained(graph: Graph) -> Iterator[Violation]:
    """Every dead-letter queue keeps messages for 14 days, the maximum of SQS.

    The default is four days, no longer than a holiday and a weekend.
    """
    dead_letter_queues = dead_letter_arns(graph)
    for queue in graph.of("sqs/queue"):
        if queue.arn in dead_letter_queues and queue.inputs.get("messageRetentionSeconds", 0) < _LONGEST:
            yield Violation(queue, f"keeps messages too briefly: set message_retention_seconds to {_LONGEST}.")


@policy
def dead_letters_outlive_messages(graph: Graph) -> Iterator[Violation]:
    """A queue keeps messages for a shorter time than its dead-letter queue.

    A message that SQS moves keeps its sent time. With the same retention it may be deleted on arrival.
    """
    kept = {queue.arn: queue.inputs.get("messageRetentionSeconds", _KEPT) for queue in graph.of("sqs/queue")}
    for queue in graph.of("sqs/queue"):
        letters = _target(queue.document("redrivePolicy")) if "redrivePolicy" in queue.inputs else ""
        if letters in kept and kept[queue.arn] >= kept[letters]:
            remedy = f"set message_retention_seconds below {kept[letters]:.0f}."
            yield Violation(queue, f"keeps messages as long as its dead-letter queue: {remedy}")


@production_policy
def dead_letters_have_alarms(graph: Graph) -> Iterator[Violation]:
    """Every dead-letter queue has an alarm, and every bucket of failed changes has a rule that reports its objects.

    Failed messages and changes are deleted after 14 days, even if no person has seen them.
    """
    buckets = _reported_buckets(graph)
    for node in graph.stream_readers():
        if (bucket := _bucket(node)) and bucket not in buckets:
            yield Violation(node, f"has failed changes without a rule that reports the objects of {bucket}: make one.")
    watched = {metric.get("dimensions", {}).get("QueueName") for metric in metrics(graph)}
    dead_letter_queues = dead_letter_arns(graph)
    for queue in graph.of("sqs/queue"):
        if queue.arn in dead_letter_queues and queue.inputs.get("name", queue.name) not in watched:
            yield Violation(queue, "has no alarm: make an alarm on its ApproximateNumberOfMessagesVisible.")


def dead_letter_arns(graph: Graph) -> set[str]:
    """Return the ARNs of the dead-letter queues."""
    kept = {_target(node.document("redrivePolicy")) for node in graph.nodes if "redrivePolicy" in node.inputs}
    kept |= {arn for node in graph.nodes for arn in _configured(node)}
    kept |= {arn for node in graph.nodes if (arn := _destination(node)) and not _bucket(node)}
    return kept | _reporting_targets(graph)


def _configured(node: Node) -> list[str]:
    """Return the ARNs of the dead-letter queues of a rule's target, of a function, or of a schedule."""
    configs = (node.inputs.get("deadLetterConfig"), _part(node, "target").get("deadLetterConfig"))
    return [config[key] for config in configs if config for key in ("arn", "targetArn") if key in config]


def _part(node: Node, key: str) -> Mapping[str, Any]:
    value = node.inputs.get(key)
    return value if isinstance(value, Mapping) else {}


def _destination(node: Node) -> str:
    """Return the ARN of a mapping's destination for failed items, empty without a destination."""
    return node.inputs.get("destinationConfig", {}).get("onFailure", {}).get("destinationArn", "")


def _bucket(node: Node) -> str:
    """Return the name of the bucket that is a mapping's destination for failed items, empty for another destination."""
    return _destination(node).partition(":s3:::")[2]


def _reporting_targets(graph: Graph) -> set[str]:
    """Return the ARNs of the targets that get an event for each object of failed changes from stream readers."""
    buckets = {_bucket(node) for node in graph.stream_readers()}
    rules = {node.outputs["name"] for node in graph.rules() if buckets & _buckets_of(node)}
    targets = [(node.inputs["rule"], node.inputs["arn"]) for node in graph.of("cloudwatch/eventTarget")]
    return {arn for rule, arn in targets if rule in rules}


def _reported_buckets(graph: Graph) -> set[str]:
    """Return the names of the buckets whose objects a rule with a target reports."""
    rules = {node.inputs["rule"] for node in graph.of("cloudwatch/eventTarget")}
    return {name for node in graph.rules() if node.outputs["name"] in rules for name in _buckets_of(node)}


def _buckets_of(rule: Node) -> set[str]:
    return set(rule.document("eventPattern").get("detail", {}).get("bucket", {}).get("name", []))


def _target(policy: dict[str, Any]) -> str:
    return policy.get("deadLetterTargetArn", "")


def _function(mapping: Node) -> str:
    """Return the name of a mapping's function, without its alias."""
    parts = str(mapping.inputs["functionName"]).split(":")
    return parts[6] if len(parts) > 6 else parts[-1]
