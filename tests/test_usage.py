"""The command `template`: its help has examples that are accepted, and exit statuses that occur."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bounded_context_local.emulator import process
from command_lines import rejected

from template import cli, commands, processes
from template.library import LibraryError
from template.names import REPOSITORY

COMMANDS = [name for entries in cli.GROUPS.values() for name in entries]
FAILS = {
    "new": ["new", "--answers", "bad.yaml", "--no-input"],
    "demo": ["demo", "--contexts", "subscription,payment", "--rows", "7"],
    "examples": ["examples"],
}
"""Command lines with exit status 1. The tests of `check`, `update` and `fleet` have their own."""

every = pytest.mark.parametrize("command", COMMANDS)


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the files that examples name."""
    monkeypatch.chdir(tmp_path)
    for name in ("my.csv", "answers.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "bad.yaml").write_text("default_context: {context_name: order}\n")


def output_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The help of a command."""
    assert cli.main([*arguments, "--help"]) == 0
    return capsys.readouterr().out


def statuses(text: str) -> set[int]:
    """The exit statuses of a help."""
    return {int(status) for status in re.findall(r"^    (\d+) +\S", text.partition("Exit status:\n")[2], re.MULTILINE)}


def examples(text: str) -> Iterator[str]:
    """The command lines of a help."""
    for line in re.findall(r"^    (template .*)", text.partition("Examples:\n")[2], re.MULTILINE):
        yield re.split("  +", line)[0]


@every
def test_help_has_examples_that_are_accepted(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is an example of this command, and a command with arguments has some."""
    text = output_of(capsys, command)
    assert text.startswith(f"Usage: template {command} ")
    lines = list(examples(text))
    assert lines or command in ("examples", "versions")
    assert all(line.startswith(f"template {command}") for line in lines)
    assert [rejected(line) for line in lines if rejected(line)] == []


def test_the_help_lists_each_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Under the titles of the groups, without importing a command."""
    text = output_of(capsys)
    assert [title for title in cli.GROUPS if f"\n{title}:\n" in text] == list(cli.GROUPS)
    assert re.findall(r"^  ([a-z]+)  ", text.partition(next(iter(cli.GROUPS)))[2], re.MULTILINE) == COMMANDS


@every
def test_an_option_that_does_not_exist_ends_with_2(command: str) -> None:
    """Before the command starts."""
    assert cli.main([command, "--no-such-option"]) == 2


@pytest.mark.parametrize("command", FAILS)
def test_a_failure_ends_with_1_and_a_sentence(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The help lists the status."""

    def fail() -> int:
        raise LibraryError("no wheel")

    monkeypatch.setattr(commands, "regenerate", fail)
    assert 1 in statuses(output_of(capsys, command))
    assert cli.main(FAILS[command]) == 1
    assert capsys.readouterr().err.startswith("Error: ")


@pytest.mark.parametrize("command", ["check", "update", "adopt", "fleet"])
def test_a_folder_without_a_repository_ends_with_2(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The help lists the status."""
    assert 2 in statuses(output_of(capsys, command))
    assert cli.main([command, "nowhere"]) == 2
    assert capsys.readouterr().err.startswith("Error: ")


def test_the_module_runs_without_an_installation() -> None:
    """As in a clone."""
    command = [sys.executable, "-m", "template", "versions"]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_demo_starts_runs_that_end_with_it() -> None:
    """The library reads the same variable."""
    assert processes.STARTED_BY == process.STARTED_BY
