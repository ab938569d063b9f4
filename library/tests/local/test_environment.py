"""What an environment apart holds is lent to a process that asks for it."""

import importlib
import sys
from pathlib import Path

import pytest

from bounded_context.local import environment


def test_what_was_lent_can_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is installed here goes first: a lent package replaces none."""
    packages = tmp_path / "drawing" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "lent_for_a_test.py").write_text("HERE = True\n")
    (packages / "pytest.py").write_text("raise AssertionError\n")
    monkeypatch.setattr(environment, "environment", lambda build, name: build / name)
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("lent_for_a_test")
    environment.lend(tmp_path, "drawing")
    assert importlib.import_module("lent_for_a_test").HERE
    assert sys.path[-1] == str(packages)
