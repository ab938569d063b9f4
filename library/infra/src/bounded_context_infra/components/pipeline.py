"""The pipeline, which delivers a commit to the last environment; its artefacts, and notifications of failures."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, codepipeline, iam, sns, sqs

from bounded_context_infra.configuration.alarms import RUNBOOK
from bounded_context_infra.configuration.labels import Labels
from bounded_context_infra.stack.program import (
    Account,
    Component,
    Statement,
    allow,
    document,
    grant,
    only_over_tls,
    trust,
)

from .._parts.buckets import private_bucket
from .._parts.queues import EventQueue, queue, queue_policy, sent_by

Store = Callable[[cloudwatch.EventRule], EventQueue]
"""Makes a queue for the undelivered events of a rule."""


_OWN_BUILDSPEC = {"Null": {"codebuild:source.buildspec": "true"}}
"""The request has no other buildspec (CodeBuild user guide, "AWS CodeBuild condition keys")."""


class Pipeline(Component):
    """A pipeline, named by the prefix of its resources, and its `role`, to which other components grant permissions.

    A newer execution supersedes an execution that waits before a stage.
    """

    urn_type = "bounded-context:pipeline:Pipeline"

    def __init__(self, name: str, labels: Labels, account: Account) -> None:
        super().__init__(name, labels)
        self._account = account
        self.pipeline_name = labels.prefix
        self.role = iam.Role(
            name,
            # AWS's own policies for pipelines have no condition: CodePipeline may not send the account that it acts
            # for.
            assume_role_policy=trust("codepipeline"),
            **self.named("run"),
        )
        self.register_outputs({"name": self.pipeline_name})

    def grant(self, source: Statement, projects: Sequence[pulumi.Input[str]]) -> iam.RolePolicy:
        """Let the pipeline's role fetch the source, start each project with its own buildspec, and read the results."""
        actions = ["codebuild:StartBuild", "codebuild:BatchGetBuilds"]
        return grant(self, self.role, source, allow(actions, *projects, Condition=_OWN_BUILDSPEC))

    def define(
        self,
        stages: Sequence[Any],
        *,
        variables: Sequence[Any],
        triggers: Sequence[Any],
        bucket_name: pulumi.Input[str],
        key_arn: pulumi.Input[str],
        permissions: Sequence[pulumi.Resource],
    ) -> codepipeline.Pipeline:
        """Make the pipeline after `permissions`, because it starts by itself as soon as it exists."""
        return codepipeline.Pipeline(
            self.name,
            name=self.pipeline_name,
            pipeline_type="V2",
            execution_mode="SUPERSEDED",
            role_arn=self.role.arn,
            artifact_stores=[{"type": "S3", "location": bucket_name, "encryption_key": {"type": "KMS", "id": key_arn}}],
            variables=[*variables],
            stages=[*stages],
            triggers=[*triggers],
            tags=self.labels.tags,
            opts=self.child(depends_on=[*permissions]),
        )

    def start_on(self, pattern: pulumi.Input[str], pipeline: codepipeline.Pipeline, store: Store) -> None:
        """Start the pipeline on each event of this pattern; `store` makes a queue for the undelivered events."""
        role = iam.Role("commits", assume_role_policy=trust("events", self._account.id), **self.named("commits"))
        rule = cloudwatch.EventRule("commits", event_pattern=pattern, **self.named("commits"))
        starts = grant(self, role, allow(["codepipeline:StartPipelineExecution"], pipeline.arn))
        undelivered = store(rule)
        cloudwatch.EventTarget(
            "commits",
            rule=rule.name,
            arn=pipeline.arn,
            role_arn=role.arn,
            dead_letter_config={"arn": undelivered.arn},
            opts=self.child(depends_on=[starts, undelivered.policy]),
        )


_THIRTY_DAYS = {
    "id": "artifacts",
    "status": "Enabled",
    "filter": {"prefix": ""},
    "expiration": {"days": 30},
    "noncurrent_version_expiration": {"noncurrent_days": 1},
}

_SHORTEST = 10
"""Minimum characters of a pipeline's name in its folder's name. CodePipeline kept 20 on AWS, which documents no
number."""

LONGEST_NAME = 10
"""Characters of an artefact's name in the keys of its objects. CodePipeline shortens longer names: `SourceArtifact` is
`myPipeline/SourceArti/EXAMPLE` in its user guide, which gives no rule."""


class Artifacts(Component):
    """A bucket whose objects expire after 30 days. An older stage is run again from its source."""

    urn_type = "bounded-context:pipeline:Artifacts"

    def __init__(self, name: str, labels: Labels, key_arn: pulumi.Input[str], *, protect: bool) -> None:
        super().__init__(name, labels)
        self._bucket = private_bucket(self, name, key_arn, protect=protect, expiry=[_THIRTY_DAYS])
        self.bucket_name = self._bucket.id
        self.register_outputs({"bucket": self.bucket_name})

    def grant_use(self, role: iam.Role, *, takes: Sequence[str], produces: str | None) -> iam.RolePolicy:
        """Let a step's `role` read the artefacts that the step takes, and write the artefact that it produces.

        Args:
            role: the role of the step's project.
            takes: names of artefacts, with at most `LONGEST_NAME` characters.
            produces: the name of an artefact.
        """
        read = allow(["s3:GetObject", "s3:GetObjectVersion"], *map(self._objects, takes))
        write = [allow(["s3:PutObject"], self._objects(produces))] if produces else []
        return self._grant(role, read, *write)

    def grant_fetch(self, role: iam.Role) -> iam.RolePolicy:
        """Let a pipeline's `role` read and write all artefacts, and store the sources from a code connection.

        The sources are stored with an access list. This bucket ignores the list, but S3 requires the permission.
        """
        actions = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectAcl"]
        return self._grant(role, allow(actions, self._objects()))

    def _grant(self, role: iam.Role, *objects: Statement) -> iam.RolePolicy:
        # CodeBuild first reads the owner of the bucket.
        bucket = allow(["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"], self._bucket.arn)
        return grant(self, role, *objects, bucket)

    def _objects(self, artefact: str | None = None) -> pulumi.Output[str]:
        """Return the ARN of an artefact's objects, or of all objects of the pipeline."""
        # CodePipeline names the folder of its artefacts after the pipeline, and shortens longer names.
        folder = f"/{self.labels.prefix[:_SHORTEST]}*"
        return pulumi.Output.concat(self._bucket.arn, f"{folder}/{artefact}/*" if artefact else folder)


