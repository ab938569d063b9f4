"""What is accepted is checked: rows of answers, up to the limits, in which each pair of values occurs.

Every row's own check is run at night (`uv run python -m tests.matrix`); here are all rows' answers, and of some rows,
in which each value occurs, what runs without an environment of their own.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from matrix.pairs import pairs, rows, share, within
from matrix.values import NEVER, VALUES, answers_of
from test_bake import assert_in_style

from template import limits
from template.answers import RULES, check
from template.bake import bake
from template.processes import environment

ROWS = list(rows(VALUES, NEVER))
ONE_MORE = {
    "context_name": lambda _: "A" + "b" * limits.PACKAGE,
    "plural": lambda _: "P" + "b" * limits.PLURAL,
    "display_name": lambda _: "x" * (limits.DISPLAYED + 1),
    "description": lambda _: "x" * (limits.DESCRIPTION + 1),
    "fields": lambda most: f"{most} one_more:str",
    "commands": lambda most: f"{most} Keep:changes:OxKept",
    "subscribers": lambda most: f"{most} s-more",
    "strategy": lambda _: f"Canary1Percent{limits.SHIFT + 1}Minutes",
    "owner": lambda _: "x" * (limits.OWNER + 1),
}


def row_of(**names: str) -> dict[str, str]:
    """The smallest answers, but for these."""
    return {question: names.get(question, next(iter(values))) for question, values in VALUES.items()}


def test_every_pair_of_values_occurs() -> None:
    """But for those that cannot; and no question is left out."""
    assert set(VALUES) == set(RULES)
    assert set.union(*map(within, ROWS)) == pairs(VALUES, NEVER)


def test_a_missing_pair_is_detected() -> None:
    """Of three questions with two values each, four rows have all pairs, and three do not."""
    values = {"a": "12", "b": "34", "c": "56"}
    all_rows = list(rows(values, ()))
    assert len(all_rows) >= 4
    assert set.union(*map(within, all_rows)) == pairs(values, ()) != set.union(*map(within, all_rows[:-1]))


@pytest.mark.parametrize("number", range(len(ROWS)))
def test_every_row_is_accepted(number: int) -> None:
    """So each limit may be reached, whatever the others are."""
    assert check(answers_of(ROWS[number])) == []


@pytest.mark.parametrize("question", ONE_MORE)
def test_one_more_than_the_limit_is_refused(question: str) -> None:
    """In a sentence with the limit in it, at its question."""
    largest = {"fields": "most, amounts", "commands": "most, of one word", "subscribers": "most"}
    answers = answers_of(row_of(**{question: largest[question]} if question in largest else {}))
    assert check(answers) == []
    [said, *_] = check({**answers, question: ONE_MORE[question](answers[question])})
    assert said.startswith(f"{question}: type ")
    assert any(str(number) in said for name, number in vars(limits).items() if name.isupper()), said


def some_tests(
    project: Path, chosen: str = "(rules or read or find) and not function and not running"
) -> "subprocess.CompletedProcess[str]":
    """Run a repository's tests of its rules and its promises, by default those of its documents, on our packages."""
    files = ["tests/test_rules.py", "pyproject.toml"]
    plugins = [
        "-p",
        "no:cacheprovider",
        "-p",
        "bounded_context_cli.plugin",
        "-p",
        "bounded_context_local.testing.plugin",
    ]
    command = [sys.executable, "-m", "pytest", *plugins, *files, "-k", chosen]
    ours = {"PYTHONPATH": f"{project / 'src'}:{project}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=project, env=environment() | ours, capture_output=True, text=True, check=False)


WITH_ARGUMENTS = next(row for row in ROWS if (row["commands"], row["fields"]) == ("with arguments", "a:bool"))
"""A command with as many arguments as there may be."""


@pytest.mark.parametrize("row", share(ROWS), ids=lambda row: row["context_name"])
def test_each_value_gives_a_repository_in_style(row: Mapping[str, str], tmp_path: Path) -> None:
    """Its linter finds nothing."""
    assert_in_style(bake(tmp_path, answers_of(row)))


@pytest.mark.slow
@pytest.mark.parametrize(
    "row",
    [share(ROWS)[0], WITH_ARGUMENTS, *(pytest.param(row, marks=pytest.mark.nightly) for row in share(ROWS)[1:3])],
    ids=lambda row: row["context_name"],
)
def test_a_repository_keeps_its_rules(row: Mapping[str, str], tmp_path: Path) -> None:
    """The rows with most of the values: the commands do what they say, and the documents say what the code does."""
    result = some_tests(bake(tmp_path, answers_of(row)))
    assert result.returncode == 0, result.stdout


@pytest.mark.nightly
def test_commands_may_have_the_names_of_resources(tmp_path: Path) -> None:
    """The repository is in style, and keeps all promises: its stacks have no collisions, and its picture is right."""
    names = ("Release", "Table", "Key", "Uploads", "Topic", "Verification", "Backup", "CallWatchLists", "Inbox", "Api")
    changes = " ".join(f"{name}:changes:Payment{name}Done" for name in names)
    commands = f"Start:creates:PaymentStarted {changes} Drop:deletes:PaymentDropped"
    project = bake(tmp_path, {"commands": commands})
    assert_in_style(project)
    result = some_tests(project, chosen="not running")
    assert result.returncode == 0, result.stdout
