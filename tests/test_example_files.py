"""The answers of ``examples/`` give contexts of their own."""

from pathlib import Path

import pytest
import yaml
from conftest import sources

from template.bake import bake
from template.names import REPOSITORY

EXAMPLES = REPOSITORY / "examples"
ANSWERS = sorted((EXAMPLES / "answers").glob("*.yaml"))


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.stem)
def test_answers_bake_a_context_without_names_of_payment(path: Path, tmp_path: Path) -> None:
    """No name of the default answers is left, in no file's name and in no text, but where an answer says it."""
    answers = yaml.safe_load(path.read_text())["default_context"]
    project = bake(tmp_path, answers)
    assert project.name == answers["context_name"]
    if "payment" not in str(answers):
        for name in sources(project):
            assert "payment" not in (name + (project / name).read_text()).lower(), name