_MESSAGE = (
    '"The pipeline <pipeline> failed in its execution <execution>: '
    'https://<region>.<console>/codesuite/codepipeline/pipelines/<pipeline>/view?region=<region>"'
)
_PATHS = {"pipeline": "$.detail.pipeline", "execution": "$.detail.execution-id", "region": "$.region"}


@dataclass(frozen=True)
class Undelivered:
    """The effect of a rule's undelivered events, and the section of the runbook with the remedy."""

    rule: str
    effect: str
    section: str


_UNREPORTED = Undelivered("failed", "A failed delivery was not reported.", "a-failed-delivery-was-not-reported")
UNSTARTED = Undelivered("commits", "A commit started no delivery.", "a-commit-started-no-delivery")


class Failures(Component):
    """An encrypted topic, `topic_arn`, and the rule that publishes each failed execution of a pipeline to it.

    A queue stores undelivered events for 14 days, and an alarm notifies the topic of them.
    """

    urn_type = "bounded-context:pipeline:Failures"

    def __init__(
        self, name: str, labels: Labels, account: Account, key_arn: pulumi.Input[str], *, pipeline_name: str
    ) -> None:
        super().__init__(name, labels)
        self._account = account
        self._topic = sns.Topic("alarms", kms_master_key_id=key_arn, **self.named("alarms"))
        self.topic_arn = self._topic.arn
        self._key_arn = key_arn
        rule = self._rule(pipeline_name)
        policy = self._policy()
        undelivered = self.store(rule, _UNREPORTED)
        cloudwatch.EventTarget(
            "failed",
            rule=rule.name,
            arn=self.topic_arn,
            input_transformer={"input_paths": _PATHS, "input_template": self._message()},
            dead_letter_config={"arn": undelivered.arn},
            opts=self.child(depends_on=[policy, undelivered.policy]),
        )
        self.register_outputs({"topic_arn": self.topic_arn})

    def grant_publish(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` publish pending approvals to the topic."""
        return grant(self, role, allow(["sns:Publish"], self.topic_arn))

    def store(self, rule: cloudwatch.EventRule, undelivered: Undelivered) -> EventQueue:
        """Store the undelivered events of a rule in a queue with an alarm."""
        name = f"{undelivered.rule}-dead-letters"
        stored = queue(self, name, self._key_arn)
        self._watch(name, stored, undelivered)
        return EventQueue(stored.arn, queue_policy(self, name, stored, sent_by("events", rule.arn, stored)))

    def _message(self) -> pulumi.Output[str]:
        return self._account.partition.apply(lambda partition: _MESSAGE.replace("<console>", partition.console))

    def _rule(self, pipeline_name: str) -> cloudwatch.EventRule:
        pattern = {
            "source": ["aws.codepipeline"],
            "detail-type": ["CodePipeline Pipeline Execution State Change"],
            "detail": {"state": ["FAILED"], "pipeline": [pipeline_name]},
        }
        return cloudwatch.EventRule("failed", event_pattern=json.dumps(pattern), **self.named("failed"))

    def _policy(self) -> sns.TopicPolicy:
        # EventBridge does not send SNS the rule's ARN. A condition on it would reject every notification (EventBridge
        # user guide, "Amazon SNS permissions").
        sent_by_rules = allow(["sns:Publish"], self.topic_arn, Principal={"Service": "events.amazonaws.com"})
        return sns.TopicPolicy(
            "alarms-policy",
            arn=self.topic_arn,
            policy=document(only_over_tls("sns:Publish", self.topic_arn), sent_by_rules, self._sent_by_alarms()),
            opts=self.child(),
        )

    def _sent_by_alarms(self) -> Statement:
        return allow(
            ["sns:Publish"],
            self.topic_arn,
            Principal={"Service": "cloudwatch.amazonaws.com"},
            Condition={"ArnLike": {"aws:SourceArn": self._account.arn("cloudwatch", f"alarm:{self.labels.prefix}-*")}},
        )

    def _watch(self, name: str, stored: sqs.Queue, undelivered: Undelivered) -> None:
        cloudwatch.MetricAlarm(
            name,
            alarm_description=f"{undelivered.effect} Runbook: {RUNBOOK} {undelivered.section}",
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": stored.name},
            statistic="Maximum",
            period=300,
            evaluation_periods=1,
            threshold=0,
            comparison_operator="GreaterThanThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[self.topic_arn],
            **self.named(name),
        )
