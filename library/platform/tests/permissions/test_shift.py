"""What shifts traffic has the permissions that it uses, and one that is missing is named."""

import json

import pytest
from botocore.exceptions import ClientError

from bounded_context_cli.command.operation import Access
from bounded_context_operations.release import steps
from bounded_context_operations.release.rollout import prune
from bounded_context_platform.permissions.grants import ROLES
from tests.console import context
from tests.rollout.conftest import Stack

from .watched import ROLE, live_through_all, refusal, watch

ACTIONS = {action for grant in ROLES["shift"] for action in (*grant.read, *grant.write)}

BESIDE = {
    # CodeDeploy asks for these with each deployment (user guide, "CodeDeploy permissions reference").
    *("codedeploy:GetApplicationRevision", "codedeploy:GetDeploymentConfig", "codedeploy:RegisterApplicationRevision"),
    "codedeploy:UpdateDeploymentGroup",
    # The smoke check's, which is no rollout.
    "lambda:InvokeFunction",
    # One by one, where CodeDeploy takes not all of a batch.
    "codedeploy:GetDeployment",
    # DynamoDB's, with the record of a repair.
    "kms:Decrypt",
}
"""Actions that no call of these rollouts is named after."""

CALLED = sorted(ACTIONS - BESIDE)


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Old versions are deleted after few releases."""
    monkeypatch.setattr(prune, "KEPT", 1)


def test_a_rollout_calls_exactly_the_actions_of_its_role(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Conflicts, alarms, releases that ignore them, the way back, and the question where everything is."""
    actions = watch(stack, monkeypatch)
    live_through_all(stack)
    assert actions == set(CALLED)


@pytest.mark.parametrize("action", CALLED)
def test_a_role_that_lacks_one_action_gets_an_error_that_names_both(
    action: str, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever in the rollout it is."""
    watch(stack, monkeypatch, lacking=action)
    assert f"the role {ROLE} may not {action}" in live_through_all(stack)


FIGURES = {action for grant in ROLES["releases"] for action in (*grant.read, *grant.write)}


def _figures(stack: Stack) -> None:
    stack.outputs_file.write_text(json.dumps(stack.outputs), encoding="utf-8")
    context("releases", "test", "--outputs", str(stack.outputs_file), access=Access(stack.clients, stack.clock))


def test_the_figures_of_releases_are_read_by_a_role_that_changes_nothing(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It calls exactly its actions, all of which `shift` has, too."""
    stack.publish("one")
    stack.say("start")
    actions = watch(stack, monkeypatch)
    _figures(stack)
    assert actions == FIGURES - BESIDE
    assert FIGURES < ACTIONS
    assert not any(grant.write for grant in ROLES["releases"])


@pytest.mark.parametrize("action", sorted(FIGURES - BESIDE))
def test_figures_without_a_permission_name_it(
    action: str, stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the policy that contains it."""
    stack.publish("one")
    stack.say("start")
    watch(stack, monkeypatch, lacking=action)
    _figures(stack)
    said = " ".join(capsys.readouterr().err.split())
    assert f"the role {ROLE} may not {action}: `context permissions releases <stack>` prints what it needs" in said


def test_a_smoke_check_without_permission_to_invoke_is_reported() -> None:
    """For each function, in its report."""

    def invoke(arn: str) -> dict[str, str]:
        raise ClientError(
            {"Error": {"Code": "AccessDeniedException", "Message": refusal("lambda:InvokeFunction")}}, "Invoke"
        )

    [case] = steps.check({"one": "arn"}, invoke)
    assert f"the role {ROLE} may not lambda:InvokeFunction" in str(case.failure)
