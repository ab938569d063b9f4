"""`context picture`: what it prints and writes, and what it refuses."""

import shutil
from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree

import pytest

from bounded_context.configuration.project import Project, current
from bounded_context.tools.views.picture import cli as command
from tests.console import context


def test_the_context_is_printed_as_svg(capsys: pytest.CaptureFixture[str]) -> None:
    assert context("picture") == 0
    printed = capsys.readouterr().out
    root = ElementTree.fromstring(printed)  # noqa: S314 (made here)
    assert root.attrib["aria-label"] == "What the payment context is made of"
    assert "RegisterPayment" in printed


def test_another_stack_is_written_as_mermaid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "dev.mmd"
    assert context("picture", "dev", "--mermaid", "--output", str(file)) == 0
    assert file.read_text(encoding="utf-8").startswith("flowchart LR\n")
    assert capsys.readouterr().out == f"{file}\n"


def test_the_readme_is_written_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says nothing where it was so."""
    shutil.copy(current().root / "README.md", tmp_path)
    path = tmp_path / "README.md"
    path.write_text(path.read_text(encoding="utf-8").replace('["RegisterPayment"]', '["Old"]'), encoding="utf-8")
    with patch.object(command, "repository", lambda: Project(tmp_path, current().settings)):
        assert context("picture", "--readme") == 0
        assert capsys.readouterr().out == "README.md has a new picture\n"
        assert context("picture", "--readme") == 0
    assert capsys.readouterr().out == ""
    assert path.read_text(encoding="utf-8") == (current().root / "README.md").read_text(encoding="utf-8")


def test_a_stack_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert context("picture", "moon") == 2
    assert capsys.readouterr().err == "Error: There is no stack moon: write one of dev, local, prod, staging.\n"


def test_a_program_that_does_not_run_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(*_: object) -> None:
        raise ValueError("no such table")

    with patch.object(command, "run", fails):
        assert context("picture") == 2
    assert capsys.readouterr().err == "Error: The program does not run as prod: ValueError: no such table\n"
