"""Log groups: encrypted, with the stack's retention, and created before the resources that write to them."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch

from ..configuration.labels import Labels


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
