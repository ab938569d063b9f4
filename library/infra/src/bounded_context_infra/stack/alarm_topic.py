"""The topic of a stack's alarms and failed releases."""

import pulumi
from pulumi_aws import iam, sns

from ..configuration.labels import Labels
from .account import Account
from .component import Component
from .policy import allow, document, grant, only_over_tls


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
