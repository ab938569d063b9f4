"""A pull request's own stack: made for its author, and destroyed whoever asks."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bounded_context_platform.temporary_stacks import pull_request as command
from tests.console import context
from tests.smoke_account.conftest import Cli, Place

Capture = pytest.CaptureFixture[str]
OUTPUTS = {"functions": {"list_payments": "arn"}}

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture(autouse=True)
def request_12(place: Place, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pull request 12, of a robot; nothing is packaged."""
    monkeypatch.setattr(command, "repository", lambda: place.project)
    monkeypatch.setenv("PULL_REQUEST", "12")
    monkeypatch.setenv("OWNER", "dependabot[bot]")
    cli.outputs(OUTPUTS)


def test_the_stack_is_created_for_its_author_and_prints_its_outputs(place: Place, cli: Cli, capsys: Capture) -> None:
    """For the steps that shift and try it; and for three days."""
    assert context("pull-request", "up") == 0
    tags = cli.tags("pr-12")
    assert tags["owner"] == "dependabot-bot"
    remaining = datetime.fromisoformat(tags["expires"]) - datetime.now(UTC)
    assert timedelta(hours=71) < remaining <= timedelta(hours=72)
    assert json.loads((place.project.root / "outputs.json").read_text()) == OUTPUTS
    assert capsys.readouterr().out.startswith("pr-12 is there until ")


def test_the_next_push_deploys_to_the_same(place: Place, cli: Cli) -> None:
    """From a clone that knows nothing of the first."""
    assert context("pull-request", "up") == 0
    (place.project.service / "Pulumi.pr-12.yaml").unlink()
    assert context("pull-request", "up") == 0
    assert (cli.calls.count("stack init"), cli.calls.count("up --yes")) == (1, 2)


def test_the_stack_is_destroyed_from_a_fresh_clone(place: Place, cli: Cli) -> None:
    """And if it is gone already, that is well."""
    cli.has("dev", "prod", "pr-12")
    assert (context("pull-request", "down"), context("pull-request", "down")) == (0, 0)
    assert cli.stacks == ["dev", "prod"]
    assert cli.calls.count("destroy --yes") == 1


def test_a_stack_that_remains_fails_the_job(cli: Cli, capsys: Capture) -> None:
    """With the commands that take it away."""
    cli.has("dev", "pr-12")
    cli.fails("destroy", "error: BucketNotEmpty\n")
    assert context("pull-request", "down") == 1
    assert "Remove it with `pulumi destroy --yes" in capsys.readouterr().err


def test_an_invalid_number_reaches_no_stack(cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """It comes of an event, and would be part of a command."""
    monkeypatch.setenv("PULL_REQUEST", "12-x")
    assert context("pull-request", "down") == 2
    assert "'12-x' " in capsys.readouterr().err
    assert cli.calls == []
