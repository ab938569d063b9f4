"""The stacks of the default context."""

import pytest

from bounded_context_cli.programs.recording import Graph
from tests.handlers.conftest import context, settings
from tests.infra.graph import run

__all__ = ["context", "settings"]


@pytest.fixture(scope="session")
def dev() -> Graph:
    """Dev, as its file says."""
    return run("dev")
