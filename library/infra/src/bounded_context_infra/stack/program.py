"""The start of a program: its account, its names, the boundary of its roles, and the base of components."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final, Self

import pulumi
import pulumi_aws as aws

from bounded_context.declaration.context import Context

from ..configuration.config import SettingError
from ..configuration.labels import Labels, require_stack
from ..configuration.partition import Partition, Placed, partition_of

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
