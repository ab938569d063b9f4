"""Who hears that the pipeline failed, or waits for somebody."""

import json

import pulumi
from pulumi_aws import cloudwatch, iam, sns

from ..labels import Labels
from ..policy import allow, document, grant, only_over_tls
from ._component import Component

_MESSAGE = (
    '"The pipeline <pipeline> failed in its execution <execution>: '
    'https://<region>.console.aws.amazon.com/codesuite/codepipeline/pipelines/<pipeline>/view?region=<region>"'
)
_PATHS = {"pipeline": "$.detail.pipeline", "execution": "$.detail.execution-id", "region": "$.region"}


class Failures(Component):
    """An encrypted topic, `topic_arn`, and the rule that tells it of each failed execution of one pipeline."""

    urn_type = "bounded-context:pipeline:Failures"

    def __init__(self, name: str, labels: Labels, key_arn: pulumi.Input[str], *, pipeline_name: str) -> None:
        super().__init__(name, labels)
        self._topic = sns.Topic(
            "alarms", name=labels.name("alarms"), kms_master_key_id=key_arn, tags=labels.tags, opts=self.child()
        )
        self.topic_arn = self._topic.arn
        rule = self._rule(pipeline_name)
        policy = self._policy()
        cloudwatch.EventTarget(
            "failed",
            rule=rule.name,
            arn=self.topic_arn,
            input_transformer={"input_paths": _PATHS, "input_template": _MESSAGE},
            opts=self.child(depends_on=[policy]),
        )
        self.register_outputs({"topic_arn": self.topic_arn})

    def grant_publish(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` tell the topic that somebody is waited for."""
        return grant(self, role, allow(["sns:Publish"], self.topic_arn))

    def _rule(self, pipeline_name: str) -> cloudwatch.EventRule:
        pattern = {
            "source": ["aws.codepipeline"],
            "detail-type": ["CodePipeline Pipeline Execution State Change"],
            "detail": {"state": ["FAILED"], "pipeline": [pipeline_name]},
        }
        return cloudwatch.EventRule(
            "failed",
            name=self.labels.name("failed"),
            event_pattern=json.dumps(pattern),
            tags=self.labels.tags,
            opts=self.child(),
        )

    def _policy(self) -> sns.TopicPolicy:
        # EventBridge does not tell SNS for which rule it acts: with a condition, nobody would hear of anything
        # (EventBridge user guide, "Amazon SNS permissions").
        sent_by_rules = allow(["sns:Publish"], self.topic_arn, Principal={"Service": "events.amazonaws.com"})
        return sns.TopicPolicy(
            "alarms-policy",
            arn=self.topic_arn,
            policy=document(only_over_tls("sns:Publish", self.topic_arn), sent_by_rules),
            opts=self.child(),
        )
