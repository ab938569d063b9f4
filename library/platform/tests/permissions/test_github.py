"""What the account's owner gives the roles of GitHub's workflows: their own stacks, and nobody else's."""

import fnmatch
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bounded_context_infra.configuration.access import objects
from bounded_context_infra.configuration.project import Project, current
from bounded_context_platform import permissions as command
from bounded_context_platform.permissions.policies import PROVIDER
from tests.console import context
from tests.pipeline.program import LEAST, PROJECT

from .test_documents import MOST, actions

ACCOUNT = "333344445555"
OTHER = "444455556666"
Capture = pytest.CaptureFixture[str]
KINDS = pytest.mark.parametrize("kind", ["pr", "sandbox"])


def printed(capsys: Capture, *arguments: str) -> dict[str, Any]:
    """The document that the command prints."""
    assert context("permissions", *arguments) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository whose pipeline is set up."""
    folder = tmp_path / "infra" / "pipeline"
    folder.mkdir(parents=True)
    config = {f"{PROJECT}:{name}": value for name, value in LEAST.items()}
    (folder / "Pulumi.yaml").write_text(f"name: {PROJECT}")
    (folder / "Pulumi.main.yaml").write_text(yaml.safe_dump({"config": config}))
    monkeypatch.setattr(command, "repository", lambda: Project(tmp_path, current().settings))


def test_the_role_of_previews_is_assumed_for_pull_requests_alone(pipeline: None, capsys: Capture) -> None:
    """Of this repository; AWS is who the token is for."""
    [statement] = printed(capsys, "trust", "dev")["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::222233334444:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": ["repo:org/repository:pull_request"],
            }
        },
    }


@pytest.mark.parametrize(
    ("kind", "subjects"),
    [("pr", ["environment:preview-stacks", "environment:sweep-pr"]), ("sandbox", ["environment:sweep-sandbox"])],
)
def test_roles_that_change_stacks_are_assumed_in_an_environment(
    kind: str, subjects: list[str], capsys: Capture
) -> None:
    """And by no pull request that has nobody's consent, nor by another job of the branch."""
    document = printed(capsys, "trust", kind, ACCOUNT, "--repository", "org@12/repo@34")
    patterns = [statement["Condition"]["StringEquals"][f"{PROVIDER}:sub"] for statement in document["Statement"]]
    assert patterns == [[f"repo:org@12/repo@34:{subject}"] for subject in subjects]


@KINDS
def test_a_sweep_assumes_its_role_on_the_branch_of_the_pipeline(kind: str, capsys: Capture) -> None:
    """GitHub creates an environment without rules when a job first names it, and a subject has no branch then."""
    document = printed(capsys, "trust", kind, ACCOUNT, "--repository", "org/repo")
    *others, sweep = document["Statement"]
    assert sweep["Condition"]["StringEqualsIfExists"] == {f"{PROVIDER}:ref": "refs/heads/main"}
    assert not [statement for statement in others if "StringEqualsIfExists" in statement["Condition"]]


@pytest.mark.parametrize(
    "repository", [[], ["--repository", "org"], ["--repository", "org/*"], ["--repository", "org@1/repo"]]
)
def test_trust_without_a_repository_is_refused(repository: list[str], capsys: Capture) -> None:
    """A wildcard would trust other repositories too."""
    assert context("permissions", "trust", "pr", ACCOUNT, *repository) == 2
    assert "`--repository org/repo`" in capsys.readouterr().err


@KINDS
@pytest.mark.parametrize("role", ["deploy", "shift"])
def test_a_kinds_role_reaches_its_own_stacks_and_no_others(kind: str, role: str, capsys: Capture) -> None:
    """By their names or by their tags."""
    ids = re.compile(r":apigateway:\S*::(/apis|\*/tags/)$")
    for statement in printed(capsys, role, kind, ACCOUNT)["Statement"]:
        for resource in statement["Resource"]:
            named = re.search(rf"payment[-/]{kind}-\*", resource) or "CodeDeployDefault." in resource
            assert named or resource == "*" or "Condition" in statement or ids.search(resource), resource
        for operator, tags in statement.get("Condition", {}).items():
            if "aws:ResourceTag/stack" in tags:
                assert operator.startswith("StringLike")
                assert tags["aws:ResourceTag/stack"] == f"{kind}-*"


