"""`context picture`: what it prints and writes, and what it refuses."""

import shutil
from pathlib import Path
from unittest.mock import patch

import pytest

from bounded_context_cli.programs.recording import Program
from bounded_context_cli.views import picture as command
from bounded_context_infra.configuration.project import Project, current
from tests.console import context


def test_the_picture_of_production_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert context("picture") == 0
    printed = capsys.readouterr().out
    assert printed.startswith("flowchart LR\n")
    assert "RegisterPayment" in printed


def test_the_picture_of_another_stack_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "dev.mmd"
    assert context("picture", "dev", "--output", str(file)) == 0
    assert file.read_text(encoding="utf-8").startswith("flowchart LR\n")
    assert capsys.readouterr().out == f"{file}\n"


def test_the_readme_is_written_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second call prints nothing."""
    shutil.copy(current().root / "README.md", tmp_path)
    path = tmp_path / "README.md"
    path.write_text(path.read_text(encoding="utf-8").replace('["RegisterPayment"]', '["Old"]'), encoding="utf-8")
    with patch.object(command, "repository", lambda: Project(tmp_path, current().settings)):
        assert context("picture", "--readme") == 0
        assert capsys.readouterr().out.startswith("README.md")
        assert context("picture", "--readme") == 0
    assert capsys.readouterr().out == ""
    assert path.read_text(encoding="utf-8") == (current().root / "README.md").read_text(encoding="utf-8")


def test_a_stack_without_a_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert context("picture", "moon") == 2
    error = capsys.readouterr().err
    assert "moon" in error
    assert "dev, local, prod" in error


def test_a_program_that_fails_is_an_error_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(*_: object) -> None:
        raise ValueError("no such table")

    with patch.object(Program, "run_with", fails):
        assert context("picture") == 2
    error = capsys.readouterr().err
    assert "prod" in error
    assert "ValueError: no such table" in error
