"""Log groups: all encrypted, kept for as long as the stack says, and created before what writes to them."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch

from .labels import Labels


@dataclass(frozen=True)
class Logs:
    """Makes the log groups of one stack."""

    labels: Labels
    key_arn: pulumi.Input[str]
    retention_days: int

    def group(self, service: str, name: str, parent: pulumi.Resource) -> cloudwatch.LogGroup:
        """The log group of the part `name` in the folder of `service`."""
        return cloudwatch.LogGroup(
            f"{name}-logs",
            name=self.labels.log_group(service, name),
            retention_in_days=self.retention_days,
            kms_key_id=self.key_arn,
            tags=self.labels.tags,
            opts=pulumi.ResourceOptions(parent=parent),
        )
