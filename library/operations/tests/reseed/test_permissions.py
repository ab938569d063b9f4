"""A person who reseeds has exactly the necessary permissions. A missing action is named with the document."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bounded_context_platform.permissions.grants import ROLES
from tests.console import context
from tests.permissions.watched import ROLE, Watched
from tests.reseed.conftest import Reseeding
from tests.reseed.world import World

WITH_OTHERS = {"kms:Decrypt", "kms:GenerateDataKey"}
"""Actions that DynamoDB and SQS call."""

CALLED = sorted({action for grant in ROLES["reseed"] for action in (*grant.read, *grant.write)} - WITH_OTHERS)


@pytest.fixture
def watched(world: World, reseed: Reseeding) -> Callable[[str | None], tuple[set[str], list[Any]]]:
    """Reseed, without one action if it is named; return the called actions and the reports."""
    for number in range(1, 4):
        world.create(number)
    world.delete(1)

    def run(lacking: str | None = None) -> tuple[set[str], list[Any]]:
        actions: set[str] = set()
        services = {name: Watched(client, name, actions, lacking) for name, client in world.services.items()}
        world.services.update(services)
        return actions, [*(reseed(*arguments) for arguments in ((), ("--go",))), reseed("--go", to="archive")]

    return run


def test_a_reseed_calls_exactly_the_actions_of_its_policy(watched: Any) -> None:
    """The plan and the run."""
    actions, [_, *ran] = watched()
    assert (actions, [each.report["result"] for each in ran]) == (set(CALLED), ["done", "done"])


@pytest.mark.parametrize("action", CALLED)
def test_a_missing_action_is_reported_with_the_role_and_the_document(action: str, watched: Any) -> None:
    """No event is sent."""
    _, [_, queue, archive] = watched(action)
    ran = archive if action.startswith("firehose:") else queue
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert f"the role {ROLE} may not {action}: `context permissions reseed <stack>`" in ran.report["why"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["test"], "--to"),
        (["test", "--to", "bi", "--since", "2h"], "'2h' is not a time: write date, time and time zone"),
        (["test", "--to", "bi", "--since", "2026-11-28T09:30"], "is not a time"),
        (["test", "--to", "bi", "--rate", "0"], "'0' is not a number of events: write a number from 1, such as 100"),
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence has the remedy."""
    assert context("reseed", *arguments) == 2
    assert sentence in capsys.readouterr().err


def test_outputs_of_another_stack_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also outputs of a stack that is not complete."""
    file = tmp_path / "outputs.json"
    for text in ('{"release": {"application": "payment-prod"}}', '{"release": {"application": "payment-test"}}', "{}"):
        file.write_text(text)
        assert context("reseed", "test", "--to", "bi", "--outputs", str(file)) == 2
        assert "Traceback" not in capsys.readouterr().err
