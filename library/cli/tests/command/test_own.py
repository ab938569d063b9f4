"""The commands and the steps of a check that a repository declares in its pyproject.toml."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bounded_context_cli.check.steps import STEPS
from bounded_context_cli.command.application import OWN
from bounded_context_infra.configuration.project import VARIABLE
from tests.console import PROGRAM, context

Capture = pytest.CaptureFixture[str]

SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "GITHUB_TOKEN")
"""Variables of a developer's shell that a repository's code may not see."""

Repository = Callable[..., Path]

_SEED = '''
from typing import Annotated
from typer import Argument


def seed(rows: Annotated[int, Argument(help="the number of rows")]) -> int:
    """Write sample rows into a stack."""
    print(f"{rows} rows")
    return 3
'''
_PYPROJECT = """
[tool.bounded-context]
context = "thing.context:THING"

[tool.bounded-context.commands]
{commands}

[tool.bounded-context.check]
{check}
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Creates the current repository, with these commands and these steps of a check."""

    def create(commands: Mapping[str, str] = {}, check: Mapping[str, str] = {}) -> Path:
        tables = {"commands": commands, "check": check}
        text = {
            name: "\n".join(f"{key} = '''{value}'''" for key, value in table.items()) for name, table in tables.items()
        }
        (tmp_path / "pyproject.toml").write_text(_PYPROJECT.format(**text))
        return tmp_path

    (tmp_path / "own_seed.py").write_text(_SEED)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return create


def _lines(table: Mapping[str, str]) -> str:
    return "\n".join(f"{key} = '''{value}'''" for key, value in table.items())


def _step(word: str, status: int = 0) -> str:
    """Return a command that prints a word."""
    return f"{shlex.quote(sys.executable)} -c \"print('{word}'); raise SystemExit({status})\""


LIBRARY_STEPS = {name: _step(f"own {name}") for name in ("load", *STEPS)}


def test_a_command_of_the_repository_runs(repository: Repository, capsys: Capture) -> None:
    """With its arguments and its exit status."""
    repository({"seed": "own_seed:seed"})
    assert context("seed", "12") == 3
    assert capsys.readouterr().out == "12 rows\n"
    assert context("seed", "many") == 2


def test_a_command_may_be_in_any_folder_of_the_repository(repository: Repository) -> None:
    """The console script finds the module, whatever folder it is called in."""
    folder = repository({"seed": "infra.seed:seed"})
    (folder / "infra").mkdir()
    (folder / "infra" / "seed.py").write_text(_SEED)
    command = [PROGRAM, "seed", "12"]
    result = subprocess.run(command, cwd=folder / "infra", capture_output=True, text=True, check=False)  # noqa: S603
    assert (result.returncode, result.stdout, result.stderr) == (3, "12 rows\n", "")


def test_the_help_lists_the_commands_of_the_repository(repository: Repository, capsys: Capture) -> None:
    """In a group of their own, which other repositories do not have."""
    repository({"seed": "own_seed:seed"})
    assert context("--help") == 0
    section = capsys.readouterr().out.partition(f"\n{OWN}:\n")[2]
    assert section.split()[0] == "seed"
    assert context("seed", "--help") == 0
    assert "sample rows" in capsys.readouterr().out


def test_without_commands_of_the_repository_the_help_has_no_group_for_them(
    repository: Repository, capsys: Capture
) -> None:
    """The library's commands are all."""
    repository()
    assert context("--help") == 0
    assert OWN not in capsys.readouterr().out
    assert context("seed") == 2


def test_a_command_whose_module_is_missing_is_an_error(repository: Repository, capsys: Capture) -> None:
    """The other commands still run."""
    repository({"seed": "nowhere_seed:seed"})
    assert context("seed") == 1
    assert "nowhere_seed" in capsys.readouterr().err
    assert context("docs") == 0


def test_a_command_whose_function_is_missing_is_an_error(repository: Repository, capsys: Capture) -> None:
    """The sentence names the entry of the pyproject.toml."""
    repository({"seed": "own_seed:plant"})
    assert context("seed") == 1
    assert capsys.readouterr().err.startswith("Error: seed: own_seed ")


