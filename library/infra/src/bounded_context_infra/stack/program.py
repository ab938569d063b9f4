"""The start of a program: its account, names, and the boundary of its roles; components, the key, logs and policies.

The key encrypts all data of a stack.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, count
from typing import Any, ClassVar, Final, Self
from weakref import WeakKeyDictionary

import pulumi
import pulumi_aws as aws
from pulumi_aws import cloudwatch, iam, kms

from bounded_context.declaration.context import Context

from ..configuration.config import Partition, Placed, SettingError, partition_of
from ..configuration.labels import Labels, require_stack

_ROLE: Final = "aws:iam/role:Role"


def limit_roles(boundary: str | None) -> None:
    """Set the permissions boundary of every role that the program makes from now on, a team's own roles included."""
    if boundary is not None:
        pulumi.runtime.register_stack_transformation(partial(_limit, boundary))


def _limit(boundary: str, resource: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    # A resource with an id exists elsewhere, and is only read.
    if resource.type_ != _ROLE or resource.opts.id is not None:
        return None
    return pulumi.ResourceTransformationResult({**resource.props, "permissions_boundary": boundary}, resource.opts)


def start(
    context: Context[Any],
    boundary: str | None,
    *,
    reserved: str | None = None,
    owner: str | None = None,
    expires: str | None = None,
) -> Labels:
    """Return the names of the program's resources, and limit the roles that it makes from now on.

    Args:
        context: the context of the program.
        boundary: the permissions boundary of the program's settings.
        reserved: the reserved name of the program's resources; without it, they have the name of the stack.
        owner: the owner of the stack, if it is not the context's.
        expires: the end of a temporary stack.

    Raises:
        LabelError: the stack's name cannot be part of a resource's name, or other resources of the context have it.
    """
    if reserved is None:
        require_stack(pulumi.get_stack(), expires)
    limit_roles(boundary)
    return Labels(context.name, reserved or pulumi.get_stack(), owner or context.owner, expires)


LIVE = "live"
"""The alias that all callers use. The rollout moves it; this program only creates it."""


class Component(pulumi.ComponentResource):
    """A named group of resources. The resources are attributes, so a program can use any of them.

    `urn_type` is its type in Pulumi, and part of the URN of every resource below it. If it changed, an update would
    replace all these resources. It is therefore a constant, whatever the name of the class or a subclass.
    """

    urn_type: ClassVar[str]

    def __init__(self, name: str, labels: Labels, opts: pulumi.ResourceOptions | None = None) -> None:
        """Register the component. `opts` are its options, such as `transforms` of the resources below it."""
        super().__init__(self.urn_type, name, None, opts)
        self.name = name
        self.labels = labels

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """Return the options of a resource below this component."""
        return pulumi.ResourceOptions(parent=self, **options)

    def named(self, part: str, **options: Any) -> dict[str, Any]:
        """Return the arguments of a resource below this component that has the name of `part`, the tags and options."""
        return {"name": self.labels.name(part), "tags": self.labels.tags, "opts": self.child(**options)}

    def stateful(self, protect: bool) -> pulumi.ResourceOptions:
        """Return the options of a resource with data. With `protect`, no update or removal of the stack deletes it."""
        return self.child(protect=protect, retain_on_delete=protect)


def placed() -> Placed:
    """Return the settings of the program's stack, which reject ARNs of another partition."""
    return Placed(pulumi.Config(), pulumi.Config("aws").get("region"))


def require_account(account: str) -> None:
    """Raise SettingError unless the credentials are of this account, the setting `account`."""
    caller = aws.get_caller_identity().account_id
    if caller != account:
        raise SettingError("account", f"is {account}, but the credentials are of {caller}: use those of {account}.")


@dataclass(frozen=True)
class Account:
    """The account and the region of the stack; builds ARNs before, or inside, the resources that they name."""

    id: pulumi.Output[str]
    region: pulumi.Output[str]

    @classmethod
    def current(cls) -> Self:
        """Read the account and the region of the deployment from AWS."""
        return cls(
            id=aws.get_caller_identity_output().apply(lambda identity: identity.account_id),
            region=aws.get_region_output().apply(lambda region: region.region),
        )

    def arn(self, service: str, resource: str) -> pulumi.Output[str]:
        """Return the ARN of `resource` of `service` in this account and region."""
        return self.arn_of(service, ":", self.region, ":", self.id, ":", resource)

    def arn_of(self, *rest: pulumi.Input[str]) -> pulumi.Output[str]:
        """Return the ARN that ends with the given texts, in the partition of the region."""
        return pulumi.Output.concat("arn:", self.partition.apply(lambda partition: partition.name), ":", *rest)

    def root(self, account: pulumi.Input[str] | None = None) -> pulumi.Output[str]:
        """Return the principal of this account, or of another one: its IAM policies decide."""
        return self.arn_of("iam::", account or self.id, ":root")

    def names(self, service: str) -> pulumi.Output[str | list[str]]:
        """Return the service's names in conditions."""
        return self.partition.apply(lambda partition: partition.names(service))

    @property
    def partition(self) -> pulumi.Output[Partition]:
        """The partition of the region."""
        return self.region.apply(partition_of)


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
    service: str,
    account_id: pulumi.Input[str] | None = None,
    source_arn: pulumi.Input[str] | None = None,
    external_id: pulumi.Input[str] | None = None,
) -> pulumi.Output[str]:
    """Return the policy that lets `service` assume a role.

    `account_id` is for services that send aws:SourceAccount, `source_arn` for services that send aws:SourceArn, and
    `external_id` for services that send sts:ExternalId.
    """
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    sent = {"aws:SourceAccount": account_id, "aws:SourceArn": source_arn, "sts:ExternalId": external_id}
    if equals := {key: value for key, value in sent.items() if value is not None}:
        statement["Condition"] = {"StringEquals": equals}
    return document(statement)


_POLICIES: Final[WeakKeyDictionary[iam.Role, set[str]]] = WeakKeyDictionary()
"""The names of the policies of each role. AWS replaces a policy by another policy with its name."""


def policy_name(role: iam.Role, name: str) -> str:
    """Return `name`, or `name` with a number if another policy of `role` has it, and reserve the name."""
    names = _POLICIES.setdefault(role, set())
    numbered = (f"{name}-{number}" for number in count(2))
    free = next(each for each in chain([name], numbered) if each not in names)
    names.add(free)
    return free


def grant(owner: pulumi.ComponentResource, role: iam.Role, *statements: Statement) -> iam.RolePolicy:
    """Give `role` the permissions of `owner`, in a policy that is named after both.

    If another policy of the role has the name, the policy's name ends with a number.
    """
    name = policy_name(role, owner.pulumi_resource_name)
    return iam.RolePolicy(
        f"{name}-to-{role.pulumi_resource_name}",
        name=name,
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
