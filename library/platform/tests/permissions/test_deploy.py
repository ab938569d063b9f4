"""The role of a deployment has the permissions of the check that no traffic is being shifted."""

import pytest
from botocore.exceptions import ClientError

from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_cli.command.operation import Access
from bounded_context_operations.release.rollout.survey import refuse_shift
from bounded_context_platform.permissions.grants import ROLES
from bounded_context_platform.permissions.policies import PIPELINE_ROLES, policy
from tests.infra.graph import run
from tests.rollout.conftest import Stack

from .test_documents import WHERE, actions
from .watched import watch

ACTIONS = {action for grant in ROLES["deploy"] for action in (*grant.read, *grant.write)}


def _checked(stack: Stack) -> None:
    stack.publish("one")
    stack.begin("one", "1", "2")
    refuse_shift("test", stack.outputs, Access(stack.clients), "")


def test_the_check_calls_exactly_the_actions_of_its_role(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = watch(stack, monkeypatch)
    with pytest.raises(Refusal):
        _checked(stack)
    assert calls == ACTIONS


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_the_check_without_one_permission_fails(action: str, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    watch(stack, monkeypatch, lacking=action)
    with pytest.raises(ClientError, match=action):
        _checked(stack)


@pytest.mark.parametrize("role", PIPELINE_ROLES)
def test_only_the_deployment_and_the_shift_read_deployments(role: str) -> None:
    """A preview runs before the approval, and needs no deployments."""
    assert (actions(policy(role, WHERE, run("prod"), {})) >= ACTIONS) == (role != "preview")
