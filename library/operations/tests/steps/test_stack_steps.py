"""The steps that call Pulumi: the preview, and the deployment of its plan."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from bounded_context_infra.configuration.access import locks
from bounded_context_infra.configuration.project import current
from bounded_context_infra.configuration.strategy import too_long
from bounded_context_operations.release import plan
from bounded_context_operations.release.plan import PulumiStack, StepError
from tests.rollout.clients import error
from tests.rollout.conftest import Stack as ShiftingStack
from tests.rollout.conftest import stack as aws

__all__ = ["aws"]

URN = "urn:pulumi:prod::payment::bounded-context:infra:Inbox$aws:ec2/eip:Eip::sftp-address-1"
PROVIDER = "awskms://alias/state?region=eu-west-1"


def test_a_preview_saves_the_plan_under_the_environments_profile(
    calls: Path, prod: PulumiStack, tmp_path: Path
) -> None:
    """The profile is in the stack's file, the plan and the report beside it."""
    plan.preview(prod)
    assert "aws:profile: environment" in prod.file.read_text()
    assert (tmp_path / "plan.json").exists()
    reports = tmp_path / "build" / "reports"
    assert (reports / "preview.txt").read_text().startswith("1 to create, 1 to update, ")
    assert (reports / "preview.xml").exists()
    assert ["--non-interactive" in json.loads(call) for call in calls.read_text().splitlines()] == [True, True]


