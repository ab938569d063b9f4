"""The model of production of the default context, with default settings."""

import pytest

from bounded_context_cli.programs.recording import Program
from bounded_context_cli.programs.stack_settings import settings_of
from bounded_context_infra.configuration.project import current
from bounded_context_lab.capacity.model import Model
from tests.infra.graph import CONTEXT, run


@pytest.fixture(autouse=True)
def recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Record each stack's program once."""
    monkeypatch.setattr(Program, "graph", lambda _, stack: run(stack))


@pytest.fixture(scope="session")
def prod() -> Model:
    return Model(CONTEXT, settings_of(current(), "prod"), run("prod"), "eu-west-1")
