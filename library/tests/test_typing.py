"""What a type checker accepts of the library's types, and what it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "typing_tests"
PAYMENT = Path(__file__).parents[2] / "examples" / "payment" / "src"
MARK = "# refused: "


@pytest.fixture(scope="module")
def problems() -> dict[str, set[int]]:
    """The lines that the type checker of every repository refuses, counted from 1, by the file's name."""
    paths = ["--search-path", str(PAYMENT), "--python-interpreter-path", sys.executable]
    checks = ["--preset", "default", "--python-version", "3.11", "--output-format", "json"]
    command = [sys.executable, "-m", "pyrefly", "check", str(FOLDER), *paths, *checks]
    result = subprocess.run(command, cwd=FOLDER.parents[1], capture_output=True, text=True, check=False)  # noqa: S603
    lines: dict[str, set[int]] = {path.name: set() for path in FOLDER.glob("*.py")}
    for problem in json.loads(result.stdout)["errors"]:
        assert problem["severity"] == "error", problem
        lines[Path(problem["path"]).name].add(problem["line"])
    return lines


def test_matching_declarations_are_accepted(problems: dict[str, set[int]]):
    """A context's own commands, rules, adapters and entry points."""
    assert problems["accepted.py"] == set()


def test_mismatching_declarations_are_refused(problems: dict[str, set[int]]):
    """Every marked line, and no other."""
    lines = (FOLDER / "refused.py").read_text(encoding="utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, 1) if MARK in line}
    assert len(marked) > 10
    assert problems["refused.py"] == marked
