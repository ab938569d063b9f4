"""The backup of a table outside of its account: a locked vault, and a daily copy into another vault."""

from typing import Any, Final

import pulumi
from pulumi_aws import backup, cloudwatch, iam, kms

from ..configuration.config import SettingError
from ..configuration.settings import Settings
from ..stack.alerts import Notice
from ..stack.key import Statement, allow, document, grant, trust
from ..stack.program import Account, Component
from ..stack.stack import Stack
from .alarms import HOUR, Metric, When, alarm

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
    role = _role(owner, stack)
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
    return backup.Plan(_NAME, name=stack.labels.name(_NAME), rules=[rule], tags=stack.labels.tags, opts=owner.child())


def _role(owner: Component, stack: Stack) -> iam.Role:
    return iam.Role(
        _NAME,
        name=stack.labels.name(_NAME),
        assume_role_policy=trust("backup", stack.account.id),
        tags=stack.labels.tags,
        opts=owner.child(),
    )


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
        name=stack.labels.name(f"{_NAME}-failed"),
        event_pattern=pulumi.Output.json_dumps({"source": ["aws.backup"], "detail-type": kinds, "detail": detail}),
        tags=stack.labels.tags,
        opts=owner.child(),
    )
    alarm(
        owner,
        stack.alerts,
        f"{_NAME}-failed",
        Notice("warning", "A backup of the table, or its copy, failed.", "a-backup-failed"),
        Metric("AWS/Events", "MatchedEvents", {"RuleName": rule.name}),
        When(bad=1, of=24, period=HOUR),
    )
