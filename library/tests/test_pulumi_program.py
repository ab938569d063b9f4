"""A program is executed as Pulumi does, and leaves nothing to the next one."""

import sys
from pathlib import Path
from typing import Any

import pytest

from bounded_context.tools.programs.recording import Program


def program(folder: Path, text: str) -> Path:
    """A program whose own module `functions` says something when it is imported, and which exports it."""
    folder.mkdir()
    (folder / "functions.py").write_text(f"SAID = {text!r}\nprint(SAID)\n")
    (folder / "__main__.py").write_text("import functions, pulumi\npulumi.export('said', functions.SAID)\n")
    return folder


def exported(folder: Path) -> dict[str, Any]:
    """What a program exports, under mocks."""
    return Program(folder, "payment").run_with("dev", {}).outputs


def test_each_program_has_its_own_modules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of the same name are two."""
    assert exported(program(tmp_path / "payment", "of Payment")) == {"said": "of Payment"}
    assert exported(program(tmp_path / "loan", "of Loan")) == {"said": "of Loan"}
    assert capsys.readouterr().out.split("\n") == ["of Payment", "of Loan", ""]


def test_a_program_that_fails_leaves_none_either(tmp_path: Path) -> None:
    """Its error is told."""
    folder = program(tmp_path / "payment", "")
    (folder / "__main__.py").write_text("import functions\nfunctions.missing\n")
    with pytest.raises(AttributeError, match="missing"):
        exported(folder)
    assert "functions" not in sys.modules
