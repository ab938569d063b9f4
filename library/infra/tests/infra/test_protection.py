"""Encryption, TLS, retention and dead-letter queues: what holds for every resource of a kind."""

from typing import Any

import pytest

from bounded_context_cli.docs import FOLDER
from bounded_context_infra.configuration.labels import NAME_LIMIT

from .graph import ACCOUNT, NETWORK, REGION, Graph, run

OPTED: dict[str, dict[str, Any]] = {
    "backup": {"backup": "vault", "backup_copy": f"arn:aws:backup:{REGION}:999900001111:backup-vault:copies"},
    "sftp_vpc": NETWORK,
    "malware": {"malware": "guardduty"},
    "permissions_boundary": {"permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/limit"},
}
"""Settings that the page says how to switch off."""


def refuses_plain_http(document: dict[str, Any]) -> bool:
    """Whether a policy denies everyone every call of its service that comes without TLS."""
    return any(
        statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in document["Statement"]
    )


def test_everything_at_rest_is_encrypted_by_the_stacks_key(prod: Graph) -> None:
    """Table, buckets, queues, topic and log groups use the one key."""
    key = prod.one("kms/key").arn
    assert prod.one("dynamodb/table").inputs["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": key}
    for node in prod.of("s3/bucketServerSideEncryptionConfiguration"):
        (rule,) = node.inputs["rules"]
        assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}
        assert rule["bucketKeyEnabled"] is True
    assert {node.inputs["kmsMasterKeyId"] for node in prod.of("sqs/queue") + prod.of("sns/topic")} == {key}
    assert {node.inputs["kmsKeyId"] for node in prod.of("cloudwatch/logGroup")} == {key}


def test_logs_may_be_encrypted_by_another_key(varied: Graph) -> None:
    """Of those who may read logs and nothing else, say; everything else keeps the stack's key."""
    other = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/mrk-0123456789abcdef0123456789abcdef"
    assert {node.inputs["kmsKeyId"] for node in varied.of("cloudwatch/logGroup")} == {other}
    assert varied.one("dynamodb/table").inputs["serverSideEncryption"]["kmsKeyArn"] == varied.one("kms/key").arn


def test_every_function_may_require_signed_code(prod: Graph, varied: Graph) -> None:
    """Without the setting, no function has a code signing configuration."""
    signing = f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
    assert {node.inputs["codeSigningConfigArn"] for node in varied.of("lambda/function")} == {signing}
    assert not [node for node in prod.of("lambda/function") if "codeSigningConfigArn" in node.inputs]


def test_the_key_rotates_and_has_a_readable_name(prod: Graph) -> None:
    """An operator finds the key by its alias."""
    assert prod.one("kms/key").inputs["enableKeyRotation"] is True
    assert prod.one("kms/alias").inputs["name"] == "alias/" + prod.one("dynamodb/table").inputs["name"].removesuffix(
        "-table"
    )


def test_services_use_the_key_only_for_this_stacks_queues_topics_and_logs(prod: Graph) -> None:
    """A service that may use the key may do so for this stack alone."""
    by_service = {str(s["Principal"]): s for _, s in prod.statements("kms/key") if "Service" in s["Principal"]}
    assert len(by_service) == 3
    for statement in by_service.values():
        ((name, pattern),) = statement["Condition"]["ArnLike"].items()
        assert name.startswith("kms:EncryptionContext:aws:")
        assert f":{ACCOUNT}:" in pattern


def test_every_bucket_queue_and_topic_refuses_plain_http(prod: Graph) -> None:
    """TLS only, by the resource's own policy."""
    assert all(refuses_plain_http(node.document()) for node in prod.of("s3/bucketPolicy"))
    assert len(prod.of("s3/bucketPolicy")) == len(prod.of("s3/bucket"))
    assert all(refuses_plain_http(node.document()) for node in prod.of("sns/topicPolicy"))
    guarded = {node.inputs["queueUrl"] for node in prod.of("sqs/queuePolicy") if refuses_plain_http(node.document())}
    assert guarded == {node.outputs["url"] for node in prod.of("sqs/queue")}


def test_every_queue_is_a_dead_letter_queue_or_has_one(prod: Graph) -> None:
    """No message is lost because a consumer fails."""
    queues = prod.of("sqs/queue")
    dead_letters = {node.arn for node in queues if node.name.endswith("-dead-letters")}
    for node in queues:
        if node.arn not in dead_letters:
            assert node.document("redrivePolicy")["deadLetterTargetArn"] in dead_letters


