"""A private bucket, with encryption, versions and lifecycle rules, and the backup of a table outside of its account.

The backup has a locked vault, and a daily copy into another vault.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import pulumi
from pulumi_aws import backup, cloudwatch, iam, kms, s3

from ..configuration.config import SettingError
from ..configuration.defaults import NONCURRENT_DAYS
from ..configuration.settings import Settings
from ..stack.program import Account, Component, Statement, allow, document, grant, only_over_tls, trust
from ..stack.stack import Notice, Stack
from .alarms import HOUR, Metric, When, alarm

_LEFTOVERS: Any = {
    "id": "leftovers",
    "status": "Enabled",
    "filter": {"prefix": ""},
    "expiration": {"expired_object_delete_marker": True},
    "noncurrent_version_expiration": {"noncurrent_days": NONCURRENT_DAYS},
    "abort_incomplete_multipart_upload": {"days_after_initiation": 2},
}


def private_bucket(
    owner: Component,
    name: str,
    key_arn: pulumi.Input[str],
    *,
    protect: bool,
    expiry: Sequence[Any],
    statements: Callable[[pulumi.Input[str]], Sequence[Statement]] = lambda _: (),
) -> s3.Bucket:
    """Make a versioned bucket, encrypted by the key, without public access and without plain HTTP.

    `expiry` are the lifecycle rules of its objects. Versions that are no longer current always expire after 30 days.
    `statements` returns further statements of the bucket's policy, by the bucket's ARN.
    """
    stem = owner.labels.bucket(name)
    bucket = s3.Bucket(stem, force_destroy=not protect, tags=owner.labels.tags, opts=owner.stateful(protect))
    versioning = _version(owner, name, bucket)
    _encrypt(owner, name, bucket, key_arn)
    _close(owner, name, bucket, *statements(bucket.arn))
    _expire(owner, name, bucket, versioning, expiry)
    return bucket


def archive_bucket(
    owner: Component,
    name: str,
    key_arn: pulumi.Input[str],
    days: int,
    statements: Callable[[pulumi.Input[str]], Sequence[Statement]],
    *,
    protect: bool,
) -> tuple[s3.Bucket, s3.BucketPolicy]:
    """Make a private bucket whose objects nobody can delete or overwrite for `days`, and which then expire.

    The mode COMPLIANCE also binds the account's root user (S3 user guide, "Locking objects with Object Lock").

    Args:
        owner: the component.
        name: the part of the resources' names.
        key_arn: the key that encrypts the objects.
        days: days for which objects are locked.
        statements: the statements of the bucket's policy, by the bucket's ARN.
        protect: whether Pulumi refuses to delete the bucket.
    """
    stem = owner.labels.bucket(name)
    bucket = s3.Bucket(stem, object_lock_enabled=True, tags=owner.labels.tags, opts=owner.stateful(protect))
    versioning = _version(owner, name, bucket)
    _encrypt(owner, name, bucket, key_arn)
    policy = _close(owner, name, bucket, *statements(bucket.arn))
    s3.BucketObjectLockConfiguration(
        f"{name}-lock",
        bucket=bucket.id,
        rule={"default_retention": {"mode": "COMPLIANCE", "days": days}},
        opts=owner.child(depends_on=[versioning]),
    )
    expiry = {"id": name, "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": days}}
    _expire(owner, name, bucket, versioning, [expiry])
    return bucket, policy


def _version(owner: Component, name: str, bucket: s3.Bucket) -> s3.BucketVersioning:
    return s3.BucketVersioning(
        f"{name}-versioning",
        bucket=bucket.id,
        versioning_configuration={"status": "Enabled"},
        opts=owner.child(),
    )


def _expire(
    owner: Component, name: str, bucket: s3.Bucket, versioning: s3.BucketVersioning, expiry: Sequence[Any]
) -> None:
    s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.id,
        rules=[*expiry, _LEFTOVERS],
        # Rules on versions need a versioned bucket.
        opts=owner.child(depends_on=[versioning]),
    )


def _encrypt(owner: Component, name: str, bucket: s3.Bucket, key_arn: pulumi.Input[str]) -> None:
    s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.id,
        rules=[
            {
                "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn},
                # A call to KMS then serves many objects.
                "bucket_key_enabled": True,
                # S3's default for new buckets. Without it, each preview would show a change.
                "blocked_encryption_types": ["SSE-C"],
            }
        ],
        opts=owner.child(),
    )


def _close(owner: Component, name: str, bucket: s3.Bucket, *statements: Statement) -> s3.BucketPolicy:
    block = s3.BucketPublicAccessBlock(
        f"{name}-public-access",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=owner.child(),
    )
    s3.BucketOwnershipControls(
        f"{name}-ownership",
        bucket=bucket.id,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=owner.child(),
    )
    return s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.id,
        policy=document(only_over_tls("s3:*", bucket.arn, pulumi.Output.concat(bucket.arn, "/*")), *statements),
        # S3 refuses two changes of a bucket's access at the same time.
        opts=owner.child(depends_on=[block]),
    )


CHANGEABLE_DAYS = 3
"""Days in which the new lock can be removed: AWS's minimum (AWS Backup API reference, PutBackupVaultLockConfiguration).
Afterwards nobody can remove it, and no backup can be deleted before its end."""

_UNFINISHED: Final = ["ABORTED", "EXPIRED", "FAILED", "PARTIAL"]
"""States of jobs that ended without a whole backup (AWS Backup API reference, "BackupJob" and "CopyJob", State)."""

_DAY = 86_400
_START_MINUTES = 60
_COMPLETE_MINUTES = 600
_NAME = "backup"


def back_up(owner: Component, stack: Stack, table_arn: pulumi.Input[str]) -> None:
    """Back up a table each night into a locked vault, and copy each backup to the vault of the setting `backup_copy`.

    The vault has a key of its own: backups stay readable if the stack's key is deleted. Alarms report failed jobs, and
    two days without a copy.
    """
    settings = stack.settings
    key = _key(owner, stack)
    vault = _vault(owner, stack, key.arn)
    plan = _plan(owner, stack, vault)
    role = iam.Role(_NAME, assume_role_policy=trust("backup", stack.account.id), **owner.named(_NAME))
    grant(owner, role, *_statements(stack, table_arn, key.arn, vault.arn, settings.backup_copy or ""))
    backup.Selection(
        _NAME,
        name=stack.labels.name(_NAME),
        plan_id=plan.id,
        iam_role_arn=role.arn,
        resources=[table_arn],
        opts=owner.child(),
    )
    _watch_copies(owner, stack)
    _watch_jobs(owner, stack, role.arn)


def outside(settings: Settings, account: Account) -> pulumi.Output[str]:
    """Return the ARN of the vault for copies. Raises SettingError if it is in the stack's own account and region."""

    def checked(place: list[str]) -> str:
        arn = settings.backup_copy or ""
        if arn.split(":")[3:5] == place:
            problem = f"is {arn}, in the stack's own account and region: name a vault elsewhere."
            raise SettingError("backup_copy", problem)
        return arn

    return pulumi.Output.all(account.region, account.id).apply(checked)


