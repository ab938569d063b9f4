"""What is kept, is kept: encrypted, over TLS, protected in production, and no longer than is said."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..graph import Node
from ._promise import Check, Repository

_STATEFUL = ("dynamodb/table", "s3/bucket", "kms/key", "secretsmanager/secret")


def data_survives(where: Repository) -> Iterator[str]:
    """Production cannot lose data by a mistake: tables, buckets, keys and secrets are protected and retained."""
    for node in (node for kind in _STATEFUL for node in where.graph.of(kind)):
        if not node.protect or not node.retain_on_delete:
            yield f"{node.kind} {node.name} goes with its stack: set protect and retain_on_delete."


def tables_can_be_restored(where: Repository) -> Iterator[str]:
    """A table can be put back to any second of the last 35 days: point-in-time recovery is on."""
    for node in where.graph.of("dynamodb/table"):
        if not node.inputs.get("pointInTimeRecovery", {}).get("enabled"):
            yield f"The table {node.name} cannot be restored: set point_in_time_recovery."


def data_is_encrypted(where: Repository) -> Iterator[str]:
    """What is kept is encrypted by a key of one's own: tables, buckets, queues, topics, logs, secrets."""
    encrypted = {_text(node.inputs.get("bucket")) for node in _by_kms(where)}
    for node in where.graph.nodes:
        if _KEYS.get(node.kind) and not _KEYS[node.kind](node.inputs):
            yield f"{node.kind} {node.name} is not encrypted by a key of one's own: name the stack's key."
        if node.kind == "s3/bucket" and encrypted.isdisjoint(_names(node)):
            yield f"The bucket {node.name} is not encrypted by a key of one's own: give it a KMS configuration."


_KEYS: Mapping[str, Any] = {
    "dynamodb/table": lambda inputs: inputs.get("serverSideEncryption", {}).get("kmsKeyArn"),
    "sqs/queue": lambda inputs: inputs.get("kmsMasterKeyId"),
    "sns/topic": lambda inputs: inputs.get("kmsMasterKeyId"),
    "cloudwatch/logGroup": lambda inputs: inputs.get("kmsKeyId"),
    "secretsmanager/secret": lambda inputs: inputs.get("kmsKeyId"),
}


def buckets_are_private(where: Repository) -> Iterator[str]:
    """Nobody outside reads a bucket: public access is blocked."""
    blocked = {_text(node.inputs.get("bucket")) for node in where.graph.of("s3/bucketPublicAccessBlock")}
    for node in where.graph.of("s3/bucket"):
        if blocked.isdisjoint(_names(node)):
            yield f"The bucket {node.name} may become public: give it a BucketPublicAccessBlock."


def transport_is_encrypted(where: Repository) -> Iterator[str]:
    """Nothing is said in the clear: every bucket, queue and topic refuses plain HTTP by its own policy."""
    guarded: set[str] = set()
    for kind, key in (("s3/bucketPolicy", "bucket"), ("sqs/queuePolicy", "queueUrl"), ("sns/topicPolicy", "arn")):
        guarded |= {_text(node.inputs[key]) for node in where.graph.of(kind) if _refuses_http(node.document())}
    for node in (node for kind in ("s3/bucket", "sqs/queue", "sns/topic") for node in where.graph.of(kind)):
        if guarded.isdisjoint(_names(node)):
            yield f"{node.kind} {node.name} takes plain HTTP: deny aws:SecureTransport false in its policy."


def logs_expire(where: Repository) -> Iterator[str]:
    """Logs are kept as long as is said: every log group expires, and every function writes to one that is made."""
    groups = {node.inputs["name"] for node in where.graph.of("cloudwatch/logGroup")}
    for node in where.graph.of("cloudwatch/logGroup"):
        if not node.inputs.get("retentionInDays"):
            yield f"The log group {node.name} is kept for ever: set retention_in_days."
    for node in where.graph.of("lambda/function"):
        if node.inputs.get("loggingConfig", {}).get("logGroup") not in groups:
            yield f"The function {node.name} writes to a log group that nobody makes: it would be kept for ever."


def _by_kms(where: Repository) -> Iterator[Node]:
    for node in where.graph.of("s3/bucketServerSideEncryptionConfiguration"):
        defaults = [rule.get("applyServerSideEncryptionByDefault", {}) for rule in node.inputs["rules"]]
        if any(default.get("kmsMasterKeyId") for default in defaults):
            yield node


def _refuses_http(document: Mapping[str, Any]) -> bool:
    return any(
        statement["Effect"] == "Deny"
        and statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
        for statement in document["Statement"]
    )


def _names(node: Node) -> set[str]:
    """Return what others may call a resource: its id, name, URL and ARN."""
    return {_text(node.outputs.get(key)) for key in ("id", "name", "bucket", "url", "arn")} - {""}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


CHECKS: tuple[Check, ...] = (
    data_survives,
    tables_can_be_restored,
    data_is_encrypted,
    buckets_are_private,
    transport_is_encrypted,
    logs_expire,
)