def test_a_check_runs_the_steps_of_the_repository(repository: Repository, capsys: Capture) -> None:
    """A step with the name of the library's replaces it; any other is added."""
    repository(check={**LIBRARY_STEPS, "spelling": _step("own spelling")})
    assert context("check") == 0
    printed, _ = capsys.readouterr()
    assert {*printed.splitlines()} == {f"{name}: own {name}" for name in (*LIBRARY_STEPS, "spelling")}


def test_a_check_names_its_steps_before_they_end(repository: Repository, capsys: Capture) -> None:
    """On standard error, at once. With --json, standard output is the report alone."""
    repository(check={**LIBRARY_STEPS, "spelling": _step("a typo", 7)})
    assert context("check", "--json") == 1
    output = capsys.readouterr()
    assert output.err.splitlines()[0] == "Running load, lint, types, imports, spelling, and then test ..."
    assert json.loads(output.out) == {"result": "failed", "to_do": {"spelling": ["spelling: a typo"]}}


@pytest.mark.parametrize("command", ["check", "test", "e2e"])
@pytest.mark.parametrize("with_credentials", [False, True])
def test_steps_see_no_credentials(
    command: str, with_credentials: bool, repository: Repository, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither those of variables, nor those of the home folder's files, unless the developer says so."""
    for name in SECRETS:
        monkeypatch.setenv(name, "secret-1")
    code = f"import os; print(sorted({{*os.environ}} & {{*{SECRETS}}}), os.environ.get('AWS_CONFIG_FILE'))"
    step = shlex.join([sys.executable, "-c", code])
    repository(check={**LIBRARY_STEPS, "test": step, "e2e": step})
    assert context(command, *(["--with-credentials"] if with_credentials else [])) == 0
    seen = f"{sorted(SECRETS)} None" if with_credentials else f"[] {os.devnull}"
    assert seen in capfd.readouterr().out


def test_a_failing_step_of_the_repository_fails_the_check(repository: Repository, capsys: Capture) -> None:
    """The list of remedies has its last line."""
    repository(check={**LIBRARY_STEPS, "spelling": _step("a typo", 7)})
    assert context("check") == 1
    assert "spelling: a typo" in capsys.readouterr().out


def test_a_repository_that_cannot_be_loaded_ends_the_other_steps(repository: Repository, capsys: Capture) -> None:
    """A running step is stopped, and the tests are not started: the list has only the faults of the load."""
    slow = {"lint": "sleep 100", "test": "sleep 100"}
    repository(
        check={**LIBRARY_STEPS, **slow, "imports": _step("broken", 1), "load": _step("Error: src/a.py:3: b: c.", 1)}
    )
    assert context("check") == 1
    heading, *remedies = capsys.readouterr().out.splitlines()
    assert heading.split()[0] == "1"
    assert remedies == [" 1. src/a.py:3: b: c."]


def test_a_command_of_one_step_runs_the_step_of_the_repository(repository: Repository, capfd: Capture) -> None:
    """With the exit status of its program."""
    repository(check={"lint": _step("own lint", 1)})
    assert context("lint") == 1
    assert capfd.readouterr().out == "own lint\n"


def test_a_step_may_be_a_script_of_the_repository(repository: Repository, capfd: Capture) -> None:
    """By its path from the repository's folder, wherever the check is called."""
    script = repository(check={"lint": "scripts/lint"}) / "scripts" / "lint"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho own lint\n")
    script.chmod(0o755)
    assert context("lint") == 0
    assert capfd.readouterr().out == "own lint\n"


@pytest.mark.parametrize("command", ["check", "lint"])
def test_a_step_whose_program_is_missing_cannot_run(command: str, repository: Repository, capsys: Capture) -> None:
    """The error names the step and the program."""
    repository(check={**LIBRARY_STEPS, "lint": "no-such-linter ."})
    assert context(command) == 2
    assert "lint: the program no-such-linter " in capsys.readouterr().err


def test_a_command_with_the_name_of_a_library_command_is_refused(repository: Repository, capsys: Capture) -> None:
    """Otherwise the library's command would silently disappear."""
    repository({"rollout": "own_seed:seed"})
    assert context("rollout", "status", "dev") == 1
    assert "rollout" in capsys.readouterr().err


def test_settings_that_are_no_toml_end_with_the_file_s_name(repository: Repository, capsys: Capture) -> None:
    (repository() / "pyproject.toml").write_text("[tool.bounded-context\n")
    assert context("check") == 2
    assert "pyproject.toml" in capsys.readouterr().err
