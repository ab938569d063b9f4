"""The evidence of an account: a CloudTrail trail, and its archive with object lock."""

from typing import Any

import pulumi
from pulumi_aws import cloudtrail, kms

from ..configuration.access import EvidenceAccess
from ..configuration.collisions import KINDS
from ..configuration.labels import Labels
from ..parts.buckets import archive_bucket
from ..stack.account import Account
from ..stack.component import Component
from ..stack.policy import Statement, allow, document

_TRAIL = "cloudtrail.amazonaws.com"


class Evidence(Component):
    """A trail of the account's changes and of the accesses to its contexts' data, with an own key and archive.

    The trail records management events of all regions, which include the uses of keys, and data events of the tables
    and buckets of the contexts' permanent stacks. Nobody can delete or overwrite a file of the archive for the setting
    `evidence_days`. An account has one trail: CloudTrail permits five per region, and 500 values in the selectors of a
    trail (CloudTrail user guide, "Quotas in AWS CloudTrail").
    """

    urn_type = "bounded-context:infra:Evidence"

    def __init__(self, name: str, labels: Labels, account: Account, access: EvidenceAccess) -> None:
        super().__init__(name, labels)
        self._account = account
        self._access = access
        trail = labels.name(name)
        self._trail_arn = account.arn("cloudtrail", f"trail/{trail}")
        self._key = self._make_key()
        bucket, policy = archive_bucket(self, name, self._key.arn, access.days, self._writes, protect=True)
        self.trail = cloudtrail.Trail(
            name,
            name=trail,
            s3_bucket_name=bucket.id,
            kms_key_id=self._key.arn,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            advanced_event_selectors=self._selectors(bucket.arn),
            tags=labels.tags,
            # CreateTrail checks that it may write.
            opts=self.child(depends_on=[policy]),
        )
        self.register_outputs({"trail": self.trail.arn, "bucket": bucket.id})

    def _make_key(self) -> kms.Key:
        return kms.Key(
            self.name,
            description=f"Encrypts the evidence of {self.labels.prefix}.",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=document(*self._key_statements()),
            tags=self.labels.tags,
            opts=self.stateful(protect=True),
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
        tables = [
            self._account.arn_of(f"dynamodb:{region}:", self._account.id, ":table/") for region in self._access.regions
        ]
        buckets = [self._account.arn_of("s3:::")]
        return [
            {"name": "changes", "field_selectors": [{"field": "eventCategory", "equals": ["Management"]}]},
            self._data("rows", "AWS::DynamoDB::Table", tables),
            # Each delivery to the archive would be another event.
            self._data("files", "AWS::S3::Object", buckets, archive_arn),
        ]

    def _data(self, name: str, kind: str, starts: list[pulumi.Output[str]], *others: pulumi.Input[str]) -> Any:
        """Return the selector of data events of a resource type, without temporary stacks and `others`."""

        def arns(*ends: str) -> list[pulumi.Output[str]]:
            names = [f"{context}-{end}" for context in self._access.contexts for end in ends]
            return [pulumi.Output.concat(start, own) for start in starts for own in names]

        left_out = [*others, *arns(*(f"{kind}-" for kind in KINDS))]
        return {
            "name": name,
            "field_selectors": [
                {"field": "eventCategory", "equals": ["Data"]},
                {"field": "resources.type", "equals": [kind]},
                {"field": "resources.ARN", "starts_withs": arns(""), "not_starts_withs": left_out},
            ],
        }
