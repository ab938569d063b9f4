"""The answers and lists of ``examples/`` are what ``examples/README.md`` says."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import sources

from template.bake import bake
from template.names import REPOSITORY
from template.processes import environment

EXAMPLES = REPOSITORY / "examples"
ANSWERS = sorted((EXAMPLES / "answers").glob("*.yaml"))
SAID = dict(re.findall(r"^\| `(.+\.csv)` \| (imported|rejected)", (EXAMPLES / "README.md").read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.stem)
def test_answers_bake_a_context_that_knows_nothing_of_payment(path: Path, tmp_path: Path) -> None:
    """No name of the default answers is left, in no file's name and in no text, but where an answer says it."""
    answers = yaml.safe_load(path.read_text())["default_context"]
    project = bake(tmp_path, answers)
    assert project.name == answers["context_name"]
    if "payment" not in str(answers):
        for name in sources(project):
            assert "payment" not in (name + (project / name).read_text()).lower(), name


def test_the_page_names_every_list() -> None:
    """A list without a word on what becomes of it teaches nothing."""
    assert set(SAID) == {path.name for path in (EXAMPLES / "lists").iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize("name", SAID)
def test_lists_end_as_the_page_says(name: str) -> None:
    """Each goes through the whole context."""
    command = [
        "uv",
        "run",
        "--quiet",
        "python",
        "-m",
        "bounded_context.local",
        "--json",
        "--file",
        str(EXAMPLES / "lists" / name),
    ]
    done = subprocess.run(
        command, cwd=EXAMPLES / "payment", env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == SAID[name].upper()
