"""How a kept run is found again."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bounded_context.context import Context
from bounded_context.local import endpoints, kept
from bounded_context.local.emulator import Emulator
from bounded_context.local.errors import LocalRunError
from bounded_context.project import Project


@pytest.fixture
def repository(project: Project, tmp_path: Path) -> Project:
    """A repository in which nothing is built yet."""
    return replace(project, root=tmp_path)


@pytest.fixture
def ours(context: Context[Any], tmp_path: Path) -> endpoints.Endpoints:
    """Where a run can be reached that has ended."""
    return endpoints.of(context, Emulator(1, 2, 3, 4, "eu-west-1", tmp_path), {"functions": {}})


def test_a_run_is_announced_while_it_goes_on(repository: Project, ours: endpoints.Endpoints):
    """With its process, and afterwards nothing is left of it."""
    with kept.announced(repository, ours):
        told = json.loads(kept.place(repository).read_text())
        assert told["process"] == os.getpid()
    assert not kept.place(repository).exists()


def test_a_later_run_s_announcement_stays(repository: Project, ours: endpoints.Endpoints):
    """The earlier one ends, and does not take away what it did not write."""
    with kept.announced(repository, ours):
        kept.place(repository).write_text("of another run")
    assert kept.place(repository).read_text() == "of another run"


def test_where_no_run_is_kept_the_command_to_start_one_is_named(repository: Project, ours: endpoints.Endpoints):
    """Also where one ended without a word."""
    with pytest.raises(LocalRunError, match="No run is kept here: start one with `uv run just run --keep`"):
        kept.find(repository)
    with kept.announced(repository, ours), pytest.raises(LocalRunError, match=r"nobody answers.*: start one with"):
        kept.find(repository)
