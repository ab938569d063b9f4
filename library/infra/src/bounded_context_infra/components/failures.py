"""Notifications of failed executions of the pipeline, and of pending approvals."""

import json
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, iam, sns, sqs

from bounded_context_infra.configuration.alarms import RUNBOOK
from bounded_context_infra.configuration.labels import Labels
from bounded_context_infra.stack.account import Account
from bounded_context_infra.stack.component import Component
from bounded_context_infra.stack.policy import Statement, allow, document, grant, only_over_tls

from ..parts.queues import EventQueue, queue, queue_policy, sent_by

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
        self._topic = sns.Topic(
            "alarms", name=labels.name("alarms"), kms_master_key_id=key_arn, tags=labels.tags, opts=self.child()
        )
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
        return self._account.partition.apply(lambda found: _MESSAGE.replace("<console>", found.console))

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
            name=self.labels.name(name),
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
            tags=self.labels.tags,
            opts=self.child(),
        )
