"""A sandbox in Pulumi's own engine: what the command asks of the CLI is what the CLI does."""

import json
from pathlib import Path
from typing import Any

import pytest

from bounded_context.configuration.project import Project, current
from bounded_context.tools.accounts.temporary_stacks import sandbox as command
from bounded_context.tools.accounts.temporary_stacks import stack
from bounded_context.tools.accounts.temporary_stacks.services import Services
from bounded_context.tools.accounts.temporary_stacks.stack import TemporaryStack
from tests.console import context

from .conftest import Engine, empty

pytestmark = pytest.mark.e2e

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """One that has deployed nothing."""
    return empty(tmp_path / "engine")


@pytest.fixture
def clone(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The repository, and a login to the engine's state; nothing is packaged, and no traffic is shifted."""
    for name, value in engine.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Services, "person", lambda _: "anna")
    monkeypatch.setattr(TemporaryStack, "shift_all", lambda *_: None)
    monkeypatch.setattr(stack, "build_lambda", lambda _: None)
    for variable in ("GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    project = Project(engine.folder, current().settings)
    monkeypatch.setattr(command, "repository", lambda: project)
    return project


def test_a_sandbox_is_made_shown_and_destroyed_from_another_clone(
    clone: Project, engine: Engine, capsys: Capture
) -> None:
    """There is nothing of it in that clone, neither its settings nor the key of its secrets."""
    assert context("sandbox", "up", "anna", "--hours", "1") == 0, capsys.readouterr().err
    made: Any = json.loads(engine.do("stack", "export", stack="sandbox-anna"))["deployment"]["resources"]
    tags = [one["inputs"]["tags"] for one in made if "tags" in one.get("inputs", {})]
    assert len(tags) > 50
    assert {one["owner"] for one in tags} == {"anna"}
    capsys.readouterr()
    assert context("sandbox", "list", "--json") == 0
    [told] = json.loads(capsys.readouterr().out)["stacks"]
    assert (told["stack"], told["owner"], told["expired"]) == ("sandbox-anna", "anna", False)
    assert {one["expires"] for one in tags} == {told["expires"]}
    (clone.service / "Pulumi.sandbox-anna.yaml").unlink()
    assert context("sandbox", "down", "anna") == 0, capsys.readouterr().err
    assert "sandbox-anna" not in engine.do("stack", "ls", "--json", stack=None)
