"""The bucket of the pipeline's artefacts."""

from collections.abc import Sequence

import pulumi
from pulumi_aws import iam

from bounded_context_infra.configuration.labels import Labels
from bounded_context_infra.stack.component import Component
from bounded_context_infra.stack.policy import Statement, allow, grant

from ..parts.buckets import private_bucket

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

LONGEST_NAME = 10
"""Characters of an artefact's name in the keys of its objects. CodePipeline shortens longer names: `SourceArtifact` is
`myPipeline/SourceArti/EXAMPLE` in its user guide, which gives no rule."""


class Artifacts(Component):
    """A bucket whose objects expire after 30 days. An older stage is run again from its source."""

    urn_type = "bounded-context:pipeline:Artifacts"

    def __init__(self, name: str, labels: Labels, key_arn: pulumi.Input[str], *, protect: bool) -> None:
        super().__init__(name, labels)
        self._bucket = private_bucket(self, name, key_arn, protect=protect, expiry=[_THIRTY_DAYS])
        self.bucket_name = self._bucket.id
        self.register_outputs({"bucket": self.bucket_name})

    def grant_use(self, role: iam.Role, *, takes: Sequence[str], produces: str | None) -> iam.RolePolicy:
        """Let a step's `role` read the artefacts that the step takes, and write the artefact that it produces.

        Args:
            role: the role of the step's project.
            takes: names of artefacts, with at most `LONGEST_NAME` characters.
            produces: the name of an artefact.
        """
        read = allow(["s3:GetObject", "s3:GetObjectVersion"], *map(self._objects, takes))
        write = [allow(["s3:PutObject"], self._objects(produces))] if produces else []
        return self._grant(role, read, *write)

    def grant_fetch(self, role: iam.Role) -> iam.RolePolicy:
        """Let a pipeline's `role` read and write all artefacts, and store the sources from a code connection.

        The sources are stored with an access list. This bucket ignores the list, but S3 requires the permission.
        """
        actions = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectAcl"]
        return self._grant(role, allow(actions, self._objects()))

    def _grant(self, role: iam.Role, *objects: Statement) -> iam.RolePolicy:
        # CodeBuild first reads the owner of the bucket.
        bucket = allow(["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"], self._bucket.arn)
        return grant(self, role, *objects, bucket)

    def _objects(self, artefact: str | None = None) -> pulumi.Output[str]:
        """Return the ARN of an artefact's objects, or of all objects of the pipeline."""
        # CodePipeline names the folder of its artefacts after the pipeline, and shortens longer names.
        folder = f"/{self.labels.prefix[:_SHORTEST]}*"
        return pulumi.Output.concat(self._bucket.arn, f"{folder}/{artefact}/*" if artefact else folder)
