"""`--install-completion` of both console scripts, in bash as a person uses it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bounded_context_infra.configuration.project import VARIABLE
from conftest import Baked

OWN = '\n[tool.bounded-context.commands]\nseed = "infra.seed:seed"\n'
SCRIPTS = Path(sys.executable).parent


class Shell:
    """A bash with a home folder of its own, in which completion is installed."""

    def __init__(self, script: str, home: Path) -> None:
        self.script, self._home = script, home
        self._run(home, f"{script} --install-completion bash")

    def tab(self, folder: Path, *words: str) -> list[str]:
        """Return the words that the shell offers for the last one."""
        typed = " ".join(f"'{word}'" for word in (self.script, *words))
        ask = f"COMP_WORDS=({typed}); COMP_CWORD={len(words)}; _{self.script}_completion {self.script}"
        return self._run(folder, f". ~/.bashrc; {ask}; printf '%s\\n' \"${{COMPREPLY[@]}}\"").split()

    def _run(self, folder: Path, command: str) -> str:
        path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
        variables = {**os.environ, "HOME": str(self._home), "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        # The library's tests name a repository of theirs.
        variables.pop(VARIABLE, None)
        result = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=variables, capture_output=True, text=True, check=True
        )
        return result.stdout


@pytest.mark.parametrize(
    ("script", "typed", "offered"),
    [
        ("context", ["roll"], ["rollout"]),
        ("context", ["rollout", ""], ["start", "status", "back"]),
        ("context", ["redrive", "prod", "--gi"], ["--give-up"]),
        ("template", ["ne"], ["new"]),
        ("template", ["update", "--dr"], ["--dry-run"]),
    ],
)
def test_the_shell_completes_commands_and_options(
    script: str, typed: list[str], offered: list[str], tmp_path: Path
) -> None:
    """Those below another command, too."""
    assert Shell(script, tmp_path).tab(tmp_path, *typed) == offered


def test_the_shell_completes_a_command_of_the_repository(baked: Baked, tmp_path: Path) -> None:
    """In its folder, and nowhere else."""
    repository = Path(shutil.copytree(baked("payment"), tmp_path / "Payment"))
    with (repository / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(OWN)
    shell = Shell("context", tmp_path)
    assert shell.tab(repository, "see") == ["seed"]
    assert shell.tab(tmp_path, "see") == []
