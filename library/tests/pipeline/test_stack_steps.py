"""The steps that call Pulumi: the preview, and the deployment that is held to it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from bounded_context.pipeline import deploy, lock, preview, pulumi_cli
from bounded_context.pipeline.limits import too_long
from bounded_context.pipeline.pulumi_cli import Stack
from bounded_context.project import current

PROVIDER = "awskms://alias/state?region=eu-west-1"


def test_a_preview_saves_the_plan_under_the_environments_profile(calls: Path, prod: Stack, tmp_path: Path) -> None:
    """The profile is in the stack's file, the plan and the report beside it."""
    preview.preview(prod)
    assert "aws:profile: environment" in prod.file.read_text()
    assert (tmp_path / "plan.json").exists()
    reports = tmp_path / "build" / "reports"
    assert (reports / "preview.txt").read_text().startswith("1 to create, 1 to update, ")
    assert (reports / "preview.xml").exists()
    assert ["--non-interactive" in json.loads(call) for call in calls.read_text().splitlines()] == [True, True]


def test_a_preview_that_fails_says_why_and_nothing_else(
    calls: Path, prod: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pulumi's JSON holds every resource, and the reason somewhere in it."""
    monkeypatch.setenv("STAND_IN_BAD_SETTING", "log_retention_days is 31: CloudWatch knows 1, 3, 5.")
    with pytest.raises(SystemExit, match="pulumi preview failed: error: log_retention_days is 31: CloudWatch"):
        preview.preview(prod)


@pytest.mark.parametrize("text", ["config: {}\n", f"secretsprovider: {PROVIDER}\n", "secretsprovider: passphrase\n"])
def test_a_stack_without_a_key_of_the_secrets_provider_is_refused(text: str, tmp_path: Path) -> None:
    """Pulumi would ask for a passphrase that nobody ever set."""
    (tmp_path / "Pulumi.prod.yaml").write_text(text)
    with pytest.raises(SystemExit, match=r"^Pulumi.prod.yaml has no key of awskms.* commit the file\.$"):
        preview.require_secrets_provider(tmp_path / "Pulumi.prod.yaml", PROVIDER)


def test_a_stack_with_its_key_is_taken(tmp_path: Path) -> None:
    """As `pulumi stack init` writes it; Pulumi Cloud needs none."""
    (tmp_path / "Pulumi.prod.yaml").write_text(f"secretsprovider: {PROVIDER}\nencryptedkey: AQI=\nconfig: {{}}\n")
    preview.require_secrets_provider(tmp_path / "Pulumi.prod.yaml", PROVIDER)
    preview.require_secrets_provider(tmp_path / "Pulumi.dev.yaml", None)


@pytest.mark.parametrize("text", ["", "config: {}\n"])
def test_an_empty_stack_file_has_no_key(text: str, tmp_path: Path) -> None:
    """It is refused like any other without one."""
    (tmp_path / "Pulumi.prod.yaml").write_text(text)
    with pytest.raises(SystemExit, match=r"^Pulumi.prod.yaml has no key of awskms"):
        preview.require_secrets_provider(tmp_path / "Pulumi.prod.yaml", PROVIDER)


@pytest.mark.parametrize(
    ("strategy", "refused"), [("Canary10Percent205Minutes", False), ("Canary9Percent206Minutes", True)]
)
def test_a_strategy_must_fit_into_the_pipelines_shift(strategy: str, refused: bool) -> None:
    """The functions and then the state machine take it, each with half an hour for what is beside it."""
    said = too_long("invoice", {"config": {"invoice:rollout_strategy": strategy}})
    assert bool(said) is refused
    assert (
        said is None
        or said == f"{strategy} may take 482 minutes, and the pipeline's shift 480: choose a quicker strategy."
    )


def test_a_strategy_that_is_none_is_left_to_the_program() -> None:
    """It says what to write."""
    assert too_long("invoice", {"config": {"invoice:rollout_strategy": "fast"}}) is None
    assert too_long("invoice", {}) is None


def test_a_deployment_is_held_to_its_plan_and_leaves_the_outputs(calls: Path, prod: Stack, tmp_path: Path) -> None:
    """The next steps read them."""
    preview.preview(prod)
    deploy.deploy(prod)
    assert json.loads((tmp_path / "outputs.json").read_text()) == {"functions": {}}
    up = next(arguments for call in calls.read_text().splitlines() if "up" in (arguments := json.loads(call)))
    assert up[up.index("--plan") + 1] == str(tmp_path / "plan.json")
    assert "--skip-preview" not in up


@pytest.mark.parametrize(
    "words",
    [
        "resource urn violates plan: properties changed: ++tags",
        "create is not allowed by the plan: no steps were expected for this resource",
        "expected resource operations for urn but none were seen",
        "no plan for resource urn",
    ],
)
def test_a_plan_that_no_longer_fits_ends_with_one_sentence(
    words: str, calls: Path, prod: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever Pulumi calls it; these are its own words (3.274.1)."""
    monkeypatch.setenv("STAND_IN_UNFIT", f"error: {words}")
    with pytest.raises(SystemExit, match="plan no longer fits the stack prod, and nothing was changed: start"):
        deploy.deploy(prod)
    assert not (tmp_path / "outputs.json").exists()


def test_another_failure_of_a_deployment_is_not_taken_for_that(
    calls: Path, prod: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new preview would not help; Pulumi says the same words of what it could not do any more."""
    preview.preview(prod)
    monkeypatch.setenv("STAND_IN_FAULT", "error: AccessDenied\nerror: expected resource operations for urn")
    with pytest.raises(SystemExit, match="pulumi up failed with status 1: its own words are above"):
        deploy.deploy(prod)


IN_S3 = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock"
)
IN_CLOUD = "error: [409] Conflict: Another update is currently in progress."


@pytest.mark.parametrize("said", [IN_S3, IN_CLOUD])
def test_a_lock_is_told_in_words(said: str, calls: Path, prod: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the runbook's section: the deployment that made it may be dead."""
    preview.preview(prod)
    monkeypatch.setenv("STAND_IN_UNFIT", said)
    with pytest.raises(SystemExit, match=r"^The stack prod is locked, and nothing was changed: .* a-stack-is-locked"):
        deploy.deploy(prod)


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The bucket of the state, as the step reaches it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://state?region=eu-west-1")
    with mock_aws():
        s3 = boto3.client("s3", region_name="eu-west-1")
        s3.create_bucket(Bucket="state", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield s3


def test_a_preview_of_a_locked_stack_asks_nobody_to_approve_it(state: Any, calls: Path, prod: Stack) -> None:
    """It says since when, before Pulumi is called."""
    state.put_object(Bucket="state", Key=f"{lock.folder(prod.project.package, 'prod')}6d1e.json", Body=b"{}")
    with pytest.raises(
        SystemExit, match=r"^The stack prod is locked since 20\d\d-\d\d-\d\d \d\d:\d\d UTC, and nothing"
    ):
        preview.preview(prod)
    assert not calls.exists()


def test_the_lock_of_another_stack_is_not_in_the_way(state: Any, calls: Path, prod: Stack) -> None:
    """Also of one whose name begins alike."""
    state.put_object(Bucket="state", Key=f"{lock.folder(prod.project.package, 'prod-eu')}6d1e.json", Body=b"{}")
    preview.preview(prod)
    assert prod.plan.exists()


def test_a_state_that_cannot_be_asked_ends_the_preview_in_words(
    state: Any, calls: Path, prod: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bucket that is not there, for one."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://nowhere?region=eu-west-1")
    with pytest.raises(SystemExit, match=r"^Whether the stack prod is locked cannot be asked: NoSuchBucket"):
        preview.preview(prod)


SDK = "operation error SFN: {}, https response error StatusCode: 403, RequestID: 1, api error AccessDeniedException: {}"
USER = "User: arn:aws:sts::333344445555:assumed-role/prod-deploy/pipeline-prod is not authorized to perform: states:{}"


@pytest.mark.parametrize(
    ("said", "role", "action"),
    [
        (
            SDK.format("CreateStateMachine", USER.format("CreateStateMachine")),
            "prod-deploy",
            "states:CreateStateMachine",
        ),
        # Some services name neither.
        (SDK.format("CreateStateMachine", "no"), "prod-of-the-step", "sfn:CreateStateMachine"),
    ],
)
def test_a_role_that_lacks_an_action_ends_the_deployment_with_both_names(
    said: str, role: str, action: str, calls: Path, prod: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that AWS names; where it names none, the step's."""
    preview.preview(prod)
    monkeypatch.setenv("ROLE_ARN", "arn:aws:iam::333344445555:role/prod-of-the-step")
    monkeypatch.setenv("STAND_IN_FAULT", f"error: {said}")
    with pytest.raises(SystemExit, match=f"pulumi up failed: the role {role} may not {action}: `just permissions"):
        deploy.deploy(prod)


def test_a_role_that_lacks_an_action_ends_the_preview_with_both_names(
    calls: Path, prod: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below what Pulumi says of it."""
    action = "ValidateStateMachineDefinition"
    monkeypatch.setenv("STAND_IN_BAD_SETTING", SDK.format(action, USER.format(action).replace("deploy", "preview")))
    with pytest.raises(SystemExit, match=f"In short: the role prod-preview may not states:{action}: `just"):
        preview.preview(prod)


def test_a_step_without_its_variable_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that is run outside its project."""
    monkeypatch.delenv("ROLE_ARN", raising=False)
    with pytest.raises(SystemExit, match="ROLE_ARN is not set"):
        pulumi_cli.variable("ROLE_ARN")


def test_a_step_works_on_the_stack_that_its_project_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the repository that it runs in."""
    monkeypatch.setenv("STACK", "prod")
    stack = pulumi_cli.stack_of_step()
    assert (stack.name, stack.project) == ("prod", current())
    assert stack.file.read_text().startswith("config:")


def test_a_preview_of_a_strategy_that_takes_too_long_is_refused(prod: Stack) -> None:
    """The setting is that of the stack's context."""
    name = prod.project.context.name
    prod.file.write_text(f"config:\n  {name}:rollout_strategy: Canary9Percent206Minutes\n")
    with pytest.raises(SystemExit, match=r"^Pulumi.prod.yaml: Canary9Percent206Minutes may take 482 minutes"):
        preview.preview(prod)