def _key(owner: Component, stack: Stack) -> kms.Key:
    return kms.Key(
        _NAME,
        description=f"Encrypts the backups of {stack.labels.prefix}.",
        enable_key_rotation=True,
        deletion_window_in_days=30,
        policy=document(allow(["kms:*"], "*", Principal={"AWS": stack.account.root()})),
        tags=stack.labels.tags,
        opts=owner.stateful(stack.settings.protect),
    )


def _vault(owner: Component, stack: Stack, key_arn: pulumi.Input[str]) -> backup.Vault:
    vault = backup.Vault(
        _NAME,
        name=stack.labels.name(_NAME),
        kms_key_arn=key_arn,
        tags=stack.labels.tags,
        opts=owner.stateful(stack.settings.protect),
    )
    backup.VaultLockConfiguration(
        f"{_NAME}-lock",
        backup_vault_name=vault.name,
        changeable_for_days=CHANGEABLE_DAYS,
        min_retention_days=stack.settings.backup_days,
        # AWS refuses every change of a final lock, and deletes it together with its vault.
        opts=owner.child(
            protect=stack.settings.protect,
            retain_on_delete=True,
            ignore_changes=["changeable_for_days", "min_retention_days"],
        ),
    )
    return vault


def _plan(owner: Component, stack: Stack, vault: backup.Vault) -> backup.Plan:
    lifecycle: Any = {"delete_after": stack.settings.backup_days}
    copy: Any = {"destination_vault_arn": outside(stack.settings, stack.account), "lifecycle": lifecycle}
    rule: Any = {
        "rule_name": "daily",
        "target_vault_name": vault.name,
        "schedule": "cron(0 1 * * ? *)",
        "start_window": _START_MINUTES,
        "completion_window": _COMPLETE_MINUTES,
        "lifecycle": lifecycle,
        "copy_actions": [copy],
    }
    return backup.Plan(_NAME, rules=[rule], **owner.named(_NAME))


