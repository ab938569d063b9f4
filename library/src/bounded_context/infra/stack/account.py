"""The account and the region that the stack is deployed to."""

from dataclasses import dataclass
from typing import Self

import pulumi
import pulumi_aws as aws


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
        return pulumi.Output.concat("arn:aws:", service, ":", self.region, ":", self.id, ":", resource)
