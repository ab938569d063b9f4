"""The answers and lists of ``examples/`` are what ``examples/README.md`` says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from bounded_context.local.running import RunningContext
from bounded_context.local.start import running_context
from bounded_context.project import VARIABLE, current
from conftest import sources

from template.bake import bake
from template.names import REPOSITORY

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


@pytest.fixture(scope="module")
def payment_runs() -> Iterator[RunningContext]:
    """The example's context on the embedded AWS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(EXAMPLES / "payment"))
        with running_context(current()) as running:
            yield running


@pytest.mark.e2e
@pytest.mark.parametrize("name", SAID)
def test_lists_end_as_the_page_says(name: str, payment_runs: RunningContext) -> None:
    """Each goes through the whole context; its payments get names of their own, since the lists name the same ones."""
    path = EXAMPLES / "lists" / name
    content = path.read_bytes().replace(b"pay-", f"{path.stem}-".encode())
    payment_runs.table.know_references(payment_runs.samples.references_of(content))
    ended = payment_runs.follow(payment_runs.partner.upload(name, content))
    assert ended.outcome == SAID[name].upper()