def test_a_failing_preview_prints_pulumis_error_only(
    calls: Path, prod: PulumiStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pulumi's JSON contains every resource, and the error in one of its diagnostics."""
    monkeypatch.setenv("STAND_IN_BAD_SETTING", "log_retention_days is 31.")
    with pytest.raises(StepError, match=r": error: log_retention_days is 31\.$") as ended:
        plan.preview(prod)
    assert ended.value.reason == "failed"


def test_a_preview_that_would_delete_a_protected_resource_names_it_and_the_commands(
    calls: Path, prod: PulumiStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_BAD_SETTING", f'resource "{URN}" cannot be deleted\nbecause it is protected.')
    with pytest.raises(StepError) as ended:
        plan.preview(prod)
    assert ended.value.reason == "protected"
    for verb in ("unprotect", "delete --force"):
        assert f"`pulumi state {verb} '{URN}' --stack prod --cwd " in str(ended.value)


def test_preview_and_deployment_pass_the_pipelines_policies_to_pulumi(
    calls: Path, prod: PulumiStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the variable, they pass none."""
    packs: list[list[str]] = []
    for pack in (None, "/policies/pack"):
        monkeypatch.setenv("POLICY_PACK", pack or "")
        plan.preview(prod)
        plan.deploy(prod)
        invocations = [json.loads(call) for call in calls.read_text().splitlines()]
        packs.append([call[call.index("--policy-pack") + 1] for call in invocations if "--policy-pack" in call])
    assert packs == [[], ["/policies/pack"] * 2]


@pytest.mark.parametrize(
    "text", ["", "config: {}\n", f"secretsprovider: {PROVIDER}\n", "secretsprovider: passphrase\n"]
)
def test_a_stack_without_a_key_of_the_secrets_provider_is_refused(text: str, tmp_path: Path) -> None:
    """Pulumi would ask for a passphrase, which does not exist."""
    (tmp_path / "Pulumi.prod.yaml").write_text(text)
    with pytest.raises(StepError, match=rf"^Pulumi\.prod\.yaml .*{re.escape(PROVIDER)}") as ended:
        plan.require_secrets_provider(tmp_path / "Pulumi.prod.yaml", PROVIDER)
    assert ended.value.reason == "no-key"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", "stack init"),
        ("secretsprovider: passphrase\nencryptionsalt: v1:a\n", "stack change-secrets-provider"),
        (f"secretsprovider: {PROVIDER}&context_stack=dev\nencryptedkey: AQI=\n", "stack change-secrets-provider"),
    ],
)
def test_the_remedy_of_a_missing_key_creates_the_stack_or_moves_its_secrets(
    text: str, command: str, tmp_path: Path
) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text(text)
    with pytest.raises(StepError, match=rf"`pulumi {command} [^`]*{re.escape(PROVIDER)}"):
        plan.require_secrets_provider(tmp_path / "Pulumi.prod.yaml", PROVIDER)


def test_a_stack_with_its_key_is_accepted(tmp_path: Path) -> None:
    """As `pulumi stack init` writes it; Pulumi Cloud needs no key."""
    (tmp_path / "Pulumi.prod.yaml").write_text(f"secretsprovider: {PROVIDER}\nencryptedkey: AQI=\nconfig: {{}}\n")
    plan.require_secrets_provider(tmp_path / "Pulumi.prod.yaml", PROVIDER)
    plan.require_secrets_provider(tmp_path / "Pulumi.dev.yaml", None)


@pytest.mark.parametrize(
    ("strategy", "refused"), [("Canary10Percent205Minutes", False), ("Canary9Percent206Minutes", True)]
)
def test_a_strategy_must_fit_into_the_pipelines_shift(strategy: str, refused: bool) -> None:
    """The functions and then the state machine shift, each with 35 minutes for hooks and rollbacks."""
    problem = too_long("invoice", {"config": {"invoice:rollout_strategy": strategy}})
    assert re.findall(r"\b\d{3}\b", problem or "") == (["482", "480"] if refused else [])
    assert (problem or strategy).startswith(strategy)


def test_a_bad_strategy_is_reported_by_the_program_alone() -> None:
    assert too_long("invoice", {"config": {"invoice:rollout_strategy": "fast"}}) is None
    assert too_long("invoice", {}) is None


def test_a_deployment_uses_its_plan_and_writes_the_outputs(calls: Path, prod: PulumiStack, tmp_path: Path) -> None:
    """The next steps read them."""
    plan.preview(prod)
    plan.deploy(prod)
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
def test_a_plan_that_no_longer_fits_ends_the_deployment(
    words: str, calls: Path, prod: PulumiStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """These are the messages of Pulumi 3.274.1."""
    monkeypatch.setenv("STAND_IN_UNFIT", f"error: {words}")
    with pytest.raises(StepError, match=r"\bprod\b") as ended:
        plan.deploy(prod)
    assert ended.value.reason == "unfit-plan"
    assert not (tmp_path / "outputs.json").exists()


def test_another_failure_of_a_deployment_is_not_reported_as_an_unfit_plan(
    calls: Path, prod: PulumiStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new preview would not help. After a failure, Pulumi prints the same messages for the remaining changes."""
    plan.preview(prod)
    monkeypatch.setenv("STAND_IN_FAULT", "error: AccessDenied\nerror: expected resource operations for urn")
    with pytest.raises(StepError, match=r"status 1\b") as ended:
        plan.deploy(prod)
    assert ended.value.reason == "failed"


IN_S3 = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock"
)
IN_CLOUD = "error: [409] Conflict: Another update is currently in progress."


@pytest.mark.parametrize("said", [IN_S3, IN_CLOUD])
def test_a_locked_stack_is_not_deployed(
    said: str, calls: Path, prod: PulumiStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the runbook's section, because the deployment that made the lock may have ended."""
    plan.preview(prod)
    monkeypatch.setenv("STAND_IN_UNFIT", said)
    with pytest.raises(StepError, match=r"\bprod\b.*\ba-stack-is-locked\b") as ended:
        plan.deploy(prod)
    assert ended.value.reason == "locked"


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


def test_a_preview_of_a_locked_stack_ends_before_the_approval(state: Any, calls: Path, prod: PulumiStack) -> None:
    """The error has the time of the lock. Pulumi is not called."""
    state.put_object(Bucket="state", Key=f"{locks(prod.project.package, 'prod')}6d1e.json", Body=b"{}")
    with pytest.raises(StepError, match=r"\bprod\b.* 20\d\d-\d\d-\d\d \d\d:\d\d UTC") as ended:
        plan.preview(prod)
    assert ended.value.reason == "locked"
    assert not calls.exists()


def test_the_lock_of_another_stack_is_not_in_the_way(state: Any, calls: Path, prod: PulumiStack) -> None:
    """Also of one whose name begins alike."""
    state.put_object(Bucket="state", Key=f"{locks(prod.project.package, 'prod-eu')}6d1e.json", Body=b"{}")
    plan.preview(prod)
    assert prod.plan.exists()


def test_a_state_that_cannot_be_read_ends_the_preview(
    state: Any, calls: Path, prod: PulumiStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For instance, the bucket does not exist."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://nowhere?region=eu-west-1")
    with pytest.raises(StepError, match=r"\bprod\b.*: NoSuchBucket") as ended:
        plan.preview(prod)
    assert ended.value.reason == "unknown-lock"


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
    said: str, role: str, action: str, calls: Path, prod: PulumiStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The role in AWS's message; without a role there, the step's."""
    plan.preview(prod)
    monkeypatch.setenv("ROLE_ARN", "arn:aws:iam::333344445555:role/prod-of-the-step")
    monkeypatch.setenv("STAND_IN_FAULT", f"error: {said}")
    with pytest.raises(StepError, match=rf"\b{role}\b.*\b{action}\b.*permissions deploy prod`") as ended:
        plan.deploy(prod)
    assert ended.value.reason == "denied"


def test_a_role_that_lacks_an_action_ends_the_preview_with_both_names(
    calls: Path, prod: PulumiStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the last line, after Pulumi's error."""
    action = "ValidateStateMachineDefinition"
    monkeypatch.setenv("STAND_IN_BAD_SETTING", SDK.format(action, USER.format(action).replace("deploy", "preview")))
    with pytest.raises(StepError) as ended:
        plan.preview(prod)
    assert re.search(rf"\bprod-preview\b.*\bstates:{action}\b.*`context permissions", str(ended.value).splitlines()[-1])
    assert ended.value.reason == "denied"


def test_a_step_without_its_variable_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """For instance a step that runs outside its project."""
    monkeypatch.delenv("ROLE_ARN", raising=False)
    with pytest.raises(StepError, match=r"^ROLE_ARN "):
        plan.variable("ROLE_ARN")


def test_a_step_works_on_the_stack_that_its_project_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the repository that it runs in."""
    monkeypatch.setenv("STACK", "prod")
    stack = plan.stack_of_step()
    assert (stack.name, stack.project) == ("prod", current())
    assert "\nconfig:" in stack.file.read_text()


def test_a_preview_of_a_strategy_that_takes_too_long_is_refused(prod: PulumiStack) -> None:
    """The setting is that of the stack's context."""
    name = prod.project.context.name
    prod.file.write_text(f"config:\n  {name}:rollout_strategy: Canary9Percent206Minutes\n")
    with pytest.raises(StepError, match=r"^Pulumi\.prod\.yaml: Canary9Percent206Minutes") as ended:
        plan.preview(prod)
    assert ended.value.reason == "slow-strategy"


@pytest.fixture
def shifting(aws: ShiftingStack, monkeypatch: pytest.MonkeyPatch) -> ShiftingStack:
    """A deployed stack one of whose functions is being shifted."""
    aws.publish("one")
    aws.begin("one", "1", "2")
    monkeypatch.setattr(plan, "_clients", aws.clients)
    monkeypatch.setenv("STAND_IN_OUTPUTS", json.dumps(aws.outputs))
    return aws


def test_a_deployment_during_a_shift_is_refused(calls: Path, prod: PulumiStack, shifting: ShiftingStack) -> None:
    """The error names the stack, the function, the commands and the pipeline's variable. Nothing is deployed."""
    plan.preview(prod)
    with pytest.raises(StepError, match=r"\bprod\b.*\(one .*rollout status prod`.*rollout back prod`.*DURING_SHIFT"):
        plan.deploy(prod)
    assert not any("up" in json.loads(call) for call in calls.read_text().splitlines())


@pytest.mark.parametrize(("reason", "deploys"), [("no", False), ("", False), ("ticket 4711", True)])
def test_a_reason_in_the_pipelines_variable_deploys_during_a_shift(
    reason: str, deploys: bool, calls: Path, prod: PulumiStack, shifting: ShiftingStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pulumi's history of the stack contains the reason."""
    monkeypatch.setenv("DURING_SHIFT", reason)
    plan.preview(prod)
    if not deploys:
        with pytest.raises(StepError) as ended:
            plan.deploy(prod)
        assert ended.value.reason == "shifting"
        return
    plan.deploy(prod)
    assert f"during a shift: {reason}" in calls.read_text()


def test_a_shift_that_cannot_be_read_ends_the_deployment(
    calls: Path, prod: PulumiStack, shifting: ShiftingStack
) -> None:
    """The error has the role and the policy that lack the permission."""
    plan.preview(prod)
    denied = error("ListDeployments", "AccessDeniedException", USER.format("x"))
    shifting.codedeploy.before["list_deployments"] = [denied, denied]
    with pytest.raises(StepError, match=r"\bprod-deploy\b.*`context permissions deploy") as ended:
        plan.deploy(prod)
    assert ended.value.reason == "unknown-shift"
