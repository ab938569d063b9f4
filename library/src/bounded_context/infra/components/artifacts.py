"""The bucket of the pipeline's artefacts."""

from collections.abc import Sequence

import pulumi
from pulumi_aws import iam

from ...configuration.labels import Labels
from ..parts.buckets import private_bucket
from ..stack.component import Component
from ..stack.policy import allow, grant

_THIRTY_DAYS = {
    "id": "artifacts",
    "status": "Enabled",
    "filter": {"prefix": ""},
    "expiration": {"days": 30},
    "noncurrent_version_expiration": {"noncurrent_days": 1},
}

_SHORTEST = 10
"""Minimum characters of a pipeline's name in its folder's name. CodePipeline kept 20 on AWS, which documents no
number."""


class Artifacts(Component):
    """A bucket whose objects expire after 30 days. An older stage is run again from its source."""

    urn_type = "bounded-context:pipeline:Artifacts"

    def __init__(self, name: str, labels: Labels, key_arn: pulumi.Input[str], *, protect: bool) -> None:
        super().__init__(name, labels)
        self._bucket = private_bucket(self, name, key_arn, protect=protect, expiry=[_THIRTY_DAYS])
        self.bucket_name = self._bucket.id
        self.register_outputs({"bucket": self.bucket_name})

    def grant_use(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` read and write artefacts, and read the owner of the bucket, which CodeBuild checks first."""
        return self._grant(role, ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"])

    def grant_fetch(self, role: iam.Role) -> iam.RolePolicy:
        """Let a pipeline's `role` do the same, and store the sources from a code connection.

        The sources are stored with an access list. This bucket ignores the list, but S3 requires the permission.
        """
        return self._grant(role, ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectAcl"])

    def _grant(self, role: iam.Role, actions: Sequence[str]) -> iam.RolePolicy:
        # CodePipeline names the folder of its artefacts after the pipeline, and shortens longer names.
        artefacts = pulumi.Output.concat(self._bucket.arn, f"/{self.labels.prefix[:_SHORTEST]}*")
        return grant(
            self,
            role,
            allow(actions, artefacts),
            allow(["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"], self._bucket.arn),
        )
