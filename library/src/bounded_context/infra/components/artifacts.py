"""Where the pipeline's stages hand one another what they made."""

from collections.abc import Sequence

import pulumi
from pulumi_aws import iam

from ..labels import Labels
from ..policy import allow, grant
from ._bucket import private_bucket
from ._component import Component

_THIRTY_DAYS = {
    "id": "artifacts",
    "status": "Enabled",
    "filter": {"prefix": ""},
    "expiration": {"days": 30},
    "noncurrent_version_expiration": {"noncurrent_days": 1},
}


class Artifacts(Component):
    """A bucket whose objects are gone after 30 days: a stage that old is run again from its source."""

    urn_type = "bounded-context:pipeline:Artifacts"

    def __init__(self, name: str, labels: Labels, key_arn: pulumi.Input[str], *, protect: bool) -> None:
        super().__init__(name, labels)
        self._bucket = private_bucket(self, name, key_arn, protect=protect, expiry=[_THIRTY_DAYS])
        self.bucket_name = self._bucket.id
        self.register_outputs({"bucket": self.bucket_name})

    def cache_of(self, project: str) -> pulumi.Output[str]:
        """Where a CodeBuild project may keep what it would otherwise fetch each time."""
        return pulumi.Output.concat(self.bucket_name, "/cache/", project)

    def grant_use(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` read and write artefacts, and see whose bucket it is, as CodeBuild does first."""
        return self._grant(role, ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"])

    def grant_fetch(self, role: iam.Role) -> iam.RolePolicy:
        """Let a pipeline's `role` do the same, and store what it fetches from a code connection.

        That comes with an access list, which this bucket then ignores; S3 asks for the permission all the same.
        """
        return self._grant(role, ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectAcl"])

    def _grant(self, role: iam.Role, actions: Sequence[str]) -> iam.RolePolicy:
        objects = pulumi.Output.concat(self._bucket.arn, "/*")
        return grant(
            self,
            role,
            allow(actions, objects),
            allow(["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"], self._bucket.arn),
        )
