"""The evidence of a stack: what its trail records, who writes its archive, and that nobody deletes from it."""

from typing import Any

import pytest

from bounded_context.configuration.config import SettingError
from bounded_context.tools.programs.recording import ACCOUNT, REGION, Graph

from .graph import run

TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/payment-prod-evidence"


@pytest.fixture(scope="module")
def recorded() -> Graph:
    return run("prod", evidence="trail", evidence_days=90)


def _of_cloudtrail(graph: Graph, kind: str, attribute: str, name: str) -> list[dict[str, Any]]:
    """The statements of one document that let CloudTrail do something."""
    found = [statement for node, statement in graph.statements(kind, attribute) if node.name == name]
    return [one for one in found if one.get("Principal") == {"Service": "cloudtrail.amazonaws.com"}]


def test_a_stack_has_no_trail_by_default() -> None:
    """Existing stacks stay as they are."""
    assert run("prod").of("cloudtrail/trail") == []


def test_the_trail_records_changes_in_all_regions_and_signs_its_files(recorded: Graph) -> None:
    """IAM's events are those of one region, of which only such trails get them."""
    trail = recorded.one("cloudtrail/trail").inputs
    wanted = ("isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation")
    assert [trail[name] for name in wanted] == [True, True, True]
    assert trail["name"] == "payment-prod-evidence"


def test_the_trail_records_accesses_to_tables_and_buckets_and_not_its_own_deliveries(recorded: Graph) -> None:
    """A recorded delivery would cause the next one."""
    [changes, rows, files] = recorded.one("cloudtrail/trail").inputs["advancedEventSelectors"]
    assert changes["fieldSelectors"] == [{"field": "eventCategory", "equals": ["Management"]}]
    arns = [one["fieldSelectors"][-1] for one in (rows, files)]
    [bucket] = [node for node in recorded.of("s3/bucket") if node.inputs.get("objectLockEnabled")]
    assert arns[0]["startsWiths"] == [f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/payment-prod-"]
    assert arns[1]["startsWiths"] == ["arn:aws:s3:::payment-prod-"]
    assert arns[1]["notStartsWiths"] == [bucket.arn]


def test_nobody_deletes_from_the_archive_while_it_is_locked(recorded: Graph) -> None:
    """The mode binds the root user, too. Pulumi deletes no objects."""
    rule = recorded.one("s3/bucketObjectLockConfiguration").inputs["rule"]
    assert rule["defaultRetention"] == {"mode": "COMPLIANCE", "days": 90}
    [bucket] = [node for node in recorded.of("s3/bucket") if node.inputs.get("objectLockEnabled")]
    assert not bucket.inputs.get("forceDestroy")
    rules = recorded.one("s3/bucketLifecycleConfiguration", "evidence-lifecycle").inputs["rules"]
    assert [one["expiration"]["days"] for one in rules if "days" in one.get("expiration", {})] == [90]
    assert recorded.one("s3/bucketVersioning", "evidence-versioning").inputs["versioningConfiguration"] == {
        "status": "Enabled"
    }


def test_only_this_trail_writes_the_archive(recorded: Graph) -> None:
    """CloudTrail also acts for trails of other accounts (the confused deputy)."""
    acl, write = _of_cloudtrail(recorded, "s3/bucketPolicy", "policy", "evidence-policy")
    [bucket] = [node for node in recorded.of("s3/bucket") if node.inputs.get("objectLockEnabled")]
    assert (acl["Action"], acl["Resource"]) == (["s3:GetBucketAcl"], [bucket.arn])
    assert (write["Action"], write["Resource"]) == (["s3:PutObject"], [f"{bucket.arn}/AWSLogs/{ACCOUNT}/*"])
    assert {one["Condition"]["StringEquals"]["aws:SourceArn"] for one in (acl, write)} == {TRAIL}


def test_only_this_trail_uses_the_key_of_the_archive(recorded: Graph) -> None:
    """It is a key of its own: an auditor needs no key of the data."""
    [use] = _of_cloudtrail(recorded, "kms/key", "policy", "evidence")
    assert use["Condition"] == {"StringEquals": {"aws:SourceArn": TRAIL}}
    key = recorded.one("kms/key", "evidence")
    assert recorded.one("cloudtrail/trail").inputs["kmsKeyId"] == key.arn


@pytest.mark.parametrize(
    ("key", "value"), [("evidence", "all"), ("evidence_days", 0), ("evidence_days", 3651), ("evidence_days", "x")]
)
def test_a_bad_setting_is_refused(key: str, value: Any) -> None:
    with pytest.raises(SettingError, match=key):
        run("prod", **{"evidence": "trail", key: value})
