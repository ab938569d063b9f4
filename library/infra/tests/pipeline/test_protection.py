"""Encryption, TLS, retention, names and tags of what the pipeline is made of."""

import json
from fnmatch import fnmatch

from bounded_context_cli.programs.recording import ACCOUNT, REGION, Graph
from bounded_context_infra.configuration.labels import NAME_LIMIT
from tests.infra.test_protection import refuses_plain_http

from .program import LEAST, run


def test_everything_at_rest_is_encrypted_by_the_pipelines_key(pipeline: Graph) -> None:
    """Artefacts, what builds make, logs, and the topic."""
    key = pipeline.one("kms/key").arn
    (rule,) = pipeline.one("s3/bucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == key
    (store,) = pipeline.one("codepipeline/pipeline").inputs["artifactStores"]
    assert store["encryptionKey"] == {"type": "KMS", "id": key}
    assert {node.inputs["encryptionKey"] for node in pipeline.of("codebuild/project")} == {key}
    assert {node.inputs["kmsKeyId"] for node in pipeline.of("cloudwatch/logGroup")} == {key}
    assert pipeline.one("sns/topic").inputs["kmsMasterKeyId"] == key


def test_the_artefacts_are_private_versioned_and_gone_after_30_days(pipeline: Graph) -> None:
    """Nobody else reads them, nor anybody over plain HTTP."""
    assert refuses_plain_http(pipeline.one("s3/bucketPolicy").document())
    access = pipeline.one("s3/bucketPublicAccessBlock").inputs
    assert all(
        access[f"{verb}Public{what}"] for verb, what in (("block", "Acls"), ("block", "Policy"), ("ignore", "Acls"))
    )
    assert access["restrictPublicBuckets"]
    assert pipeline.one("s3/bucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    rules = pipeline.one("s3/bucketLifecycleConfiguration").inputs["rules"]
    assert {rule["id"]: rule.get("expiration") for rule in rules}["artifacts"] == {"days": 30}


def test_a_failed_execution_of_this_pipeline_is_published_to_the_topic(pipeline: Graph) -> None:
    """In a message with a link."""
    rule = pipeline.one("cloudwatch/eventRule", "failed")
    assert rule.document("eventPattern")["detail"] == {
        "state": ["FAILED"],
        "pipeline": [pipeline.one("codepipeline/pipeline").inputs["name"]],
    }
    target = pipeline.one("cloudwatch/eventTarget", "failed").inputs
    assert target["arn"] == pipeline.one("sns/topic").arn
    message = json.loads(target["inputTransformer"]["inputTemplate"])
    assert {"<pipeline>", "<execution>"} <= set(message.split(" https://")[0].rstrip(":").split())
    assert " https://" in message


def test_an_undelivered_failure_reaches_a_queue_with_an_alarm(pipeline: Graph) -> None:
    """For as long as SQS can, and to the same topic: EventBridge's way to it is not the alarms'."""
    queue, alarm = pipeline.one("sqs/queue"), pipeline.one("cloudwatch/metricAlarm").inputs
    assert pipeline.one("cloudwatch/eventTarget", "failed").inputs["deadLetterConfig"] == {"arn": queue.arn}
    assert queue.inputs["messageRetentionSeconds"] == 14 * 24 * 3600
    (sent,) = [
        statement for statement in pipeline.one("sqs/queuePolicy").statements() if statement["Effect"] == "Allow"
    ]
    assert sent["Condition"] == {"ArnEquals": {"aws:SourceArn": pipeline.one("cloudwatch/eventRule", "failed").arn}}
    assert alarm["dimensions"] == {"QueueName": queue.called}
    assert alarm["alarmActions"] == [pipeline.one("sns/topic").arn]
    policy = pipeline.one("sns/topicPolicy").statements()
    (by_alarms,) = [
        statement for statement in policy if statement.get("Principal") == {"Service": "cloudwatch.amazonaws.com"}
    ]
    (pattern,) = by_alarms["Condition"]["ArnLike"].values()
    assert fnmatch(f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{alarm['name']}", pattern)


def test_rules_publish_to_the_topic_without_a_condition_and_only_over_tls(pipeline: Graph) -> None:
    """EventBridge meets no condition of a topic's policy. The key lets it publish for this topic's name alone."""
    policy = pipeline.one("sns/topicPolicy").document()
    assert refuses_plain_http(policy)
    (sent,) = [
        statement for statement in policy["Statement"] if statement["Principal"] == {"Service": "events.amazonaws.com"}
    ]
    assert "Condition" not in sent
    topic = pipeline.one("sns/topic").arn
    (used,) = [
        statement
        for _, statement in pipeline.statements("kms/key")
        if "kms:EncryptionContext:aws:sns:topicArn" in statement.get("Condition", {}).get("ArnLike", {})
    ]
    assert "events.amazonaws.com" in used["Principal"]["Service"]
    assert topic.startswith(used["Condition"]["ArnLike"]["kms:EncryptionContext:aws:sns:topicArn"].rstrip("*"))


def test_every_project_logs_to_its_own_group_which_expires(pipeline: Graph) -> None:
    """A log group that AWS makes by itself would be kept for ever."""
    groups = {node.inputs["name"] for node in pipeline.of("cloudwatch/logGroup")}
    logged = [node.inputs["logsConfig"]["cloudwatchLogs"]["groupName"] for node in pipeline.of("codebuild/project")]
    assert sorted(logged) == sorted(groups)
    assert {node.inputs["retentionInDays"] for node in pipeline.of("cloudwatch/logGroup")} == {90}


def test_every_project_is_pinned_and_bounded(pipeline: Graph) -> None:
    """One image, no privileges, and an end in sight."""
    for node in pipeline.of("codebuild/project"):
        environment = node.inputs["environment"]
        assert environment["image"] == "aws/codebuild/amazonlinux-x86_64-standard:6.0"
        assert not environment.get("privilegedMode")
        assert 15 <= node.inputs["buildTimeout"] <= 480
        assert node.inputs["source"]["type"] == node.inputs["artifacts"]["type"] == "CODEPIPELINE"


def test_bucket_and_key_survive_the_removal_of_the_pipeline(pipeline: Graph) -> None:
    """As long as the settings protect them."""
    for kind in ("s3/bucket", "kms/key"):
        assert pipeline.one(kind).protect, kind
        assert pipeline.one(kind).retain_on_delete, kind
    assert not any(node.protect for node in run(LEAST | {"protect": False}).nodes)


def test_names_are_within_limits_and_taggable_resources_have_tags(pipeline: Graph) -> None:
    """By the same labels as those of the context's stacks."""
    tagged = ("iam/role", "codebuild/project", "codebuild/reportGroup", "codepipeline/pipeline", "sns/topic", "kms/key")
    for node in pipeline.nodes:
        if node.kind in tagged:
            assert set(node.inputs["tags"]) == {"context", "stack", "owner"}, node.name
            assert len(node.inputs.get("name", "")) <= NAME_LIMIT


def test_it_lives_where_the_program_is_deployed(pipeline: Graph) -> None:
    """Outputs name the pipeline and its topic."""
    assert pipeline.outputs["pipeline"] == pipeline.one("codepipeline/pipeline").inputs["name"]
    assert pipeline.outputs["alarm_topic_arn"].startswith(f"arn:aws:sns:{REGION}:{ACCOUNT}:")
