"""The account and the region that the stack is deployed to."""

from dataclasses import dataclass
from typing import Self

import pulumi
import pulumi_aws as aws

from ..configuration.config import SettingError
from ..configuration.partition import Partition, Placed, partition_of


def placed() -> Placed:
    """Return the settings of the program's stack, which reject ARNs of another partition."""
    return Placed(pulumi.Config(), pulumi.Config("aws").get("region"))


def require_account(account: str) -> None:
    """Raise SettingError unless the credentials are of this account, the setting `account`."""
    found = aws.get_caller_identity().account_id
    if found != account:
        raise SettingError("account", f"is {account}, but the credentials are of {found}: use those of {account}.")


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
        return pulumi.Output.concat("arn:", self.partition.apply(lambda found: found.name), ":", *rest)

    def root(self, account: pulumi.Input[str] | None = None) -> pulumi.Output[str]:
        """Return the principal of this account, or of another one: its IAM policies decide."""
        return self.arn_of("iam::", account or self.id, ":root")

    def names(self, service: str) -> pulumi.Output[str | list[str]]:
        """Return the service's names in conditions."""
        return self.partition.apply(lambda found: found.names(service))

    @property
    def partition(self) -> pulumi.Output[Partition]:
        """The partition of the region."""
        return self.region.apply(partition_of)