def _statements(
    stack: Stack, table: pulumi.Input[str], key: pulumi.Input[str], vault: pulumi.Input[str], destination: str
) -> list[Statement]:
    """Return the permissions of AWS Backup for one table and two vaults.

    They are the actions for DynamoDB in the managed policy AWSBackupServiceRolePolicyForBackup. The keys of the table
    and of the vault are used through DynamoDB and AWS Backup. Jobs of a table with tags fail unless the role may tag
    recovery points (AWS Backup developer guide, "Backup and tag copy").
    """
    regions = (stack.account.region, destination.split(":")[3])
    points = [stack.account.arn_of("backup:", region, ":", stack.account.id, ":recovery-point:*") for region in regions]
    return [
        allow(["dynamodb:DescribeTable", "dynamodb:ListTagsOfResource", "dynamodb:StartAwsBackupJob"], table),
        allow(["backup:CopyFromBackupVault"], "*"),
        allow(["backup:TagResource"], *points),
        allow(["backup:CopyIntoBackupVault", "backup:DescribeBackupVault"], vault, destination),
        allow(["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], stack.key.arn, key),
        allow(["kms:CreateGrant"], key, Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}}),
    ]


def _watch_copies(owner: Component, stack: Stack) -> None:
    """Report two days without a copy.

    The vault in the metrics of copy jobs is the destination (AWS Backup developer guide, "AWS Backup metrics with
    CloudWatch").
    """
    effect = "No backup of the table was copied out of its account or region for two days."
    vault = (stack.settings.backup_copy or "").rpartition(":")[2]
    alarm(
        owner,
        stack.alerts,
        "backup-copies",
        Notice("warning", effect, "no-backup-was-copied"),
        Metric("AWS/Backup", "NumberOfCopyJobsCompleted", {"BackupVaultName": vault}),
        When(threshold=1, bad=2, of=2, period=_DAY, missing="breaching", wrong="LessThanThreshold"),
    )


def _watch_jobs(owner: Component, stack: Stack, role: pulumi.Input[str]) -> None:
    """Report each backup and copy that failed, for a day.

    A rule without a target counts the events (Amazon EventBridge user guide, "Monitoring Amazon EventBridge",
    MatchedEvents).
    """
    kinds = ["Backup Job State Change", "Copy Job State Change"]
    detail = {"state": _UNFINISHED, "iamRoleArn": [role]}
    rule = cloudwatch.EventRule(
        f"{_NAME}-failed",
        event_pattern=pulumi.Output.json_dumps({"source": ["aws.backup"], "detail-type": kinds, "detail": detail}),
        **owner.named(f"{_NAME}-failed"),
    )
    alarm(
        owner,
        stack.alerts,
        f"{_NAME}-failed",
        Notice("warning", "A backup of the table, or its copy, failed.", "a-backup-failed"),
        Metric("AWS/Events", "MatchedEvents", {"RuleName": rule.name}),
        When(bad=1, of=24, period=HOUR),
    )
