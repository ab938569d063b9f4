"""A repository is small enough to be owned."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from bounded_context_cli.optional.files import OWNED
from conftest import sources

from template.bake import bake, files
from template.catalog import NAME
from template.names import REPOSITORY
from template.upkeep.owners import is_generated, is_record

MEASURED: dict[str, Any] = runpy.run_path(str(REPOSITORY / "benchmarks" / "sizes.py"))


MOST_FILES, MOST_LINES = 40, 750
DIAGRAM = re.compile(r"^```mermaid\n.*?^```\n", re.MULTILINE | re.DOTALL)


def written(project: Path) -> dict[str, int]:
    """The lines of each file that no command writes and compares with the code, the bake or the library."""
    names = (name for name in sources(project) if not is_generated(name) and not is_record(name) and name != NAME)
    contents = {name: (project / name).read_text(encoding="utf-8") for name in names}
    own = {name: DIAGRAM.sub("", text) for name, text in contents.items() if not text.startswith(OWNED)}
    return {name: len(text.splitlines()) for name, text in own.items()}


def test_a_repository_is_small_enough_to_read(payment: Path) -> None:
    """Few files, and at most 750 lines that no command generates."""
    lines = written(payment)
    assert len([*sources(payment)]) <= MOST_FILES
    assert sum(lines.values()) <= MOST_LINES, lines


def test_few_files_are_the_same_in_every_context() -> None:
    """A team reads lines about its context. The library's seven wheels are the same everywhere."""
    assert MEASURED["measure"]().same <= 11


@pytest.mark.parametrize(("answers", "most"), [({}, 42), ({"pull_requests": "none"}, 39)], ids=["with", "without"])
def test_a_context_without_lists_is_smaller(answers: dict[str, str], most: int, tmp_path: Path) -> None:
    """With the workflows of pull requests or without them; the library's seven wheels are files, too."""
    assert len(list(files(bake(tmp_path, {**answers, "lists": "none"}), ()))) <= most
