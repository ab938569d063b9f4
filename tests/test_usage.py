"""What the command says of itself: as it was typed, with examples that it takes and exit statuses that it gives."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from bounded_context.local import launchers
from bounded_context.typed import VARIABLE

from template import cli, processes
from template.library import LibraryError
from template.manual import PARTS
from template.names import REPOSITORY

FAILS = {
    "new": ["new", "--answers", "bad.yaml", "--no-input"],
    "demo": ["demo", "--contexts", "subscription,payment", "--rows", "7"],
    "examples": ["examples"],
}
"""What ends with status 1; what else a check, an update and a fleet may come to, their own tests show."""

every = pytest.mark.parametrize("part", PARTS)


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """A folder with what examples name."""
    monkeypatch.chdir(tmp_path)
    for name in ("my.csv", "answers.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "bad.yaml").write_text("default_context: {context_name: order}\n")


def ended(*arguments: str) -> int:
    """The exit status."""
    try:
        return cli.main(arguments)
    except SystemExit as left:
        return int(left.code or 0)


@every
def test_help_has_examples_that_are_taken_and_the_statuses(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each example is of this part, and parsed as it stands."""
    assert ended(part, "--help") == 0
    said = capsys.readouterr().out
    assert said.startswith(f"usage: template {part} [-h]")
    shown = re.findall(r"^  template (.*)", said.partition("examples:\n")[2], re.MULTILINE)
    examples = [shlex.split(re.split("  +", line)[0]) for line in shown]
    assert {example[0] for example in examples} == {part}
    for example in examples:
        cli.parser().parse_args(example)
    statuses = {int(one) for one in re.findall(r"^  (\d+) +\S", said.partition("exit status:\n")[2], re.MULTILINE)}
    assert {0, 2} <= statuses == set(PARTS[part].statuses)


@every
def test_what_nobody_can_mean_ends_with_2(part: str) -> None:
    """Before anything is done."""
    assert ended(part, "--no-such-option") == 2


@pytest.mark.parametrize("part", FAILS)
def test_what_goes_wrong_ends_with_1(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the help says."""

    def fail() -> int:
        raise LibraryError("no wheel")

    monkeypatch.setattr(cli, "regenerate", fail)
    assert 1 in PARTS[part].statuses
    assert ended(*FAILS[part]) == 1


@pytest.mark.parametrize("part", ["check", "update", "fleet"])
def test_what_cannot_be_told_ends_with_2(part: str) -> None:
    """Where there is no repository."""
    assert ended(part, "nowhere") == 2


def test_help_names_the_module_where_that_was_typed() -> None:
    """As without an installation."""
    done = subprocess.run([sys.executable, "-m", "template", "--help"], cwd=REPOSITORY, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: python -m template [-h]")
    assert "\n  python -m template new " in done.stdout


def test_a_recipe_says_that_it_was_typed() -> None:
    """By the variable that the library reads."""
    justfile = (REPOSITORY / "<<cookiecutter.context_name>>" / "justfile").read_text(encoding="utf-8")
    assert f'export {VARIABLE} := "just"\n' in justfile


def test_what_the_demo_starts_knows_it() -> None:
    """By the variable that the library reads: the run ends once the demo is killed."""
    assert processes.STARTED_BY == launchers.VARIABLE
