"""The justfile: the template's recipes leave it, and nothing that the team wrote is lost."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from .repository import applied

JUSTFILE = """# Lists what there is
set positional-arguments

# Style
lint:
    uv run ruff check .
    uv run ruff format --check .

# Build
package:
    uv run python -m bounded_context.package

deploy stack: package
    pulumi up --stack {{stack}}
"""
SEED = "\n# Fill a stack\nseed stack: deploy\n    echo {{stack}}\n\n    echo done\n"


def test_the_templates_justfile_is_removed(tmp_path: Path) -> None:
    """Without any note."""
    assert applied("recipes", tmp_path, {"justfile": JUSTFILE}, {"justfile": JUSTFILE}) == ({}, [])


def test_a_repository_without_a_justfile_stays(tmp_path: Path) -> None:
    """Its team removed the file."""
    assert applied("recipes", tmp_path, {"README.md": "ours\n"}, {"justfile": JUSTFILE}) == (
        {"README.md": "ours\n"},
        [],
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_own_recipes_remain_with_the_recipes_that_they_need(tmp_path: Path, end: str) -> None:
    """Also the recipes that those need; the note names the team's recipe."""
    own = (JUSTFILE + SEED).replace("\n", end)
    files, notes = applied("recipes", tmp_path, {"justfile": own}, {"justfile": JUSTFILE})
    left = files["justfile"]
    assert [left.count(name) for name in ("seed stack:", "deploy stack:", "package:", "lint:")] == [1, 1, 1, 0]
    assert f"echo {{{{stack}}}}{end}{end}    echo done{end}" in left
    assert left.count("\r") == (left.count("\n") if end == "\r\n" else 0)
    assert [note.partition(" remain")[0] for note in notes] == ["justfile: your recipes seed"]


def test_a_changed_check_moves_to_the_settings(tmp_path: Path) -> None:
    """With its other commands, and beside the settings that are there."""
    changed = JUSTFILE.replace("--check .\n", "--check .\n    uv run python spelling.py\n")
    settings = '# ours\n[tool.bounded-context]\ncopyleft = ["x"]\n\n[tool.other]\na = 1\n'
    files, notes = applied(
        "recipes", tmp_path, {"justfile": changed, "pyproject.toml": settings}, {"justfile": JUSTFILE}
    )
    assert set(files) == {"pyproject.toml"}
    tables = tomllib.loads(files["pyproject.toml"])["tool"]
    command = "ruff check . && ruff format --check . && python spelling.py"
    assert tables == {"bounded-context": {"copyleft": ["x"], "check": {"lint": command}}, "other": {"a": 1}}
    assert (files["pyproject.toml"].startswith("# ours\n"), notes) == (True, [])


@pytest.mark.parametrize("line", ["uv run mypy | tee log", "if true; then mypy; fi", "mypy {{stack}}"])
def test_a_check_that_needs_a_shell_is_left_to_the_team(tmp_path: Path, line: str) -> None:
    """The recipe remains, and the note names it."""
    changed = JUSTFILE.replace("--check .\n", f"--check .\n    {line}\n")
    files, [note] = applied("recipes", tmp_path, {"justfile": changed}, {"justfile": JUSTFILE})
    assert line in files["justfile"]
    assert note.startswith("justfile: your lint remains there")
