"""The commands that a repository adds to `context` in its `pyproject.toml`."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bounded_context_cli.command.application import groups, run
from bounded_context_cli.command.commands import GROUPS
from bounded_context_infra.configuration.project import VARIABLE

SETTINGS = '[tool.bounded-context]\ncontext = "thing.context:THING"\n'
SEED = '''
from typing import Annotated

from typer import Option


def seed(rows: Annotated[int, Option(help="rows")] = 10) -> int | None:
    """Write rows."""
    print(f"{rows} rows")
    return rows if rows > 10 else None
'''


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository with the module `own_seed`."""
    (tmp_path / "own_seed.py").write_text(SEED)
    monkeypatch.syspath_prepend(tmp_path)
    # The library's tests name theirs.
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("own_seed", None)


def add(repository: Path, line: str) -> None:
    """Write the settings of commands."""
    (repository / "pyproject.toml").write_text(f"{SETTINGS}{line}\n")


def test_a_command_of_the_repository_runs_and_returns_its_status(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """None is 0; the options are those of the function."""
    add(repository, 'commands.seed = "own_seed:seed"')
    assert (run(["seed"]), run(["seed", "--rows", "12"]), run(["seed", "--fast"])) == (0, 12, 2)
    assert capsys.readouterr().out == "10 rows\n12 rows\n"


@pytest.mark.parametrize(
    "line",
    ['commands.seed = "nowhere.seed:seed"', 'commands.seed = "own_seed:sow"', 'commands = "own_seed:seed"'],
    ids=["no module", "no function", "no table"],
)
def test_a_wrong_setting_is_named_in_a_sentence(
    line: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 1, without a traceback."""
    add(repository, line)
    assert run(["seed"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: ")
    assert "[tool.bounded-context.commands]" in said
    assert len(said.splitlines()) == 1


def test_the_help_has_no_group_of_own_commands_outside_of_a_repository() -> None:
    """It has the library's commands."""
    assert run(["seed"]) == 2
    assert run(["--help"]) == 0
    assert groups() == GROUPS
