"""The promises are tests of a repository's `pyproject.toml`: selected, left out and reported like other tests."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bounded_context_cli.check.selection import OWN_PROMISES
from bounded_context_cli.check.steps import FILE
from bounded_context_cli.docs import section, steps
from bounded_context_cli.promises import PROMISES
from bounded_context_infra.configuration.project import VARIABLE, current

QUEUES = "pyproject.toml::promises[Every queue has a dead-letter queue]"
DIAGRAM = "pyproject.toml::promises[The README shows the statuses of an aggregate: its diagram matches the code]"
ABSOLUTE = "the absolute id, by which an editor runs a test"
OWN = "tests/test_rules.py::test_a_rule"
PROGRAM = ("--leave-out-program",)
Arguments = tuple[str, ...]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return repository(tmp_path)


def repository(folder: Path) -> Path:
    """A repository with a test of its own."""
    root = folder / "Payment"
    (root / "tests" / "e2e").mkdir(parents=True)
    (root / "pyproject.toml").write_text(
        '[tool.bounded-context]\ncontext = "payment.context:PAYMENT"\n'
        '[tool.pytest.ini_options]\ntestpaths = ["tests"]\naddopts = "-q -m \'not e2e\' --strict-markers"\n'
    )
    (root / "tests" / "test_rules.py").write_text("def test_a_rule(): ...\n")
    (root / "tests" / "e2e" / "test_running.py").write_text("def test_a_run(running): ...\n")
    return root


def run(root: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run pytest in a repository."""
    return _python(root, "-m", "pytest", "-p", "no:cacheprovider", *arguments, **variables)


def _python(root: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    payment = current().root
    paths = os.pathsep.join(map(str, (payment, payment / "src")))
    environment = {**os.environ, VARIABLE: str(payment), "PYTHONPATH": paths, **variables}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)  # noqa: S603


COLLECT = """
import json, sys, pytest
for arguments in json.loads(sys.argv[1]):
    print(json.dumps(arguments))
    pytest.main(["-p", "no:cacheprovider", "--collect-only", *arguments])
"""
"""A program that collects once for each list of arguments: pytest starts once."""


def collections(root: Path, every: Sequence[Arguments]) -> dict[Arguments, list[str]]:
    """The ids of the selected tests, by the arguments."""
    ids_of, ids = dict[Arguments, list[str]](), list[str]()
    for line in _python(root, "-c", COLLECT, json.dumps(every)).stdout.splitlines():
        if line.startswith("["):
            ids = ids_of[tuple(json.loads(line))] = []
        elif "::" in line:
            ids.append(line)
    return ids_of


def collected(root: Path, *arguments: str) -> list[str]:
    """The ids of the selected tests."""
    return collections(root, [arguments])[arguments]


EACH = [f"pyproject.toml::promises[{promise}]" for promise in PROMISES]
[INBOUND] = [promise for promise in EACH if "events that it consumes" in promise]


SELECTED: Mapping[Arguments, list[str]] = {
    (): [OWN, *EACH],
    ("tests",): [OWN, *EACH],
    (".",): [*EACH, OWN],
    ("pyproject.toml",): EACH,
    ("pyproject.toml::promises",): EACH,
    (QUEUES,): [QUEUES],
    (ABSOLUTE,): [QUEUES],
    ("-k", "promises"): EACH,
    ("-k", "dead-letter"): [promise for promise in EACH if "dead-letter" in promise],
    ("-m", "inbound"): [INBOUND],
    ("tests/test_rules.py",): [OWN],
    ("tests/e2e",): [],
    ("-m", "e2e"): ["tests/e2e/test_running.py::test_a_run"],
    ("--deselect", "pyproject.toml"): [OWN],
    ("--leave-out-promises",): [OWN],
}
"""The selected tests by the arguments of pytest. A run of a file, or of a folder below `tests`, has no promises."""


@pytest.fixture(scope="module")
def selected(tmp_path_factory: pytest.TempPathFactory) -> dict[Arguments, list[str]]:
    root = repository(tmp_path_factory.mktemp("selected"))
    absolute = f"{root}/{QUEUES}"
    every = [
        tuple(argument.replace(ABSOLUTE, absolute) for argument in arguments) for arguments in [*SELECTED, PROGRAM]
    ]
    selections = collections(root, every)
    return {
        tuple(argument.replace(absolute, ABSOLUTE) for argument in arguments): ids
        for arguments, ids in selections.items()
    }


@pytest.mark.parametrize("arguments", SELECTED, ids=" ".join)
def test_each_promise_is_a_test(arguments: Arguments, selected: Mapping[Arguments, list[str]]) -> None:
    """Paths, ids, words and markers select promises as they select other tests."""
    assert sorted(selected[arguments]) == sorted(SELECTED[arguments])


def test_promises_without_the_program_are_tests_too(selected: Mapping[Arguments, list[str]]) -> None:
    assert QUEUES not in selected[PROGRAM]
    assert INBOUND in selected[PROGRAM]


@pytest.mark.slow
def test_each_worker_collects_the_same_promises(small: Path) -> None:
    """Also with the promises in the arguments of the workers."""
    result = run(small, "-n", "2", "-k", "a_rule or outputs")
    assert (result.returncode, result.stdout.count("passed")) == (0, 1), result.stdout


def test_a_file_of_own_promises_replaces_them(small: Path) -> None:
    """A repository of an earlier version has it. A team may select promises there."""
    (small / OWN_PROMISES).write_text("def test_mine(): ...\n")
    assert collected(small) == [f"{OWN_PROMISES}::test_mine", OWN]


def test_a_folder_without_a_context_has_no_promises(small: Path) -> None:
    """The plugin is active in each environment with the library."""
    text = (small / "pyproject.toml").read_text()
    (small / "pyproject.toml").write_text(text.replace("[tool.bounded-context]", "[tool.other]"))
    assert collected(small) == [OWN]


@pytest.mark.slow
def test_the_page_shows_how_to_leave_out_a_promise(small: Path) -> None:
    """By its edit of `pyproject.toml`."""
    for step in steps(section("changing", "the-promises"), "payment"):
        step.follow(small)
    assert QUEUES in EACH
    assert sorted(collected(small)) == sorted({OWN, *EACH} - {QUEUES})


@pytest.mark.slow
def test_a_breach_is_reported_without_a_traceback(tmp_path: Path) -> None:
    """For people and for `context check`: the id of the promise, and the sentence with the remedy."""
    ignored = shutil.ignore_patterns(".venv", "build", "vendor", "__pycache__", "test_promises.py")
    root = Path(shutil.copytree(current().root, tmp_path / "Payment", ignore=ignored))
    readme = root / "README.md"
    readme.write_text(readme.read_text().replace("is_REGISTERED", "is_GONE"))
    paths = os.pathsep.join(map(str, (root, root / "src")))
    remedies = tmp_path / "remedies"
    result = run(root, DIAGRAM, **{VARIABLE: str(root), "PYTHONPATH": paths, FILE: str(remedies)})
    sentence = "The diagram of statuses in README.md does not match the code: run `uv run context contracts`."
    assert result.returncode == 1
    assert f"FAILED {DIAGRAM}" in result.stdout
    assert sentence in result.stdout.splitlines()
    assert "promise_items.py" not in result.stdout
    assert remedies.read_text() == f"{sentence}\0"
