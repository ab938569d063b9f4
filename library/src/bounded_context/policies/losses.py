"""Nothing is lost silently: what cannot be delivered or processed is kept, and somebody is notified."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..graph import Graph, Node
from ._policy import Policy, Violation, policies

_TIMES = 6
"""So many times the function's timeout a message stays invisible (AWS Lambda, "Using Lambda with Amazon SQS")."""

_TIMEOUT = 3
"""Seconds that a function has by default (AWS Lambda, "Configure Lambda function timeout")."""

_LONGEST = 14 * 24 * 60 * 60
"""Seconds for which a queue can keep a message (SQS API reference, CreateQueue)."""

_KEPT = 4 * 24 * 60 * 60
"""Seconds for which a queue keeps a message by default (same page)."""

_BUCKET = "arn:aws:s3:::"


def queues_have_dead_letters(graph: Graph) -> Iterator[Violation]:
    """A message that nobody can process is kept: every queue has a dead-letter queue.

    Without one SQS hands it out again and again, and deletes it without a word when its retention is over.
    """
    keepers = dead_letter_arns(graph)
    for queue in graph.of("sqs/queue"):
        if queue.arn not in keepers and "redrivePolicy" not in queue.inputs:
            yield Violation(queue, f"The queue {queue.name} has no dead letters: give it a redrive_policy.")


def subscriptions_have_dead_letters(graph: Graph) -> Iterator[Violation]:
    """An event that cannot be delivered is kept: every subscription has a dead-letter queue.

    SNS gives up after its tries, and the subscriber never learns that something happened.
    """
    for node in graph.of("sns/topicSubscription"):
        if "redrivePolicy" not in node.inputs:
            yield Violation(node, f"The subscription {node.name} has no dead letters: give it a redrive_policy.")


def rules_have_dead_letters(graph: Graph) -> Iterator[Violation]:
    """An event that starts nothing is kept: every target of a rule with a pattern has a dead-letter queue or is one.

    EventBridge drops an event after a day of tries: an uploaded list would never be read.
    """
    patterns = {node.outputs["name"] for node in graph.rules()}
    for node in graph.of("cloudwatch/eventTarget"):
        if node.inputs["rule"] not in patterns or node.inputs["arn"] in _told_of_objects(graph):
            continue
        if "deadLetterConfig" not in node.inputs:
            yield Violation(node, f"The target {node.name} has no dead letters: give it a dead_letter_config.")


def streams_have_dead_letters(graph: Graph) -> Iterator[Violation]:
    """A change that cannot be handled is kept: every reader of a stream says where it goes.

    A reader that gives a change up goes on without it, and no subscriber hears of it.
    """
    for node in graph.stream_readers():
        if "destinationConfig" not in node.inputs:
            yield Violation(node, f"The reader {node.name} loses what fails for good: give it a destination_config.")


def failures_are_partial(graph: Graph) -> Iterator[Violation]:
    """One bad message does not send its whole batch back: every function that takes batches says which failed.

    Otherwise the good ones of the batch are handled again and again, until they are dead letters, too.
    """
    for node in graph.of("lambda/eventSourceMapping"):
        if "ReportBatchItemFailures" not in node.inputs.get("functionResponseTypes", []):
            said = "takes whole batches: set function_response_types to ReportBatchItemFailures."
            yield Violation(node, f"{node.name} {said}")


def messages_stay_invisible(graph: Graph) -> Iterator[Violation]:
    """A message is not handed out again while it is handled: its queue waits six times the function's timeout.

    With less a slow call is overtaken by a second one with the same message: AWS asks for six times.
    """
    queues = {queue.arn: queue for queue in graph.of("sqs/queue")}
    timeouts = {node.called: node.inputs.get("timeout", _TIMEOUT) for node in graph.of("lambda/function")}
    for node in graph.of("lambda/eventSourceMapping"):
        queue, timeout = queues.get(node.inputs.get("eventSourceArn", "")), timeouts.get(_function(node))
        if queue and timeout and queue.inputs.get("visibilityTimeoutSeconds", 30) < _TIMES * timeout:
            said = f"hides messages too shortly: set visibility_timeout to {_TIMES * timeout:g}."
            yield Violation(queue, f"The queue {queue.name} {said}")


def dead_letters_are_kept(graph: Graph) -> Iterator[Violation]:
    """There is time to look at what is kept: a dead-letter queue keeps messages for 14 days, as long as SQS can.

    By default it forgets them after four, which is no more than a holiday and a weekend.
    """
    keepers = dead_letter_arns(graph)
    for queue in graph.of("sqs/queue"):
        if queue.arn in keepers and queue.inputs.get("messageRetentionSeconds", 0) < _LONGEST:
            yield Violation(
                queue, f"The queue {queue.name} forgets too soon: set message_retention_seconds to {_LONGEST}."
            )


