"""The evidence of an account: what its trail records, who writes its archive, and that nobody deletes from it."""

from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.programs.recording import REGION, Graph
from bounded_context_cli.testing.requests import findings
from bounded_context_infra.configuration.project import ProjectError

from .program import ENVIRONMENTS, PIPELINE, access, changed, name_of, repository, run

ACCOUNT = "111122223333"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/payment-deployer-evidence"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with three environments and the pipeline in an account."""
    return repository(tmp_path_factory.mktemp("together"), dict.fromkeys((*ENVIRONMENTS, PIPELINE), ACCOUNT))


def _graph(folder: Path, **settings: Any) -> Graph:
    changed(folder, "account", name_of(ACCOUNT), settings)
    return run(folder, ACCOUNT, access=access(folder, ACCOUNT))


@pytest.fixture(scope="module")
def recorded(folder: Path) -> Graph:
    changed(folder, "service", "staging", {"aws:region": "eu-west-1"})
    return _graph(folder, evidence="trail", evidence_days=90, evidence_contexts=["loan"])


def _of_cloudtrail(graph: Graph, kind: str, attribute: str, name: str) -> list[dict[str, Any]]:
    """The statements of one document that let CloudTrail do something."""
    statements = [statement for node, statement in graph.statements(kind, attribute) if node.name == name]
    return [
        statement for statement in statements if statement.get("Principal") == {"Service": "cloudtrail.amazonaws.com"}
    ]


def test_an_account_has_no_trail_by_default(tmp_path: Path) -> None:
    """CloudTrail has five trails per region, and this quota cannot be raised (CloudTrail user guide, "Quotas")."""
    own = repository(tmp_path, dict.fromkeys((*ENVIRONMENTS, PIPELINE), ACCOUNT))
    assert _graph(own).of("cloudtrail/trail") == []


def test_the_trail_records_changes_in_all_regions_and_signs_its_files(recorded: Graph) -> None:
    """IAM's events are those of one region, of which only such trails get them."""
    trail = recorded.one("cloudtrail/trail").inputs
    wanted = ("isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation")
    assert [trail[name] for name in wanted] == [True, True, True]
    assert trail["name"] == "payment-deployer-evidence"