@KINDS
def test_a_kinds_role_makes_neither_alarms_nor_servers(kind: str, capsys: Capture) -> None:
    """Its stacks have none; and its policy fits a role."""
    document = printed(capsys, "deploy", kind, ACCOUNT)
    assert not {action for action in actions(document) if action.startswith("transfer:") or "MetricAlarm" in action}
    assert len(re.sub(r"\s", "", json.dumps(document))) <= MOST


def _keys(document: dict[str, Any], action: str) -> set[str]:
    """The keys of the objects in the bucket on which a document allows an action."""
    resources = [
        arn for statement in document["Statement"] if action in statement["Action"] for arn in statement["Resource"]
    ]
    return {arn.partition("/")[2] for arn in resources}


def test_the_state_of_other_stacks_is_neither_read_nor_written(pipeline: None, capsys: Capture) -> None:
    document = printed(capsys, "state", "pr", ACCOUNT)
    own = {
        *(".pulumi/stacks/payment/pr-*.json*", ".pulumi/stacks/payment/pr-*.pulumi-tags"),
        *(f".pulumi/{folder}/payment/pr-*/*" for folder in ("backups", "history", "locks/organization")),
    }
    assert _keys(document, "s3:PutObject") == _keys(document, "s3:DeleteObject") == own
    assert _keys(document, "s3:GetObject") == own | {".pulumi/meta.yaml"}
    by_action = {action: statement for statement in document["Statement"] for action in statement["Action"]}
    assert by_action["kms:Encrypt"]["Condition"] == {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/state"}}


@pytest.mark.parametrize("other", ["dev-2", "development", "dev-2/a", "de", "dev_2"])
def test_the_state_of_a_stack_with_a_similar_name_is_out_of_reach(other: str) -> None:
    own = [re.compile(fnmatch.translate(key)) for key in objects("payment", "dev")]
    keys = [
        *(f".pulumi/stacks/payment/{other}{end}" for end in (".json", ".json.bak", ".json.gz", ".pulumi-tags")),
        f".pulumi/history/payment/{other}/{other}-1.history.json",
        f".pulumi/backups/payment/{other}/{other}.1.json",
        f".pulumi/locks/organization/payment/{other}/a1.json",
    ]
    assert not [key for key in keys for pattern in own if pattern.fullmatch(key)]


def test_who_previews_writes_no_state(capsys: Capture) -> None:
    """The bucket and the key are those of `context bootstrap`, unless the settings name others."""
    document = printed(capsys, "state", "dev", ACCOUNT)
    assert actions(document) == {"s3:ListBucket", "s3:GetObject", "kms:Decrypt"}
    assert document["Statement"][0]["Resource"] == [f"arn:aws:s3:::payment-state-{ACCOUNT}-eu-west-1"]
    secrets = document["Statement"][-1]["Condition"]
    assert secrets["StringEquals"] == {"kms:EncryptionContext:stack": "dev"}


def _state_in(tmp_path: Path, **settings: Any) -> None:
    config = {f"{PROJECT}:{name}": value for name, value in (LEAST | settings).items()}
    (tmp_path / "infra" / "pipeline" / "Pulumi.main.yaml").write_text(yaml.safe_dump({"config": config}))


KEY = f"awskms:///arn:aws:kms:eu-west-1:{OTHER}:key/1234?region=eu-west-1"
BUCKET = f"s3://payment-state-{OTHER}-eu-west-1"


def test_a_role_uses_the_key_of_the_state_in_another_account(pipeline: None, tmp_path: Path, capsys: Capture) -> None:
    """The stacks of a kind have the provider of dev with an encryption context of their own."""
    own = {"name": "dev", "secrets_provider": f"{KEY}&context_stack=dev"}
    _state_in(tmp_path, backend=BUCKET, secrets_provider=KEY, environments=[own])
    statements = printed(capsys, "state", "pr", ACCOUNT)["Statement"]
    keys = [statement for statement in statements if "kms:Decrypt" in statement["Action"]]
    assert {arn for key in keys for arn in key["Resource"]} == {f"arn:aws:kms:eu-west-1:{OTHER}:key/1234"}
    assert keys[1]["Condition"] == {"StringEquals": {"kms:EncryptionContext:stack": "pr"}}


def test_an_alias_in_another_account_is_refused(pipeline: None, tmp_path: Path, capsys: Capture) -> None:
    """KMS would look it up in the account of the role."""
    _state_in(tmp_path, backend=BUCKET)
    assert context("permissions", "state", "dev", ACCOUNT) == 2
    assert re.search(
        r"Pulumi\.main\.yaml: secrets_provider: alias/state .*`context bootstrap`", capsys.readouterr().err
    )
