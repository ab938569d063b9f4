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

_CACHE = "cache"
"""The folder of the builds' caches. No pipeline's begins like it: its name has `-pipeline` behind the context's."""

_SHORTEST = 10
"""Characters of a pipeline's name that CodePipeline keeps at least: 20 when seen on AWS, which documents none."""


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
        return pulumi.Output.concat(self.bucket_name, f"/{_CACHE}/{project}")

    def grant_use(self, role: iam.Role, project: str) -> iam.RolePolicy:
        """Let `role` read and write artefacts and the cache of its `project`, no other's.

        And see whose bucket it is, as CodeBuild does first.
        """
        cache = pulumi.Output.concat(self._bucket.arn, f"/{_CACHE}/{project}/*")
        return self._grant(role, ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"], cache)

    def grant_fetch(self, role: iam.Role) -> iam.RolePolicy:
        """Let a pipeline's `role` do the same, and store what it fetches from a code connection.

        That comes with an access list, which this bucket then ignores; S3 asks for the permission all the same.
        """
        return self._grant(role, ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectAcl"])

    def _grant(self, role: iam.Role, actions: Sequence[str], *more: pulumi.Output[str]) -> iam.RolePolicy:
        # CodePipeline names the folder of its artefacts after the pipeline, and shortens longer names.
        artefacts = pulumi.Output.concat(self._bucket.arn, f"/{self.labels.prefix[:_SHORTEST]}*")
        return grant(
            self,
            role,
            allow(actions, artefacts, *more),
            allow(["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"], self._bucket.arn),
        )