def failed_messages_have_time_left(graph: Graph) -> Iterator[Violation]:
    """A message that failed has time left: its queue keeps messages for a shorter time than the dead-letter queue.

    SQS keeps the time at which a message was sent when it moves it: with the same time it may be deleted on arrival.
    """
    kept = {queue.arn: queue.inputs.get("messageRetentionSeconds", _KEPT) for queue in graph.of("sqs/queue")}
    for queue in graph.of("sqs/queue"):
        letters = _target(queue.document("redrivePolicy")) if "redrivePolicy" in queue.inputs else ""
        if letters in kept and kept[queue.arn] >= kept[letters]:
            said = f"as long as its dead letters do: set message_retention_seconds below {kept[letters]:.0f}."
            yield Violation(queue, f"The queue {queue.name} keeps messages {said}")


def somebody_is_told_of_dead_letters(graph: Graph) -> Iterator[Violation]:
    """Somebody is notified of what is kept: each dead-letter queue has an alarm, and a message for what a bucket keeps.

    What is kept is deleted after 14 days, whether anybody has looked at it or not.
    """
    buckets = _told_buckets(graph)
    for node in graph.stream_readers():
        if (kept := _destination(node)).startswith(_BUCKET) and kept.removeprefix(_BUCKET) not in buckets:
            said = f"Nobody is notified of what {node.name} gives up on: make a rule for the objects of {kept}."
            yield Violation(node, said)
    watched = {name for alarm in graph.of("cloudwatch/metricAlarm") for name in _queues_of(alarm)}
    keepers = dead_letter_arns(graph)
    for queue in graph.of("sqs/queue"):
        if queue.arn in keepers and queue.inputs.get("name", queue.name) not in watched:
            said = f"messages in {queue.name}: make an alarm of its ApproximateNumberOfMessagesVisible."
            yield Violation(queue, f"Nobody is notified of {said}")


def dead_letter_arns(graph: Graph) -> set[str]:
    """Return the ARNs of the queues that keep what others could not handle."""
    kept = {_target(node.document("redrivePolicy")) for node in graph.nodes if "redrivePolicy" in node.inputs}
    kept |= {arn for node in graph.nodes for arn in _configured(node)}
    kept |= {arn for node in graph.nodes if (arn := _destination(node)) and not arn.startswith(_BUCKET)}
    return kept | _told_of_objects(graph)


def _configured(node: Node) -> list[str]:
    """Return the ARNs of the dead-letter queues of a rule's target, of a function, or of a schedule."""
    configs = (node.inputs.get("deadLetterConfig"), _part(node, "target").get("deadLetterConfig"))
    return [config[key] for config in configs if config for key in ("arn", "targetArn") if key in config]


def _part(node: Node, key: str) -> Mapping[str, Any]:
    value = node.inputs.get(key)
    return value if isinstance(value, Mapping) else {}


def _destination(node: Node) -> str:
    """Return the ARN of where what failed for good goes, empty without one."""
    return node.inputs.get("destinationConfig", {}).get("onFailure", {}).get("destinationArn", "")


def _told_of_objects(graph: Graph) -> set[str]:
    """Return the ARNs of what gets word of the objects in which readers of streams keep what they give up."""
    kept = {_destination(node).removeprefix(_BUCKET) for node in graph.stream_readers()}
    rules = {node.outputs["name"] for node in graph.rules() if kept & _buckets_of(node)}
    targets = [(node.inputs["rule"], node.inputs["arn"]) for node in graph.of("cloudwatch/eventTarget")]
    return {arn for rule, arn in targets if rule in rules}


def _told_buckets(graph: Graph) -> set[str]:
    """Return the names of the buckets whose objects a rule with a target reports."""
    rules = {node.inputs["rule"] for node in graph.of("cloudwatch/eventTarget")}
    return {name for node in graph.rules() if node.outputs["name"] in rules for name in _buckets_of(node)}


def _buckets_of(rule: Node) -> set[str]:
    return set(rule.document("eventPattern").get("detail", {}).get("bucket", {}).get("name", []))


def _target(policy: dict[str, Any]) -> str:
    return policy.get("deadLetterTargetArn", "")


def _function(mapping: Node) -> str:
    """Return the name of the function of which a mapping names the alias."""
    parts = str(mapping.inputs["functionName"]).split(":")
    return parts[6] if len(parts) > 6 else parts[-1]


def _queues_of(alarm: Node) -> set[str]:
    text = json.loads(json.dumps(dict(alarm.inputs)))
    metrics = [text, *(query["metric"] for query in text.get("metricQueries", []) if "metric" in query)]
    return {metric.get("dimensions", {}).get("QueueName", "") for metric in metrics}


POLICIES: tuple[Policy, ...] = (
    *policies(
        queues_have_dead_letters,
        subscriptions_have_dead_letters,
        rules_have_dead_letters,
        streams_have_dead_letters,
        failures_are_partial,
        messages_stay_invisible,
        dead_letters_are_kept,
        failed_messages_have_time_left,
    ),
    # A stack for development may do without alarms that nobody looks at.
    Policy.made_of(somebody_is_told_of_dead_letters, production=True),
)