def test_every_dead_letter_is_kept_for_two_weeks(prod: Graph) -> None:
    """As long as SQS can. Only a queue that has a dead-letter queue keeps messages for a shorter time."""
    last = [node for node in prod.of("sqs/queue") if "redrivePolicy" not in node.inputs]
    assert last
    assert {node.inputs["messageRetentionSeconds"] for node in last} == {14 * 24 * 3600}


def test_every_log_group_expires_and_precedes_its_writers(prod: Graph) -> None:
    """A log group that AWS makes by itself would be kept for ever, and unencrypted by our key."""
    assert {node.inputs["retentionInDays"] for node in prod.of("cloudwatch/logGroup")} == {365}
    groups = {node.inputs["name"]: node.urn for node in prod.of("cloudwatch/logGroup")}
    for node in prod.of("lambda/function"):
        assert groups[node.inputs["loggingConfig"]["logGroup"]] in node.dependencies
    for node in prod.of("transfer/server") + prod.of("sfn/stateMachine"):
        assert node.dependencies & set(groups.values()), node.name


def test_production_cannot_lose_data_by_a_mistake(prod: Graph) -> None:
    """Table, buckets and key survive the removal of the stack; the table refuses deletion itself."""
    for node in (*prod.of("dynamodb/table"), *prod.of("s3/bucket"), *prod.of("kms/key")):
        assert node.protect, node.name
        assert node.retain_on_delete, node.name
    assert prod.one("dynamodb/table").inputs["deletionProtectionEnabled"] is True


def test_a_development_stack_can_be_removed(without_sftp: Graph) -> None:
    """What is not protected is not left behind."""
    assert not any(node.protect or node.retain_on_delete for node in without_sftp.nodes)


def test_every_taggable_resource_has_tags(prod: Graph) -> None:
    """Costs and owners can be told by tag."""
    untagged = {"lambda/layerVersion", "kms/alias", "sfn/alias", "lambda/alias", "transfer/sshKey"}
    untagged |= {"codedeploy/deploymentConfig", "lambda/permission", "lambda/functionEventInvokeConfig"}
    untagged |= {"apigatewayv2/authorizer", "apigatewayv2/integration", "apigatewayv2/route"}
    untagged |= {"cloudwatch/dashboard", "cloudwatch/queryDefinition", "scheduler/schedule"}
    for node in prod.nodes:
        if "tags" not in node.inputs:
            assert (
                node.kind in untagged
                or node.kind.endswith(("Policy", "Target", "Subscription"))
                or "bucket" in node.kind
            )
        else:
            assert set(node.inputs["tags"]) == {"context", "stack", "owner"}, node.name


def test_names_are_explicit_and_within_limits(prod: Graph) -> None:
    """All but the buckets, whose names are shared with the whole world, are named by the stack."""
    for node in prod.nodes:
        if node.kind in ("lambda/function", "iam/role", "sqs/queue", "sns/topic", "sfn/stateMachine", "dynamodb/table"):
            assert node.inputs["name"].startswith(
                "-".join(prod.one("sns/topic", "fanout").inputs["name"].split("-")[:-1])
            )
            assert len(node.inputs["name"]) <= NAME_LIMIT
    assert not any("bucket" in node.inputs for node in prod.of("s3/bucket"))


def test_names_are_unique_in_their_kind(prod: Graph) -> None:
    """Two resources of one kind with one name would overwrite each other."""
    for kind in {node.kind for node in prod.nodes} - {"iam/rolePolicy", "lambda/alias"}:
        names = [node.inputs["name"] for node in prod.of(kind) if "name" in node.inputs]
        assert len(names) == len(set(names)), kind


@pytest.mark.parametrize(
    "setting",
    [setting if setting == "backup" else pytest.param(setting, marks=pytest.mark.nightly) for setting in OPTED],
)
def test_the_page_names_each_protected_resource_that_a_setting_adds(setting: str, prod: Graph) -> None:
    """Pulumi refuses to delete them when the setting is removed."""
    section = (FOLDER / "account.md").read_text().partition("## Switch an option off")[2].partition("\n## ")[0]
    [row] = [line for line in section.splitlines() if line.startswith(f"| `{setting}` |")]
    before = {node.urn for node in prod.nodes}
    added = [node for node in run("prod", **OPTED[setting]).nodes if node.protect and node.urn not in before]
    assert all(
        f"`{node.name.replace('payment-prod', '<context>-<stack>')}`" in row and node.retain_on_delete for node in added
    )
    assert bool(added) == ("| none" not in row)
