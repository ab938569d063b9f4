"""Who hears that the pipeline failed, or waits for somebody."""

import json
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, iam, sns, sqs

from ..account import Account
from ..alerts import RUNBOOK
from ..labels import Labels
from ..policy import Statement, allow, document, grant, only_over_tls
from ._component import Component
from ._queue import Kept, queue, queue_policy, sent_by

_MESSAGE = (
    '"The pipeline <pipeline> failed in its execution <execution>: '
    'https://<region>.console.aws.amazon.com/codesuite/codepipeline/pipelines/<pipeline>/view?region=<region>"'
)
_PATHS = {"pipeline": "$.detail.pipeline", "execution": "$.detail.execution-id", "region": "$.region"}


@dataclass(frozen=True)
class Says:
    """What it means that a rule's event could not be delivered, and the section of the runbook that says what to do."""

    rule: str
    sentence: str
    section: str


_UNTOLD = Says("failed", "A failed delivery was told to nobody.", "a-failed-delivery-was-told-to-nobody")
UNSTARTED = Says("commits", "A commit started no delivery.", "a-commit-started-no-delivery")


class Failures(Component):
    """An encrypted topic, `topic_arn`, and the rule that tells it of each failed execution of one pipeline.

    What a rule cannot deliver is kept for 14 days in a queue, and an alarm tells the topic that something lies there.
    """

    urn_type = "bounded-context:pipeline:Failures"

    def __init__(
        self, name: str, labels: Labels, account: Account, key_arn: pulumi.Input[str], *, pipeline_name: str
    ) -> None:
        super().__init__(name, labels)
        self._account = account
        self._topic = sns.Topic(
            "alarms", name=labels.name("alarms"), kms_master_key_id=key_arn, tags=labels.tags, opts=self.child()
        )
        self.topic_arn = self._topic.arn
        self._key_arn = key_arn
        rule = self._rule(pipeline_name)
        policy = self._policy()
        kept = self.keep(rule, _UNTOLD)
        cloudwatch.EventTarget(
            "failed",
            rule=rule.name,
            arn=self.topic_arn,
            input_transformer={"input_paths": _PATHS, "input_template": _MESSAGE},
            dead_letter_config={"arn": kept.arn},
            opts=self.child(depends_on=[policy, kept.policy]),
        )
        self.register_outputs({"topic_arn": self.topic_arn})

    def grant_publish(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` tell the topic that somebody is waited for."""
        return grant(self, role, allow(["sns:Publish"], self.topic_arn))

    def keep(self, rule: cloudwatch.EventRule, says: Says) -> Kept:
        """Keep what a rule cannot deliver, and tell the topic that something lies there, and what that means."""
        name = f"{says.rule}-dead-letters"
        lost = queue(self, name, self._key_arn)
        self._watch(name, lost, says)
        return Kept(lost.arn, queue_policy(self, name, lost, sent_by("events", rule.arn, lost)))

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

    def _watch(self, name: str, lost: sqs.Queue, says: Says) -> None:
        cloudwatch.MetricAlarm(
            name,
            name=self.labels.name(name),
            alarm_description=f"{says.sentence} Runbook: {RUNBOOK} {says.section}",
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": lost.name},
            statistic="Maximum",
            period=300,
            evaluation_periods=1,
            threshold=0,
            comparison_operator="GreaterThanThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[self.topic_arn],
            tags=self.labels.tags,
            opts=self.child(),
        )
