"""Discovery of a kept run, and its API page."""

import json
import os
import re
import shutil
import stat
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bounded_context.declaration.context import Context
from bounded_context_cli.command.output import LocalRunError
from bounded_context_infra.configuration.project import Project
from bounded_context_local.emulator import process
from bounded_context_local.emulator.process import Emulator
from bounded_context_local.run import execution
from bounded_context_local.running import start
from tests.event_schemas import REPOSITORY
from tests.pages.reading import exports, requests


@pytest.fixture
def repository(project: Project, tmp_path: Path) -> Project:
    """A repository in which nothing is built yet."""
    return replace(project, root=tmp_path)


@pytest.fixture
def ours(context: Context[Any], tmp_path: Path) -> process.Endpoints:
    """Where a run can be reached that has ended."""
    return process.endpoints_of(context, Emulator(1, 2, "eu-west-1", tmp_path), {"functions": {}})


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each emulator answers."""
    monkeypatch.setattr(process, "is_ready", lambda _: True)


def _files(repository: Project) -> list[Path]:
    return sorted(repository.build.glob("kept-run*"))


def test_a_kept_run_is_published_until_it_ends(repository: Project, ours: process.Endpoints):
    """The file names the process, and is deleted at the end."""
    with start.published(repository, ours):
        [file] = _files(repository)
        assert json.loads(file.read_text())["process"] == os.getpid()
    assert _files(repository) == []


@pytest.mark.usefixtures("answering")
@pytest.mark.parametrize("ends_first", [0, 1])
def test_after_the_end_of_one_of_two_runs_commands_find_the_other(
    repository: Project, ours: process.Endpoints, ends_first: int
):
    """While both run, commands find the later."""
    other = replace(ours, emulator=replace(ours.emulator, port=7))
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(start.published(repository, ours))
        [earlier] = _files(repository)
        os.utime(earlier, (0, 0))
        second.enter_context(start.published(repository, other))
        assert start.find(repository) == other
        (first, second)[ends_first].close()
        assert start.find(repository) == (other, ours)[ends_first]
    assert _files(repository) == []


@pytest.mark.usefixtures("answering")
def test_a_killed_run_is_not_reused(repository: Project, ours: process.Endpoints):
    """Another program may have its port meanwhile. Its file, which names a process that does not exist, is deleted."""
    with start.published(repository, ours):
        [file] = _files(repository)
        file.rename(file.with_name(f"kept-run-{2**22 + 1}-1.json"))
        with pytest.raises(LocalRunError, match=r"^No run\b"):
            start.find(repository)
        assert _files(repository) == []


def test_without_a_kept_run_the_error_names_the_command_that_starts_one(repository: Project, ours: process.Endpoints):
    """Also after a run that ended without removing its endpoints file."""
    with pytest.raises(LocalRunError, match=r"^No run\b.*`uv run .*--keep`"):
        start.find(repository)
    with start.published(repository, ours), pytest.raises(LocalRunError, match=r"no answer at .*`uv run .*--keep`"):
        start.find(repository)


def test_a_kept_run_ends_with_its_emulator(ours: process.Endpoints, monkeypatch: pytest.MonkeyPatch):
    """Also in a context without lists, whose run polls no folder."""
    monkeypatch.setattr(execution, "UNREADY_SECONDS", 0)
    with pytest.raises(LocalRunError):
        execution.wait_for_end(ours.emulator)


def test_only_the_owner_can_read_the_api_page(repository: Project, ours: process.Endpoints):
    """The page has the run's address, keys and list. The run deletes it at its end."""
    with_api = replace(ours, outputs={"api": {"id": "a", "url": "http://127.0.0.1:1/a"}})
    documents = repository.root / "docs" / "api"
    documents.mkdir(parents=True)
    shutil.copy(REPOSITORY / "docs" / "api" / "openapi.json", documents)
    page = start.api_page_file(repository)
    with execution.published_api_page(repository, with_api.emulator, with_api.outputs, "list-7"):
        text = page.read_text(encoding="utf-8")
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert not page.exists()
    exported = dict(re.findall(r"export (\w+)=(\S+)", exports(text)))
    keys = (with_api.emulator.access_key, with_api.emulator.secret_key)
    assert (exported["API"], exported["AWS_ACCESS_KEY_ID"], exported["AWS_SECRET_ACCESS_KEY"]) == (
        "http://127.0.0.1:1/a",
        *keys,
    )
    assert {request.query.get("list_id", "list-7") for request in requests(text)} == {"list-7"}
    [document] = re.findall(r'href="([^"#]+)"', text)
    assert (page.parent / document).resolve() == (documents / "openapi.json").resolve()


def test_a_run_without_an_api_has_no_api_page(repository: Project, ours: process.Endpoints):
    with execution.published_api_page(repository, ours.emulator, ours.outputs):
        assert not start.api_page_file(repository).exists()
