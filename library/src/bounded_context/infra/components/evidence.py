"""The evidence of a stack: a CloudTrail trail, and its archive with object lock."""

from typing import Any

import pulumi
from pulumi_aws import cloudtrail, kms

from bounded_context.infra.parts import Component, Stack, Statement, allow, archive_bucket, document

_TRAIL = "cloudtrail.amazonaws.com"


class Evidence(Component):
    """A trail of the account's changes and of the accesses to the stack's data, with an own key and archive.

    The trail records management events of all regions, which include the uses of keys, and data events of the stack's
    tables and buckets. Nobody can delete or overwrite a file of the archive for the setting `evidence_days`.
    """

    urn_type = "bounded-context:infra:Evidence"

    def __init__(self, name: str, stack: Stack) -> None:
        super().__init__(name, stack.labels)
        self._account = stack.account
        trail = stack.labels.name(name)
        self._trail_arn = stack.account.arn("cloudtrail", f"trail/{trail}")
        self._key = self._make_key(stack)
        days = stack.settings.evidence_days
        bucket, policy = archive_bucket(self, name, self._key.arn, days, self._writes, protect=stack.settings.protect)
        self.trail = cloudtrail.Trail(
            name,
            name=trail,
            s3_bucket_name=bucket.id,
            kms_key_id=self._key.arn,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            advanced_event_selectors=self._selectors(bucket.arn),
            tags=stack.labels.tags,
            # CreateTrail checks that it may write.
            opts=self.child(depends_on=[policy]),
        )
        self.register_outputs({"trail": self.trail.arn, "bucket": bucket.id})

    def _make_key(self, stack: Stack) -> kms.Key:
        return kms.Key(
            self.name,
            description=f"Encrypts the evidence of {stack.labels.prefix}.",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=document(*self._key_statements()),
            tags=stack.labels.tags,
            opts=self.stateful(stack.settings.protect),
        )

    def _key_statements(self) -> list[Statement]:
        # CloudTrail user guide, "Configure AWS KMS key policies for CloudTrail". A bucket with a bucket key requires
        # Decrypt.
        return [
            allow(["kms:*"], "*", Principal={"AWS": self._account.root()}),
            self._of_the_trail(["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], "*"),
        ]

    def _writes(self, bucket_arn: pulumi.Input[str]) -> list[Statement]:
        """Return the statements of the archive's policy (CloudTrail user guide, "S3 bucket policy for CloudTrail")."""
        folder = pulumi.Output.concat(bucket_arn, "/AWSLogs/", self._account.id, "/*")
        return [
            self._of_the_trail(["s3:GetBucketAcl"], bucket_arn),
            self._of_the_trail(["s3:PutObject"], folder, {"s3:x-amz-acl": "bucket-owner-full-control"}),
        ]

    def _of_the_trail(
        self, actions: list[str], resource: pulumi.Input[str], more: dict[str, Any] | None = None
    ) -> Statement:
        """Return a statement for CloudTrail that acts for this trail, and for no trail of others."""
        condition = {"StringEquals": {"aws:SourceArn": self._trail_arn, **(more or {})}}
        return allow(actions, resource, Principal={"Service": _TRAIL}, Condition=condition)

    def _selectors(self, archive_arn: pulumi.Input[str]) -> list[Any]:
        prefix = self.labels.prefix
        tables = self._account.arn("dynamodb", f"table/{prefix}-")
        buckets = self._account.arn_of(f"s3:::{prefix}-")
        return [
            {"name": "changes", "field_selectors": [{"field": "eventCategory", "equals": ["Management"]}]},
            _data("rows", "AWS::DynamoDB::Table", {"starts_withs": [tables]}),
            # Each delivery to the archive would be another event.
            _data("files", "AWS::S3::Object", {"starts_withs": [buckets], "not_starts_withs": [archive_arn]}),
        ]


def _data(name: str, kind: str, arns: dict[str, Any]) -> Any:
    return {
        "name": name,
        "field_selectors": [
            {"field": "eventCategory", "equals": ["Data"]},
            {"field": "resources.type", "equals": [kind]},
            {"field": "resources.ARN", **arns},
        ],
    }
