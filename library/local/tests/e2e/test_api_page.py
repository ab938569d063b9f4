"""The page of the API of a kept run: its requests, copied into a shell one after the other, work."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bounded_context_cli.testing import browser
from bounded_context_local.run import execution
from bounded_context_local.running import start
from bounded_context_local.running.context import RunningContext, api_owner
from tests.pages.reading import commands, exports, requests

from .facts import CREATE, PROJECT, ROUTES, with_api

pytestmark = [pytest.mark.e2e, with_api]

SECONDS = 60


@pytest.fixture(scope="module")
def page(deployed: RunningContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The page, in a folder of its own: a run may be kept beside these tests."""
    ours = replace(PROJECT, root=tmp_path_factory.mktemp("kept"))
    shutil.copytree(PROJECT.root / "docs", ours.root / "docs")
    with execution.published_api_page(ours, deployed.emulator, deployed.outputs):
        yield start.api_page_file(ours)


def test_each_request_that_is_copied_works(deployed: RunningContext, page: Path, tmp_path: Path) -> None:
    """As it stands there, with nothing but the exports before it; curl prints the status and the answer."""
    if not shutil.which("curl"):
        pytest.skip("no curl is on the PATH: there is nothing to copy the requests into")
    text = page.read_text(encoding="utf-8")
    _forget(deployed, text)
    answers = {operation: _copied(exports(text), command, tmp_path) for operation, command in commands(text).items()}
    assert answers == {function: 201 if function == CREATE else 200 for function in ROUTES}


def _copied(before: str, command: str, folder: Path) -> int:
    """Run what was copied in a shell that knows nothing else, and return the status of the answer."""
    shell, bare = shutil.which("bash") or "sh", {"PATH": os.environ["PATH"]}
    result = subprocess.run(  # noqa: S603
        [shell, "-c", f"{before}\n{command}"],
        env=bare,
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    return int(re.findall(r"^HTTP/\S+ (\d+)", result.stdout, re.MULTILINE)[-1])


def _forget(deployed: RunningContext, page: str) -> None:
    """Delete what the requests are about, should another test have created it."""
    last = requests(page)[-1]
    api_owner(deployed).send(last.method, last.path)


def test_the_page_shows_them_in_a_browser(page: Path, tmp_path: Path) -> None:
    """Every request as whoever copies it sees it, on a phone as well and in the dark; and how to be authorised."""
    seen = browser.look(browser.found_or_skip(), page, tmp_path)
    text = page.read_text(encoding="utf-8")
    assert len(commands(text)) == len(ROUTES)
    for view in seen.shown:
        for command in (exports(text), *commands(text).values()):
            assert command in view.text
        assert "execute-api:Invoke" in view.text
    assert seen.flaws() == []
