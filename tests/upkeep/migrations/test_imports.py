"""Imports of moved modules, with the comments and the formatting of the team."""

from __future__ import annotations

from pathlib import Path

import pytest

from template.upkeep.errors import CannotTell
from template.upkeep.migrations.v0_4_0 import imports

from .repository import applied, read, written


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from bounded_context.pipeline import Delivery\n", "from bounded_context.infra.pipeline import Delivery\n"),
        ("from bounded_context import policies\n", "from bounded_context.tools import policies\n"),
        ("from bounded_context import pipeline as p\n", "from bounded_context.infra import pipeline as p\n"),
        (
            "from bounded_context.infra.components._queue import work_queue  # ours\n",
            "from bounded_context.infra.parts.queues import work_queue  # ours\n",
        ),
        (
            "from bounded_context.infra import (\n    Stack,  # ours\n    watch_letters,\n)\n",
            "from bounded_context.infra import (\n    Stack,  # ours\n    alarm_on_dead_letters as watch_letters,\n)\n",
        ),
        ("from bounded_context.infra.stack import Stack\n", "from bounded_context.infra.stack.stack import Stack\n"),
        (
            "# why\nfrom bounded_context import Context, graph, policies\nx = 1\n",
            "# why\nfrom bounded_context import Context\nfrom bounded_context.tools.programs import graph\n"
            "from bounded_context.tools import policies\nx = 1\n",
        ),
        (
            "import bounded_context.pipeline\n\nx = bounded_context.pipeline.Delivery\n",
            "import bounded_context.infra.pipeline\n\nx = bounded_context.infra.pipeline.Delivery\n",
        ),
        ("import bounded_context.measures as m\n", "import bounded_context.declaration.measures as m\n"),
        ("patch('bounded_context.rollout.run')\n", "patch('bounded_context.tools.release.rollout.run')\n"),
        (
            "def f():\r\n    from bounded_context.context import Context\r\n",
            "def f():\r\n    from bounded_context.declaration.context import Context\r\n",
        ),
    ],
)
def test_an_import_follows_its_module(tmp_path: Path, before: str, after: str) -> None:
    """Statements, names with dots, and strings with such names."""
    assert applied("imports", tmp_path, {"a.py": before}) == ({"a.py": after}, [])


@pytest.mark.parametrize(
    "content",
    [
        "from bounded_context.infra import Stack, Table\n",
        "from bounded_context.testing.graph import run\n",
        "from bounded_context.handlers import command_handler\n",
        'TEXT = "bounded_context.pipeline is a module"\n',
        "from .pipeline import x\nfrom other.pipeline import bounded_context\n",
    ],
)
def test_other_imports_stay(tmp_path: Path, content: str) -> None:
    """Public names that did not move, sentences, and modules of the team."""
    assert applied("imports", tmp_path, {"a.py": content})[0] == {"a.py": content}


def test_an_import_contract_follows_its_modules(tmp_path: Path) -> None:
    """The settings of import-linter name modules of the library."""
    before = 'forbidden_modules = ["bounded_context.pipeline", "boto3"]  # ours\n'
    after = 'forbidden_modules = ["bounded_context.infra.pipeline", "boto3"]  # ours\n'
    assert applied("imports", tmp_path, {"pyproject.toml": before})[0] == {"pyproject.toml": after}


def test_a_file_that_is_not_python_is_an_error_with_its_name(tmp_path: Path) -> None:
    """And no file is changed."""
    files = {"b/broken.py": "from bounded_context.pipeline import (\n"}
    folder = written(tmp_path / "team", files)
    with pytest.raises(CannotTell, match=r"^b/broken\.py: it cannot be parsed \(line \d+: .*\): correct and commit it"):
        list(imports.apply(folder, folder))
    assert read(folder) == files
