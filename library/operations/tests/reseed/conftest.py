"""The command over a stack in memory."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.command.operation import Access
from bounded_context_infra.configuration.project import Project
from bounded_context_operations.repair import reseed as command
from tests.console import context
from tests.reseed.world import OUTPUTS, World

Reseeding = Callable[..., "Ran"]


@dataclass(frozen=True)
class Ran:
    """The exit status of a run, and its report."""

    status: int
    report: dict[str, Any]


@pytest.fixture
def world() -> World:
    """An empty stack."""
    return World()


@pytest.fixture
def reseed(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command with `--json`; progress is in a folder of the test."""
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps(OUTPUTS))
    monkeypatch.setattr(Project, "build", property(lambda _: tmp_path))
    monkeypatch.setattr(command, "interrupt_once", lambda: None)

    def run(*arguments: str, to: str = "bi") -> Ran:
        capsys.readouterr()
        access = Access(lambda _: lambda service, **_: world.services[service], world.clock)
        line = ["reseed", "test", "--to", to, *arguments, "--outputs", str(outputs), "--json"]
        status = context(*line, access=access)
        return Ran(status, json.loads(capsys.readouterr().out))

    return run
