"""The key that encrypts all data of a stack, its log groups, and IAM policy documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, iam, kms

from ..configuration.labels import Labels
from ..configuration.partition import partition_of
from .program import Account, Component

Statement = Mapping[str, Any]
"""A statement of an IAM policy, by its members such as ``Action`` and ``Resource``."""


def document(*statements: Statement) -> pulumi.Output[str]:
    """Return the policy of the given statements as JSON text; Outputs inside are awaited."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Sequence[str], *resources: pulumi.Input[str], **more: Any) -> Statement:
    """Return a statement that allows the given actions on the given resources; `more` adds Condition or Principal."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources), **more}


def only_over_tls(actions: str, *resources: pulumi.Input[str]) -> Statement:
    """Return a statement of a resource policy that denies every call without TLS."""
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def trust(
    service: str, account_id: pulumi.Input[str] | None = None, source_arn: pulumi.Input[str] | None = None
) -> pulumi.Output[str]:
    """Return the policy that lets `service` assume a role.

    `account_id` is for services that send aws:SourceAccount, `source_arn` for services that send aws:SourceArn.
    """
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    sent = {"aws:SourceAccount": account_id, "aws:SourceArn": source_arn}
    if equals := {key: value for key, value in sent.items() if value is not None}:
        statement["Condition"] = {"StringEquals": equals}
    return document(statement)


def grant(owner: pulumi.ComponentResource, role: iam.Role, *statements: Statement) -> iam.RolePolicy:
    """Give `role` the permissions of `owner`, in a policy that is named after both."""
    return iam.RolePolicy(
        f"{owner.pulumi_resource_name}-to-{role.pulumi_resource_name}",
        name=owner.pulumi_resource_name,
        role=role.name,
        policy=document(*statements),
        opts=pulumi.ResourceOptions(parent=owner),
    )


_USE = ("kms:Decrypt", "kms:GenerateDataKey")
_LOGS_USE = (
    *_USE,
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:Encrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:DescribeKey",
)


class Key(Component):
    """A key with rotation and an alias. Roles use it by `grant_use`, AWS services by its policy."""

    urn_type = "bounded-context:infra:Key"

    def __init__(self, name: str, labels: Labels, account: Account, *, protect: bool) -> None:
        super().__init__(name, labels)
        self.key = kms.Key(
            name,
            description=f"Encrypts the data that {labels.prefix} stores and sends.",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=document(*_statements(labels, account)),
            tags=labels.tags,
            opts=self.stateful(protect),
        )
        kms.Alias(f"{name}-alias", name=f"alias/{labels.prefix}", target_key_id=self.key.key_id, opts=self.child())
        self.arn = self.key.arn
        self.register_outputs({"arn": self.arn})

    def grant_use(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` encrypt and decrypt the data that it may access."""
        return grant(self, role, allow(_USE, self.arn))


def _statements(labels: Labels, account: Account) -> list[Statement]:
    # In a key's own policy the resource "*" is the key.
    return [
        # IAM policies of the account decide who uses and manages the key. Without this statement, they have no effect.
        allow(["kms:*"], "*", Principal={"AWS": account.root()}),
        # EventBridge and SNS send to this stack's encrypted queues.
        allow(
            _USE,
            "*",
            Principal={"Service": ["events.amazonaws.com", "sns.amazonaws.com"]},
            Condition={"ArnLike": {"kms:EncryptionContext:aws:sqs:arn": account.arn("sqs", f"{labels.prefix}-*")}},
        ),
        # Alarms and rules publish to this stack's encrypted alarm topic.
        allow(
            _USE,
            "*",
            Principal={"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]},
            Condition={"ArnLike": {"kms:EncryptionContext:aws:sns:topicArn": account.arn("sns", f"{labels.prefix}-*")}},
        ),
        allow(
            _LOGS_USE,
            "*",
            # The one principal with the domain of the partition (aws-cdk, region-info/lib/default.ts, "logs").
            Principal={"Service": account.region.apply(lambda region: f"logs.{region}.{partition_of(region).domain}")},
            Condition={
                "ArnLike": {"kms:EncryptionContext:aws:logs:arn": account.arn("logs", f"log-group:{labels.log_groups}")}
            },
        ),
    ]


@dataclass(frozen=True)
class Logs:
    """The factory of a stack's log groups."""

    labels: Labels
    key_arn: pulumi.Input[str]
    retention_days: int

    def group(self, service: str, name: str, parent: pulumi.Resource) -> cloudwatch.LogGroup:
        """Make the log group of the part `name` in the folder of `service`."""
        return cloudwatch.LogGroup(
            f"{name}-logs",
            name=self.labels.log_group(service, name),
            retention_in_days=self.retention_days,
            kms_key_id=self.key_arn,
            tags=self.labels.tags,
            opts=pulumi.ResourceOptions(parent=parent),
        )
