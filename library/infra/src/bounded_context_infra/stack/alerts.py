"""The notifications of a stack's alarms: topics, descriptions, and the list of alarms."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_aws import iam, sns

from ..configuration.alarms import RUNBOOK, Severity, Thresholds, Wanted
from ..configuration.labels import Labels
from .key import allow, document, grant, only_over_tls
from .program import Account, Component


@dataclass(frozen=True)
class Notice:
    """The message of an alarm: severity, the `effect` of the fault, and the section of the runbook with the remedy."""

    severity: Severity
    effect: str
    section: str


@dataclass(frozen=True)
class DeadLetters:
    """A dead-letter queue: its name in the stack, its name in AWS, and the severity of a message in it."""

    name: str
    queue_name: pulumi.Output[str]
    severity: Severity


@dataclass(frozen=True)
class NotifyingAlarm:
    """An alarm that notifies a topic: its name within the stack and in AWS."""

    name: str
    alarm_name: pulumi.Output[str]
    severity: Severity


@dataclass(frozen=True)
class Alerts:
    """The topics and thresholds of a stack's alarms.

    `alarms` collects the alarms made so far, `dead_letters` the queues that still need an alarm. If `wanted` is
    "critical", warnings are left out; if it is "none", all alarms are.
    """

    topics: Mapping[Severity, pulumi.Input[str]]
    runbook_url: str
    thresholds: Thresholds
    wanted: Wanted = "all"
    alarms: list[NotifyingAlarm] = field(default_factory=list)
    dead_letters: list[DeadLetters] = field(default_factory=list)

    def wants(self, severity: Severity) -> bool:
        """Return whether the stack has alarms of this severity."""
        return self.wanted == "all" or severity == self.wanted

    def description(self, notice: Notice) -> str:
        """Return the alarm's description, which ends with the runbook's address or the command that prints it."""
        runbook = f"{self.runbook_url}#{notice.section}" if self.runbook_url else f"{RUNBOOK} {notice.section}"
        return f"{notice.effect} Runbook: {runbook}"

    def add(self, name: str, alarm_name: pulumi.Output[str], severity: Severity) -> None:
        """Record the alarm `name`, which notifies the topic of `severity` and is called `alarm_name` in AWS."""
        self.alarms.append(NotifyingAlarm(name, alarm_name, severity))

    def names(self, severity: Severity) -> pulumi.Output[list[str]]:
        """Return the names of the alarms made so far with this severity, sorted so that their order never changes."""
        return pulumi.Output.all(*(alarm.alarm_name for alarm in self.alarms if alarm.severity == severity)).apply(
            sorted
        )


class AlarmTopic(Component):
    """A topic for a stack's alarms of one severity. People, chat and pagers subscribe outside of this program."""

    urn_type = "bounded-context:infra:AlarmTopic"

    def __init__(self, name: str, labels: Labels, account: Account, key_arn: pulumi.Input[str]) -> None:
        super().__init__(name, labels)
        self.topic = sns.Topic(
            name, name=labels.name(name), kms_master_key_id=key_arn, tags=labels.tags, opts=self.child()
        )
        self.arn = self.topic.arn
        sns.TopicPolicy(
            f"{name}-policy",
            arn=self.arn,
            policy=document(
                only_over_tls("sns:Publish", self.arn),
                allow(
                    ["sns:Publish"],
                    self.arn,
                    Principal={"Service": "cloudwatch.amazonaws.com"},
                    Condition={"ArnLike": {"aws:SourceArn": account.arn("cloudwatch", f"alarm:{labels.prefix}-*")}},
                ),
            ),
            opts=self.child(),
        )
        self.register_outputs({"arn": self.arn})

    def grant_publish(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` publish notifications for people."""
        return grant(self, role, allow(["sns:Publish"], self.arn))
