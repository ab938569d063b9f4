"""The promises are tests of a repository's `pyproject.toml`: selected, left out and reported like other tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bounded_context.configuration.project import VARIABLE, current
from bounded_context.docs.pages import section
from bounded_context.docs.steps import steps
from bounded_context.testing.promises import PROMISES
from bounded_context.tools.check.options import OWN_PROMISES
from bounded_context.tools.check.remedies import FILE

QUEUES = "pyproject.toml::promises[Every queue has a dead-letter queue]"
DIAGRAM = "pyproject.toml::promises[The README shows the statuses of an aggregate: its diagram matches the code]"
ABSOLUTE = "the absolute id, by which an editor runs a test"
OWN = "tests/test_rules.py::test_a_rule"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A repository with a test of its own."""
    root = tmp_path / "Payment"
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
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    payment = current().root
    paths = os.pathsep.join(map(str, (payment, payment / "src")))
    environment = {**os.environ, VARIABLE: str(payment), "PYTHONPATH": paths, **variables}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)  # noqa: S603


def collected(root: Path, *arguments: str) -> list[str]:
    """The ids of the selected tests."""
    return [line for line in run(root, "--collect-only", *arguments).stdout.splitlines() if "::" in line]


EACH = [f"pyproject.toml::promises[{promise}]" for promise in PROMISES]


@pytest.mark.parametrize(
    ("arguments", "tests"),
    [
        ((), [OWN, *EACH]),
        (("tests",), [OWN, *EACH]),
        ((".",), [*EACH, OWN]),
        (("pyproject.toml",), EACH),
        (("pyproject.toml::promises",), EACH),
        ((QUEUES,), [QUEUES]),
        ((ABSOLUTE,), [QUEUES]),
        (("-k", "promises"), EACH),
        (("tests/test_rules.py",), [OWN]),
        (("tests/e2e",), []),
        (("-m", "e2e"), ["tests/e2e/test_running.py::test_a_run"]),
        (("--deselect", "pyproject.toml"), [OWN]),
        (("--leave-out-promises",), [OWN]),
    ],
    ids=" ".join,
)
def test_each_promise_is_a_test(arguments: tuple[str, ...], tests: list[str], small: Path) -> None:
    """A run of a file, or of a folder below `tests`, has no promises."""
    given = [argument.replace(ABSOLUTE, f"{small}/{QUEUES}") for argument in arguments]
    assert sorted(collected(small, *given)) == sorted(tests)


def test_words_and_markers_select_promises(small: Path) -> None:
    """As they select other tests."""
    assert collected(small, "-k", "dead-letter") == [one for one in EACH if "dead-letter" in one]
    [inbound] = collected(small, "-m", "inbound")
    assert "events that it consumes" in inbound
    assert QUEUES not in collected(small, "--leave-out-program")
    assert inbound in collected(small, "--leave-out-program")


def test_each_worker_collects_the_same_promises(small: Path) -> None:
    """Also with the promises in the arguments of the workers."""
    done = run(small, "-n", "2", "-k", "a_rule or outputs")
    assert (done.returncode, done.stdout.count("passed")) == (0, 1), done.stdout


def test_a_file_of_own_promises_replaces_them(small: Path) -> None:
    """A repository of an earlier version has it. A team may select promises there."""
    (small / OWN_PROMISES).write_text("def test_mine(): ...\n")
    assert collected(small) == [f"{OWN_PROMISES}::test_mine", OWN]


def test_a_folder_without_a_context_has_no_promises(small: Path) -> None:
    """The plugin is active in each environment with the library."""
    text = (small / "pyproject.toml").read_text()
    (small / "pyproject.toml").write_text(text.replace("[tool.bounded-context]", "[tool.other]"))
    assert collected(small) == [OWN]


def test_the_page_shows_how_to_leave_out_a_promise(small: Path) -> None:
    """By its edit of `pyproject.toml`."""
    for step in steps(section("changing", "the-promises"), "payment"):
        step.follow(small)
    assert QUEUES in EACH
    assert sorted(collected(small)) == sorted({OWN, *EACH} - {QUEUES})


def test_a_breach_is_reported_without_a_traceback(tmp_path: Path) -> None:
    """For people and for `context check`: the id of the promise, and the sentence with the remedy."""
    ignored = shutil.ignore_patterns(".venv", "build", "vendor", "__pycache__", "test_promises.py")
    root = Path(shutil.copytree(current().root, tmp_path / "Payment", ignore=ignored))
    readme = root / "README.md"
    readme.write_text(readme.read_text().replace("is_REGISTERED", "is_GONE"))
    paths = os.pathsep.join(map(str, (root, root / "src")))
    remedies = tmp_path / "remedies"
    done = run(root, DIAGRAM, **{VARIABLE: str(root), "PYTHONPATH": paths, FILE: str(remedies)})
    sentence = "The diagram of statuses in README.md does not match the code: run `uv run context contracts`."
    assert done.returncode == 1
    assert f"FAILED {DIAGRAM}" in done.stdout
    assert sentence in done.stdout.splitlines()
    assert "promise_items.py" not in done.stdout
    assert remedies.read_text() == f"{sentence}\0"