def test_one_trail_records_the_data_of_all_contexts_and_regions_without_temporary_stacks(recorded: Graph) -> None:
    """A recorded delivery to the archive would cause the next one."""
    [changes, rows, files] = recorded.one("cloudtrail/trail").inputs["advancedEventSelectors"]
    assert changes["fieldSelectors"] == [{"field": "eventCategory", "equals": ["Management"]}]
    tables, objects = (selector["fieldSelectors"][-1] for selector in (rows, files))
    starts = [f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/" for region in sorted({"eu-west-1", REGION})]
    kinds = [f"{context}-{kind}-" for context in ("payment", "loan") for kind in ("pr", "sandbox")]
    assert tables["startsWiths"] == [f"{start}{context}-" for start in starts for context in ("payment", "loan")]
    assert tables["notStartsWiths"] == [f"{start}{kind}" for start in starts for kind in kinds]
    assert objects["startsWiths"] == ["arn:aws:s3:::payment-", "arn:aws:s3:::loan-"]
    assert objects["notStartsWiths"] == [_archive(recorded).arn, *(f"arn:aws:s3:::{kind}" for kind in kinds)]


def _archive(graph: Graph) -> Any:
    [bucket] = [node for node in graph.of("s3/bucket") if node.inputs.get("objectLockEnabled")]
    return bucket


def test_a_locked_archive_cannot_be_deleted(recorded: Graph) -> None:
    """The mode binds the root user, too. Pulumi deletes neither the objects nor the key."""
    rule = recorded.one("s3/bucketObjectLockConfiguration").inputs["rule"]
    assert rule["defaultRetention"] == {"mode": "COMPLIANCE", "days": 90}
    assert not _archive(recorded).inputs.get("forceDestroy")
    assert all(node.protect and node.retain_on_delete for node in (_archive(recorded), recorded.one("kms/key")))
    rules = recorded.one("s3/bucketLifecycleConfiguration", "evidence-lifecycle").inputs["rules"]
    assert [rule["expiration"]["days"] for rule in rules if "days" in rule.get("expiration", {})] == [90]
    assert recorded.one("s3/bucketVersioning", "evidence-versioning").inputs["versioningConfiguration"] == {
        "status": "Enabled"
    }


def test_only_this_trail_writes_the_archive(recorded: Graph) -> None:
    """CloudTrail also acts for trails of other accounts (the confused deputy)."""
    acl, write = _of_cloudtrail(recorded, "s3/bucketPolicy", "policy", "evidence-policy")
    assert (acl["Action"], acl["Resource"]) == (["s3:GetBucketAcl"], [_archive(recorded).arn])
    assert (write["Action"], write["Resource"]) == (
        ["s3:PutObject"],
        [f"{_archive(recorded).arn}/AWSLogs/{ACCOUNT}/*"],
    )
    assert {statement["Condition"]["StringEquals"]["aws:SourceArn"] for statement in (acl, write)} == {TRAIL}


def test_only_this_trail_uses_the_key_of_the_archive(recorded: Graph) -> None:
    """It is a key of its own: an auditor needs no key of the data."""
    [use] = _of_cloudtrail(recorded, "kms/key", "policy", "evidence")
    assert use["Condition"] == {"StringEquals": {"aws:SourceArn": TRAIL}}
    assert recorded.one("cloudtrail/trail").inputs["kmsKeyId"] == recorded.one("kms/key", "evidence").arn


def test_aws_accepts_each_resource_of_the_evidence(recorded: Graph) -> None:
    assert [finding for node in recorded.nodes for finding in findings(node)] == []


def test_traces_are_stored_by_x_ray_of_this_account_alone(folder: Path) -> None:
    """X-Ray checks the policy when the destination changes."""
    graph = _graph(folder, traces_indexed=2.5)
    destination, rule = graph.one("xray/traceSegmentDestination"), graph.one("xray/indexingRule")
    assert destination.inputs["destination"] == "CloudWatchLogs"
    assert rule.inputs == {"name": "Default", "rule": {"probabilistic": {"desiredSamplingPercentage": 2.5}}}
    [(_, statement)] = graph.statements("cloudwatch/logResourcePolicy", "policyDocument")
    start = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"
    assert statement["Action"] == ["logs:PutLogEvents"]
    assert [*statement["Resource"]] == [f"{start}aws/spans:*", f"{start}/aws/application-signals/data:*"]
    assert statement["Condition"] == {
        "ArnLike": {"aws:SourceArn": f"arn:aws:xray:{REGION}:{ACCOUNT}:*"},
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
    }
    assert [finding for node in graph.nodes for finding in findings(node)] == []


def test_no_role_of_deployments_changes_the_evidence(folder: Path) -> None:
    """Before, the role `deploy` of a stack made its trail, and could delete it."""
    policies = [document for role in access(folder, ACCOUNT).roles.values() for document in role.policies.values()]
    statements = [statement for document in policies for statement in document["Statement"]]
    assert not [
        statement for statement in statements if any(action.startswith("cloudtrail:") for action in statement["Action"])
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [("evidence", "all"), ("evidence_days", 0), ("evidence_days", 3651), ("evidence_contexts", ["a_b"])],
)
def test_a_bad_setting_of_the_evidence_is_refused(key: str, value: Any, tmp_path: Path) -> None:
    own = repository(tmp_path, dict.fromkeys((*ENVIRONMENTS, PIPELINE), ACCOUNT))
    with pytest.raises(ProjectError, match=rf"^infra/account/Pulumi\.{name_of(ACCOUNT)}\.yaml(:\d+)?: {key}\b"):
        _graph(own, **{"evidence": "trail", key: value})
