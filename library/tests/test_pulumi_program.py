"""A program is executed as Pulumi does, and leaves nothing to the next one."""

import sys
from pathlib import Path

import pytest

from bounded_context.pulumi_program import execute


def program(folder: Path, text: str) -> Path:
    """A program whose own module `functions` says something when it is imported."""
    folder.mkdir()
    (folder / "functions.py").write_text(f"print({text!r})\n")
    (folder / "__main__.py").write_text("import functions\n")
    return folder


def test_each_program_has_its_own_modules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of the same name are two."""
    execute(program(tmp_path / "payment", "of Payment"))
    execute(program(tmp_path / "loan", "of Loan"))
    assert capsys.readouterr().out.split("\n") == ["of Payment", "of Loan", ""]


def test_a_program_that_fails_leaves_none_either(tmp_path: Path) -> None:
    """Its error is told."""
    folder = program(tmp_path / "payment", "")
    (folder / "__main__.py").write_text("import functions\nfunctions.missing\n")
    with pytest.raises(AttributeError, match="missing"):
        execute(folder)
    assert "functions" not in sys.modules
