"""Whoever restores has the permissions that it takes; one that is missing is named, with the document that has it."""

from typing import Any

import pytest

from bounded_context_platform.permissions.grants import ROLES
from tests.permissions.watched import ROLE, Watched, tried

from .test_restore import damaged
from .world import World

BESIDE = {"dynamodb:Query", "dynamodb:BatchWriteItem", "dynamodb:UpdateItem"}
"""Asked for by DynamoDB with a restore; so are all of KMS."""

CALLED = {action for grant in ROLES["restore"] for action in (*grant.read, *grant.write)} - BESIDE
CALLED = {action for action in CALLED if not action.startswith("kms:")}


def _watch(world: World, actions: set[str], lacking: str | None = None) -> None:
    world.watched = lambda service, client: Watched(client, service, actions, lacking)


def test_a_restore_calls_exactly_the_actions_of_its_policy(world: World) -> None:
    """From the copy to its deletion."""
    at, actions = damaged(world), set[str]()
    _watch(world, actions)
    world.restore(at)
    assert world.restore(at, "--go")[0] == 0
    assert actions == CALLED


@pytest.mark.parametrize("action", tried(CALLED))
def test_a_missing_action_is_reported_with_the_role_and_the_document(action: str, world: World) -> None:
    """Whether it is missed before the pause, or in the end."""
    at, reports = damaged(world), list[Any]()
    _watch(world, set(), action)
    for arguments in ((), ("--go",)):
        reports.append(world.restore(at, *arguments))
        if reports[0][0]:
            break
    said = str(reports[-1])
    assert f"the role {ROLE} may not {action}: `context permissions restore <stack>`" in said
