"""The backup of a stack's table outside of its account: the lock, the copy, the role and the alarm."""

from typing import Any

import pytest
from moto.events.models import EventPattern

from bounded_context_cli.programs.recording import ACCOUNT, REGION, Graph, NotRun, service
from bounded_context_infra.configuration.config import SettingError

from .graph import run

ELSEWHERE = "arn:aws:backup:eu-west-1:999988887777:backup-vault:payment-copies"
VAULT = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:payment-prod-backup"


@pytest.fixture(scope="module")
def backed_up() -> Graph:
    return run("prod", backup="vault", backup_copy=ELSEWHERE, backup_days=90)


def _of_the_role(graph: Graph) -> list[dict[str, Any]]:
    statements = graph.statements("iam/rolePolicy", "policy")
    return [statement for node, statement in statements if node.name.endswith("-to-backup")]


def test_a_stack_has_no_vault_by_default() -> None:
    """Existing stacks stay as they are."""
    assert [node for node in run("prod").nodes if node.kind.startswith("backup/")] == []


def test_a_backup_cannot_be_deleted_before_its_end(backed_up: Graph) -> None:
    """The lock covers the whole retention, and after three days it cannot be removed."""
    lock = backed_up.one("backup/vaultLockConfiguration").inputs
    assert (lock["minRetentionDays"], lock["changeableForDays"]) == (90, 3)
    [rule] = backed_up.one("backup/plan").inputs["rules"]
    assert rule["targetVaultName"] == lock["backupVaultName"] == "payment-prod-backup"
    assert rule["lifecycle"]["deleteAfter"] >= lock["minRetentionDays"]


def test_a_new_retention_changes_no_final_lock(backed_up: Graph) -> None:
    """AWS would refuse the change, and the deployment would end halfway."""
    lock = backed_up.one("backup/vaultLockConfiguration")
    assert {"minRetentionDays", "changeableForDays"} <= lock.ignore_changes
    assert lock.retain_on_delete


def test_each_backup_is_copied_out_of_the_account(backed_up: Graph) -> None:
    """For as long as the backup itself."""
    [rule] = backed_up.one("backup/plan").inputs["rules"]
    [copy] = rule["copyActions"]
    assert copy["destinationVaultArn"] == ELSEWHERE
    assert copy["lifecycle"] == rule["lifecycle"]


