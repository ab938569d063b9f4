"""What is kept, is kept: encrypted, over TLS, protected in production, and no longer than is said."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..graph import Graph, Node
from ._policy import Policy, Violation, policies

_STATEFUL = ("dynamodb/table", "s3/bucket", "kms/key", "secretsmanager/secret")


def data_survives(graph: Graph) -> Iterator[Violation]:
    """Production cannot lose data by a mistake: tables, buckets, keys and secrets are protected and retained.

    A line that is removed by mistake, or a stack destroyed in the wrong terminal, would delete them for good.
    """
    for node in (node for kind in _STATEFUL for node in graph.of(kind)):
        if not node.protect or not node.retain_on_delete:
            said = "goes with its stack: set protect and retain_on_delete."
            yield Violation(node, f"{node.kind} {node.name} {said}")


def tables_can_be_restored(graph: Graph) -> Iterator[Violation]:
    """A table can be put back to any second of the last 35 days: point-in-time recovery is on.

    What code of our own deletes or overwrites no protection holds, and nothing else brings back.
    """
    for node in graph.of("dynamodb/table"):
        if not node.inputs.get("pointInTimeRecovery", {}).get("enabled"):
            yield Violation(node, f"The table {node.name} cannot be restored: set point_in_time_recovery.")


def tables_refuse_deletion(graph: Graph) -> Iterator[Violation]:
    """Nobody deletes a table of production in passing: AWS itself refuses it.

    Pulumi's protection holds nobody back who uses the console, or a script.
    """
    for node in graph.of("dynamodb/table"):
        if not node.inputs.get("deletionProtectionEnabled"):
            yield Violation(node, f"The table {node.name} can be deleted: set deletion_protection_enabled.")


def keys_rotate(graph: Graph) -> Iterator[Violation]:
    """A key does not stay the same for ever: KMS rotates it each year.

    The less is encrypted by one key, the less is lost with it; KMS keeps the older ones to read by.
    """
    for node in graph.of("kms/key"):
        if not node.inputs.get("enableKeyRotation"):
            yield Violation(node, f"The key {node.name} is never rotated: set enable_key_rotation.")


def data_is_encrypted(graph: Graph) -> Iterator[Violation]:
    """What is kept is encrypted with the context's own key: tables, buckets, queues, topics, logs, secrets.

    AWS's own keys let in whoever may read the resource; one's own is a second lock, with a trail of each use.
    """
    encrypted = {_text(node.inputs.get("bucket")) for node in _by_kms(graph)}
    for node in graph.nodes:
        if _KEYS.get(node.kind) and not _KEYS[node.kind](node.inputs):
            said = "is not encrypted by a key of one's own: name the stack's key."
            yield Violation(node, f"{node.kind} {node.name} {said}")
        if node.kind == "s3/bucket" and encrypted.isdisjoint(_names(node)):
            said = "is not encrypted by a key of one's own: give it a KMS configuration."
            yield Violation(node, f"The bucket {node.name} {said}")


_KEYS: Mapping[str, Any] = {
    "dynamodb/table": lambda inputs: inputs.get("serverSideEncryption", {}).get("kmsKeyArn"),
    "sqs/queue": lambda inputs: inputs.get("kmsMasterKeyId"),
    "sns/topic": lambda inputs: inputs.get("kmsMasterKeyId"),
    "cloudwatch/logGroup": lambda inputs: inputs.get("kmsKeyId"),
    "secretsmanager/secret": lambda inputs: inputs.get("kmsKeyId"),
}


def buckets_are_private(graph: Graph) -> Iterator[Violation]:
    """Nobody outside reads a bucket: public access is blocked.

    A policy or an ACL that lets everybody in is one line, and partners' files have names of people.
    """
    blocked = {_text(node.inputs.get("bucket")) for node in graph.of("s3/bucketPublicAccessBlock")}
    for node in graph.of("s3/bucket"):
        if blocked.isdisjoint(_names(node)):
            said = "may become public: give it a BucketPublicAccessBlock."
            yield Violation(node, f"The bucket {node.name} {said}")


def transport_is_encrypted(graph: Graph) -> Iterator[Violation]:
    """Nothing is said in the clear: every bucket, queue and topic refuses plain HTTP by its own policy.

    These services take plain HTTP, too, from a client that is set up so, and then anybody on the way reads along.
    """
    guarded: set[str] = set()
    for kind, key in (("s3/bucketPolicy", "bucket"), ("sqs/queuePolicy", "queueUrl"), ("sns/topicPolicy", "arn")):
        guarded |= {_text(node.inputs[key]) for node in graph.of(kind) if _refuses_http(node)}
    for node in (node for kind in ("s3/bucket", "sqs/queue", "sns/topic") for node in graph.of(kind)):
        by_itself = "policy" in node.inputs and _refuses_http(node)
        if guarded.isdisjoint(_names(node)) and not by_itself:
            said = "takes plain HTTP: deny aws:SecureTransport false in its policy."
            yield Violation(node, f"{node.kind} {node.name} {said}")


def logs_expire(graph: Graph) -> Iterator[Violation]:
    """Logs are kept as long as is said: every log group expires, and every function writes to one that is made.

    A group that Lambda makes by itself is kept and paid for for ever, without the context's own key.
    """
    groups = {node.called for node in graph.of("cloudwatch/logGroup")}
    for node in graph.of("cloudwatch/logGroup"):
        if not node.inputs.get("retentionInDays"):
            yield Violation(node, f"The log group {node.name} is kept for ever: set retention_in_days.")
    for node in graph.of("lambda/function"):
        if node.inputs.get("loggingConfig", {}).get("logGroup") not in groups:
            said = "writes to a log group that nobody makes: it would be kept for ever."
            yield Violation(node, f"The function {node.name} {said}")


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
    """Return what others may call a resource: its id, name, URL and ARN."""
    return {_text(node.outputs.get(key)) for key in ("id", "name", "bucket", "url", "arn")} - {""}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


POLICIES: tuple[Policy, ...] = (
    Policy.made_of(data_survives, production=True),
    Policy.made_of(tables_refuse_deletion, production=True),
    *policies(
        tables_can_be_restored,
        keys_rotate,
        data_is_encrypted,
        buckets_are_private,
        transport_is_encrypted,
        logs_expire,
    ),
)
