"""How a kept run is found again."""

import json
import os
import re
import shutil
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bounded_context.configuration.project import Project
from bounded_context.declaration.context import Context
from bounded_context.tools.command.errors import LocalRunError
from bounded_context.tools.local import endpoints, kept_page, kept_run
from bounded_context.tools.local.emulator import Emulator
from tests.event_schemas import REPOSITORY
from tests.pages.reading import exports, requests


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
    with kept_run.announced(repository, ours):
        told = json.loads(kept_run.place(repository).read_text())
        assert told["process"] == os.getpid()
    assert not kept_run.place(repository).exists()


def test_a_later_run_s_announcement_stays(repository: Project, ours: endpoints.Endpoints):
    """The earlier one ends, and does not take away what it did not write."""
    with kept_run.announced(repository, ours):
        kept_run.place(repository).write_text("of another run")
    assert kept_run.place(repository).read_text() == "of another run"


def test_without_a_kept_run_the_error_names_the_command_that_starts_one(repository: Project, ours: endpoints.Endpoints):
    """Also after a run that ended without removing its endpoints file."""
    with pytest.raises(LocalRunError, match=r"^No run\b.*`uv run .*--keep`"):
        kept_run.find(repository)
    with kept_run.announced(repository, ours), pytest.raises(LocalRunError, match=r"no answer at .*`uv run .*--keep`"):
        kept_run.find(repository)


def test_requests_to_copy_stand_beside_it_for_their_owner_alone(repository: Project, ours: endpoints.Endpoints):
    """With the run's address, keys and list, while it goes on; the document is where it always is."""
    there = replace(ours, outputs={"api": {"id": "a", "url": "http://127.0.0.1:1/a"}})
    documents = repository.root / "docs" / "api"
    documents.mkdir(parents=True)
    shutil.copy(REPOSITORY / "docs" / "api" / "openapi.json", documents)
    page = kept_page.place(repository)
    with kept_page.standing_page(repository, there.emulator, there.outputs, "list-7"):
        text = page.read_text(encoding="utf-8")
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert not page.exists()
    said = dict(re.findall(r"export (\w+)=(\S+)", exports(text)))
    keys = (there.emulator.access_key, there.emulator.secret_key)
    assert (said["API"], said["AWS_ACCESS_KEY_ID"], said["AWS_SECRET_ACCESS_KEY"]) == ("http://127.0.0.1:1/a", *keys)
    assert {one.query.get("list_id", "list-7") for one in requests(text)} == {"list-7"}
    [document] = re.findall(r'href="([^"#]+)"', text)
    assert (page.parent / document).resolve() == (documents / "openapi.json").resolve()


def test_without_an_api_there_are_no_requests_to_copy(repository: Project, ours: endpoints.Endpoints):
    """Nothing is announced that is not there."""
    with kept_page.standing_page(repository, ours.emulator, ours.outputs):
        assert not kept_page.place(repository).exists()
