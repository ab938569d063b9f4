"""The key that encrypts all data of a stack."""

from pulumi_aws import iam, kms

from ..configuration.labels import Labels
from ..configuration.partition import partition_of
from .account import Account
from .component import Component
from .policy import Statement, allow, document, grant

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