def test_the_table_is_the_only_resource_of_the_plan(backed_up: Graph) -> None:
    """Other tables of the account are not this stack's."""
    selected = backed_up.one("backup/selection").inputs["resources"]
    assert selected == [f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/payment-prod-table"]


def test_backups_stay_readable_without_the_key_of_the_stack(backed_up: Graph) -> None:
    """Its deletion would otherwise end them too."""
    vault = backed_up.one("backup/vault")
    assert [key.name for key in backed_up.of("kms/key") if key.urn in vault.dependencies] == ["backup"]


def test_the_role_reads_one_table_and_writes_into_two_vaults(backed_up: Graph) -> None:
    """It restores nothing, and deletes nothing."""
    resources = {
        action: statement["Resource"] for statement in _of_the_role(backed_up) for action in statement["Action"]
    }
    assert resources["backup:CopyIntoBackupVault"] == [VAULT, ELSEWHERE]
    assert len(resources["dynamodb:StartAwsBackupJob"]) == 1
    assert not [action for action in resources if "Delete" in action or "Restore" in action]


@pytest.mark.parametrize("copies", [ELSEWHERE, f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:copies"])
def test_the_role_tags_its_backups_in_both_regions(copies: str) -> None:
    """The table has tags, which AWS Backup copies to each backup. Without the permission, its jobs fail."""
    graph = run("prod", backup="vault", backup_copy=copies)
    [tags] = [statement for statement in _of_the_role(graph) if "backup:TagResource" in statement["Action"]]
    points = [f"arn:aws:backup:{region}:{ACCOUNT}:recovery-point:*" for region in (REGION, "eu-west-1")]
    assert tags == {"Effect": "Allow", "Action": ["backup:TagResource"], "Resource": points}


def test_two_days_without_a_copy_are_reported(backed_up: Graph) -> None:
    """Also if AWS writes no metric at all. The metrics of copy jobs have the name of the destination's vault."""
    alarm = backed_up.one("cloudwatch/metricAlarm", "backup-copies").inputs
    assert (alarm["treatMissingData"], alarm["evaluationPeriods"] * alarm["period"]) == ("breaching", 172_800)
    assert alarm["dimensions"] == {"BackupVaultName": "payment-copies"}


def _job(kind: str, state: str, role: str = "payment-prod-backup") -> Any:
    """An event with the fields of AWS Backup's example (developer guide, "Monitoring AWS Backup events")."""
    return {
        "source": "aws.backup",
        "detail-type": f"{kind} Job State Change",
        "account": ACCOUNT,
        "region": REGION,
        "detail": {
            "iamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
            "resourceArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/payment-prod-table",
            "resourceType": "DynamoDB",
            "state": state,
            "statusMessage": "Access denied exception while trying to list tags",
        },
    }


@pytest.mark.parametrize(
    ("event", "alarming"),
    [
        *((_job("Backup", state), True) for state in ("FAILED", "EXPIRED", "ABORTED", "PARTIAL")),
        *((_job("Copy", state), True) for state in ("FAILED", "PARTIAL")),
        *((_job("Backup", state), False) for state in ("CREATED", "PENDING", "RUNNING", "ABORTING", "COMPLETED")),
        *((_job("Copy", state), False) for state in ("CREATED", "RUNNING", "COMPLETED")),
        (_job("Restore", "FAILED"), False),
        (_job("Backup", "FAILED", "payment-dev-backup"), False),
    ],
)
def test_each_job_without_a_whole_backup_is_reported(event: Any, alarming: bool, backed_up: Graph) -> None:
    """The jobs of other stacks are not."""
    rule = backed_up.one("cloudwatch/eventRule", "backup-failed")
    assert EventPattern(None, rule.document("eventPattern")).matches_event(event) is alarming
    alarm = backed_up.one("cloudwatch/metricAlarm", "backup-failed").inputs
    assert (alarm["namespace"], alarm["dimensions"]) == ("AWS/Events", {"RuleName": rule.inputs["name"]})


@pytest.mark.parametrize("wrong", ["", "payment-copies", "arn:aws:backup:eu-west-1:1:backup-vault:copies"])
def test_a_backup_without_a_vault_in_another_region_is_refused(wrong: str) -> None:
    """A loss of the account would take it along."""
    with pytest.raises(SettingError, match="backup_copy"):
        run("prod", backup="vault", backup_copy=wrong)


def test_a_vault_without_backups_is_refused() -> None:
    """Somebody believes that there are backups."""
    with pytest.raises(SettingError, match="backup_copy"):
        run("prod", backup_copy=ELSEWHERE)


def test_a_copy_in_the_same_account_and_region_is_refused() -> None:
    """It is no backup outside."""
    config = service().config("prod", backup="vault", backup_copy=VAULT.replace("-backup", "-copies"))
    with pytest.raises(NotRun, match=r"^infra/service/Pulumi\.prod\.yaml: backup_copy .* elsewhere"):
        service().graph("prod", config)


@pytest.mark.parametrize(("region", "account"), [("eu-west-1", ACCOUNT), (REGION, "999988887777")])
def test_another_region_or_another_account_is_outside(region: str, account: str) -> None:
    """Either is enough."""
    copies = f"arn:aws:backup:{region}:{account}:backup-vault:copies"
    [rule] = run("prod", backup="vault", backup_copy=copies).one("backup/plan").inputs["rules"]
    assert rule["copyActions"][0]["destinationVaultArn"] == copies


def test_a_stack_in_another_region_of_the_account_shares_no_name(backed_up: Graph) -> None:
    """Roles, policies and buckets are global: each name has the stack, or Pulumi makes it unique."""
    names = {node.name: node.inputs.get("name") for kind in ("iam/role", "iam/policy") for node in backed_up.of(kind)}
    assert len(names) > 20
    assert [name for name, own in names.items() if not str(own).startswith("payment-prod-")] == []
    assert [
        node.name for node in backed_up.of("s3/bucket") if "bucket" in node.inputs or "-prod-" not in node.name
    ] == []
    assert backed_up.of("route53/record") == []
