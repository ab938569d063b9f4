"""Policies for stored data: encryption, TLS, protection in production, and retention."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..programs.graph import Graph, Node
from .policy import Violation, policy, production_policy

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
