"""Discovery of a kept run, and its API page."""

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
from bounded_context.tools.local.emulator import endpoints
from bounded_context.tools.local.emulator.process import Emulator
from bounded_context.tools.local.run import keep
from bounded_context.tools.local.running import kept_run
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


def test_a_kept_run_is_published_until_it_ends(repository: Project, ours: endpoints.Endpoints):
    """The file names the process, and is deleted at the end."""
    with kept_run.published(repository, ours):
        published = json.loads(kept_run.endpoints_file(repository).read_text())
        assert published["process"] == os.getpid()
    assert not kept_run.endpoints_file(repository).exists()


def test_a_run_deletes_no_endpoints_file_of_a_later_run(repository: Project, ours: endpoints.Endpoints):
    """Two runs of a repository use the same file."""
    with kept_run.published(repository, ours):
        kept_run.endpoints_file(repository).write_text("of another run")
    assert kept_run.endpoints_file(repository).read_text() == "of another run"


def test_without_a_kept_run_the_error_names_the_command_that_starts_one(repository: Project, ours: endpoints.Endpoints):
    """Also after a run that ended without removing its endpoints file."""
    with pytest.raises(LocalRunError, match=r"^No run\b.*`uv run .*--keep`"):
        kept_run.find(repository)
    with kept_run.published(repository, ours), pytest.raises(LocalRunError, match=r"no answer at .*`uv run .*--keep`"):
        kept_run.find(repository)


def test_only_the_owner_can_read_the_api_page(repository: Project, ours: endpoints.Endpoints):
    """The page has the run's address, keys and list. The run deletes it at its end."""
    with_api = replace(ours, outputs={"api": {"id": "a", "url": "http://127.0.0.1:1/a"}})
    documents = repository.root / "docs" / "api"
    documents.mkdir(parents=True)
    shutil.copy(REPOSITORY / "docs" / "api" / "openapi.json", documents)
    page = kept_run.api_page_file(repository)
    with keep.published_api_page(repository, with_api.emulator, with_api.outputs, "list-7"):
        text = page.read_text(encoding="utf-8")
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert not page.exists()
    exported = dict(re.findall(r"export (\w+)=(\S+)", exports(text)))
    keys = (with_api.emulator.access_key, with_api.emulator.secret_key)
    assert (exported["API"], exported["AWS_ACCESS_KEY_ID"], exported["AWS_SECRET_ACCESS_KEY"]) == (
        "http://127.0.0.1:1/a",
        *keys,
    )
    assert {one.query.get("list_id", "list-7") for one in requests(text)} == {"list-7"}
    [document] = re.findall(r'href="([^"#]+)"', text)
    assert (page.parent / document).resolve() == (documents / "openapi.json").resolve()


def test_a_run_without_an_api_has_no_api_page(repository: Project, ours: endpoints.Endpoints):
    with keep.published_api_page(repository, ours.emulator, ours.outputs):
        assert not kept_run.api_page_file(repository).exists()
