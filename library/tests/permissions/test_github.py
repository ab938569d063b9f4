"""What the account's owner gives the roles of GitHub's workflows: their own stacks, and nobody else's."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bounded_context.configuration.project import Project, current
from bounded_context.tools.accounts.permissions import cli as command
from tests.console import context
from tests.pipeline.program import LEAST, PROJECT

from .test_documents import MOST, actions

ACCOUNT = "333344445555"
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
    [("pr", ["environment:preview-stacks", "ref:refs/heads/main"]), ("sandbox", ["ref:refs/heads/main"])],
)
def test_roles_that_change_stacks_are_assumed_in_an_environment_or_by_the_sweep(
    kind: str, subjects: list[str], capsys: Capture
) -> None:
    """And by no pull request that has nobody's consent."""
    document = printed(capsys, "trust", kind, ACCOUNT, "--repository", "org@12/repo@34")
    told = document["Statement"][0]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    assert told == [f"repo:org@12/repo@34:{subject}" for subject in subjects]


@pytest.mark.parametrize("repository", [[], ["--repository", "org"], ["--repository", "org/*"]])
def test_trust_without_a_repository_is_refused(repository: list[str], capsys: Capture) -> None:
    """A wildcard would trust other repositories too."""
    assert context("permissions", "trust", "pr", ACCOUNT, *repository) == 2
    assert "`--repository org/repo`" in capsys.readouterr().err


@KINDS
@pytest.mark.parametrize("role", ["deploy", "shift"])
def test_a_kinds_role_reaches_its_own_stacks_and_no_others(kind: str, role: str, capsys: Capture) -> None:
    """By their names or by their tags."""
    ids = re.compile(r":(apigateway:\S*::/(apis|tags)|lambda:\S*:event-source-mapping:)")
    for statement in printed(capsys, role, kind, ACCOUNT)["Statement"]:
        for resource in statement["Resource"]:
            named = re.search(rf"payment[-/]{kind}-\*", resource) or "CodeDeployDefault." in resource
            assert named or resource == "*" or "Condition" in statement or ids.search(resource), resource
        for tags in [tags for name, tags in statement.get("Condition", {}).items() if name.startswith("String")]:
            if "aws:ResourceTag/stack" in tags:
                assert "StringLike" in statement["Condition"]
                assert tags["aws:ResourceTag/stack"] == f"{kind}-*"


@KINDS
def test_a_kinds_role_makes_neither_alarms_nor_servers(kind: str, capsys: Capture) -> None:
    """Its stacks have none; and its policy fits a role."""
    document = printed(capsys, "deploy", kind, ACCOUNT)
    assert not {one for one in actions(document) if one.startswith("transfer:") or "MetricAlarm" in one}
    assert len(re.sub(r"\s", "", json.dumps(document))) <= MOST


def test_the_state_of_other_stacks_may_be_read_and_not_written(pipeline: None, capsys: Capture) -> None:
    """A pull request's role cannot change what production is thought to be."""
    document = printed(capsys, "state", "pr", ACCOUNT)
    by_action = {action: one for one in document["Statement"] for action in one["Action"]}
    assert by_action["s3:GetObject"]["Resource"] == ["arn:aws:s3:::state/.pulumi/*"]
    assert by_action["s3:PutObject"]["Resource"] == [
        f"arn:aws:s3:::state/.pulumi/{folder}/payment/pr-*"
        for folder in ("stacks", "backups", "history", "locks/organization")
    ]
    assert by_action["kms:Encrypt"]["Condition"] == {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/state"}}


def test_who_previews_writes_no_state(capsys: Capture) -> None:
    """Where `context bootstrap` has put it, unless the settings say otherwise."""
    document = printed(capsys, "state", "dev", ACCOUNT)
    assert actions(document) == {"s3:ListBucket", "s3:GetObject", "kms:Decrypt"}
    assert document["Statement"][0]["Resource"] == [f"arn:aws:s3:::payment-state-{ACCOUNT}-eu-west-1"]
