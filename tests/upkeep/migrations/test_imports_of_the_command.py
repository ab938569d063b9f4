"""The command `template` starts without the packages that only a migration needs."""

from __future__ import annotations

import subprocess
import sys

from template.library import REPOSITORY


def test_only_an_update_imports_libcst_and_tomlkit() -> None:
    """Their import takes longer than the start of the command."""
    code = "import sys, template.cli, template.upkeep.commands; print({'libcst', 'tomlkit'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
