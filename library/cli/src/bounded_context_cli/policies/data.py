"""Policies for stored data and failed messages: encryption, retention, dead-letter queues, alarms."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..programs import Graph, Node
from .policy import Violation, policy, production_policy
from .resources import metrics

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

    Without it, EventBridge discards an event after a day of retries, and an uploaded list would never be read. A
    function that gets nothing of the event, and that a schedule calls too, misses nothing.
    """
    scheduled = {node.inputs["target"]["arn"] for node in graph.of("scheduler/schedule")}
    patterns = {node.outputs["name"] for node in graph.rules()}
    for node in graph.of("cloudwatch/eventTarget"):
        if node.inputs["rule"] not in patterns or node.inputs["arn"] in _reporting_targets(graph):
            continue
        if "input" in node.inputs and node.inputs["arn"] in scheduled:
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
    retention = {queue.arn: queue.inputs.get("messageRetentionSeconds", _KEPT) for queue in graph.of("sqs/queue")}
    for queue in graph.of("sqs/queue"):
        letters = _target(queue.document("redrivePolicy")) if "redrivePolicy" in queue.inputs else ""
        if letters in retention and retention[queue.arn] >= retention[letters]:
            remedy = f"set message_retention_seconds below {retention[letters]:.0f}."
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
    arns = {_target(node.document("redrivePolicy")) for node in graph.nodes if "redrivePolicy" in node.inputs}
    arns |= {arn for node in graph.nodes for arn in _configured(node)}
    arns |= {arn for node in graph.nodes if (arn := _destination(node)) and not _bucket(node)}
    return arns | _reporting_targets(graph)


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


_STATEFUL = ("dynamodb/table", "s3/bucket", "kms/key", "secretsmanager/secret")


@production_policy
def data_is_protected(graph: Graph) -> Iterator[Violation]:
    """Tables, buckets, keys and secrets are protected and retained in production.

    A line that is removed by mistake, or a stack that is destroyed in the wrong terminal, would delete them for ever.
    """
    for node in graph.of(*_STATEFUL):
        if not node.protect or not node.retain_on_delete:
            yield Violation(node, "is deleted with its stack: set protect and retain_on_delete.")


@policy
def tables_can_be_restored(graph: Graph) -> Iterator[Violation]:
    """Every table has point-in-time recovery: it can be restored to any second of the last 35 days.

    Deletion protection does not cover rows that the context's own code deletes or overwrites.
    """
    for node in graph.of("dynamodb/table"):
        if not node.inputs.get("pointInTimeRecovery", {}).get("enabled"):
            yield Violation(node, "cannot be restored: set point_in_time_recovery.")


@production_policy
def tables_have_deletion_protection(graph: Graph) -> Iterator[Violation]:
    """Every table in production has deletion protection by AWS.

    Pulumi's protection does not apply to the console or to scripts.
    """
    for node in graph.of("dynamodb/table"):
        if not node.inputs.get("deletionProtectionEnabled"):
            yield Violation(node, "can be deleted: set deletion_protection_enabled.")


@policy
def keys_rotate(graph: Graph) -> Iterator[Violation]:
    """KMS rotates every key each year.

    The less data is encrypted with one key, the less data a leaked key exposes. KMS keeps older keys for decryption.
    """
    for node in graph.of("kms/key"):
        if not node.inputs.get("enableKeyRotation"):
            yield Violation(node, "is never rotated: set enable_key_rotation.")


@policy
def data_is_encrypted(graph: Graph) -> Iterator[Violation]:
    """Tables, buckets, queues, topics, logs and secrets are encrypted with the context's own key.

    AWS's own keys admit every principal that may read the resource. The context's key needs a second permission, and
    CloudTrail records each use of it.
    """
    encrypted = {_text(node.inputs.get("bucket")) for node in _by_kms(graph)}
    for node in graph.nodes:
        if _KEYS.get(node.kind) and not _KEYS[node.kind](node.inputs):
            yield Violation(node, "is not encrypted with the context's own key: name the stack's key.")
        if node.kind == "s3/bucket" and encrypted.isdisjoint(_names(node)):
            yield Violation(node, "is not encrypted with the context's own key: give it a KMS configuration.")


_KEYS: Mapping[str, Any] = {
    "dynamodb/table": lambda inputs: inputs.get("serverSideEncryption", {}).get("kmsKeyArn"),
    "sqs/queue": lambda inputs: inputs.get("kmsMasterKeyId"),
    "sns/topic": lambda inputs: inputs.get("kmsMasterKeyId"),
    "cloudwatch/logGroup": lambda inputs: inputs.get("kmsKeyId"),
    "secretsmanager/secret": lambda inputs: inputs.get("kmsKeyId"),
}


@policy
def buckets_are_private(graph: Graph) -> Iterator[Violation]:
    """Every bucket blocks public access.

    One line of a policy or an ACL can make a bucket public, and partners' files contain names of people.
    """
    blocked = {_text(node.inputs.get("bucket")) for node in graph.of("s3/bucketPublicAccessBlock")}
    for node in graph.of("s3/bucket"):
        if blocked.isdisjoint(_names(node)):
            yield Violation(node, "may become public: give it a BucketPublicAccessBlock.")


@policy
def transport_is_encrypted(graph: Graph) -> Iterator[Violation]:
    """The policy of every bucket, queue and topic denies plain HTTP.

    These services also accept plain HTTP from a client that is configured for it. Its data can be read in transit.
    """
    guarded: set[str] = set()
    for kind, key in (("s3/bucketPolicy", "bucket"), ("sqs/queuePolicy", "queueUrl"), ("sns/topicPolicy", "arn")):
        guarded |= {_text(node.inputs[key]) for node in graph.of(kind) if _refuses_http(node)}
    for node in graph.of("s3/bucket", "sqs/queue", "sns/topic"):
        by_itself = "policy" in node.inputs and _refuses_http(node)
        if guarded.isdisjoint(_names(node)) and not by_itself:
            yield Violation(node, "accepts plain HTTP: deny aws:SecureTransport false in its policy.")


@policy
def logs_expire(graph: Graph) -> Iterator[Violation]:
    """Every log group has a retention time, and every function writes to a log group of the program.

    A log group that Lambda creates by itself is kept and billed for ever, and lacks the context's own key.
    """
    groups = {node.called for node in graph.of("cloudwatch/logGroup")}
    for node in graph.of("cloudwatch/logGroup"):
        if not node.inputs.get("retentionInDays"):
            yield Violation(node, "is kept for ever: set retention_in_days.")
    for node in graph.of("lambda/function"):
        if node.inputs.get("loggingConfig", {}).get("logGroup") not in groups:
            yield Violation(node, "has no log group of the program: name one in logging_config.")


def _by_kms(graph: Graph) -> Iterator[Node]:
    for node in graph.of("s3/bucketServerSideEncryptionConfiguration"):
        defaults = [rule.get("applyServerSideEncryptionByDefault", {}) for rule in node.inputs["rules"]]
        if any(default.get("kmsMasterKeyId") for default in defaults):
            yield node


def _refuses_http(node: Node) -> bool:
    return any(
        statement["Effect"] == "Deny"
        and statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
        for statement in node.statements()
    )


def _names(node: Node) -> set[str]:
    """Return the values by which other resources may reference a resource: id, name, URL and ARN."""
    return {_text(node.outputs.get(key)) for key in ("id", "name", "bucket", "url", "arn")} - {""}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
