"""Which tests a changed file can break: what surely cannot is left out, and in doubt nothing is."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bounded_context.configuration.project import VARIABLE, current
from bounded_context.tools.check.selection import Selection

RULES, LIST, HANDLERS, STACK, PROMISES = (
    f"tests/test_{name}.py" for name in ("rules", "list", "handlers", "stack", "promises")
)
DOUBTFUL = ("pyproject.toml", "CODEOWNERS", "tests/conftest.py", "src/payment/gone.py", "new.txt")
READING = (
    "from pathlib import Path\n",
    "import importlib\n",
    "def test_more(functions): ...\n",
    "from tests import helper\n",
)
TOLD = """
import dataclasses, json, sys
from bounded_context.tools.check.selection import selected
from bounded_context.configuration.project import current

print(json.dumps(dataclasses.asdict(selected(current(), sys.argv[1:]))))
"""


@pytest.fixture
def payment(tmp_path: Path) -> Path:
    """A copy of the repository whose files a test may change."""
    folder = tmp_path / "Payment"
    ignored = shutil.ignore_patterns(".venv", "build", "vendor", "__pycache__")
    return Path(shutil.copytree(current().root, folder, ignore=ignored))


def selected(payment: Path, *files: str) -> Selection:
    """In a process of its own: these tests are themselves in a package that is called `tests`."""
    paths = os.pathsep.join(map(str, (payment, payment / "src")))
    variables = {**os.environ, VARIABLE: str(payment), "PYTHONPATH": paths}
    command = [sys.executable, "-c", TOLD, *files]
    told = json.loads(subprocess.check_output(command, cwd=payment, env=variables))  # noqa: S603
    return Selection(tuple(told["left_out"]), told["program"], told["tests"])


@pytest.mark.parametrize(
    ("file", "left_out", "program"),
    [
        ("src/payment/use_cases.py", set(), True),
        ("src/payment/list_steps.py", {RULES, STACK}, False),
        ("src/payment/context.py", set(), True),
        ("infra/service/functions.py", {RULES}, True),
        ("infra/service/Pulumi.prod.yaml", {RULES}, True),
        ("workflow/list_import.asl.json", {RULES}, True),
        ("events/asyncapi.json", {RULES, STACK}, False),
        ("tests/test_rules.py", {LIST, HANDLERS, STACK, PROMISES}, False),
        ("tests/test_promises.py", {RULES, LIST, HANDLERS, STACK}, True),
    ],
)
def test_what_cannot_be_broken_is_left_out(payment: Path, file: str, left_out: set[str], program: bool) -> None:
    """By its imports, and by what reads files that are no Python."""
    found = selected(payment, file)
    assert (set(found.left_out), found.program) == (left_out, program)


@pytest.mark.parametrize("file", DOUBTFUL)
def test_in_doubt_nothing_is_left_out(payment: Path, file: str) -> None:
    """What every tool reads, what no rule knows, and what is not there any more; one such file is enough."""
    assert selected(payment, "tests/test_rules.py", file) == Selection()


def test_a_module_that_cannot_be_read_leaves_everything_in(payment: Path) -> None:
    """Nobody knows what it would import."""
    (payment / "src" / "payment" / "use_cases.py").write_text("def (:\n")
    assert selected(payment, "src/payment/use_cases.py") == Selection()


@pytest.mark.parametrize("more", READING)
def test_a_test_that_may_read_anything_is_not_left_out(payment: Path, more: str) -> None:
    """It opens files, imports by name, asks for a fixture that does, or has a helper that does."""
    (payment / "tests" / "helper.py").write_text('"""Reads."""\n\nimport os\n')
    rules = payment / RULES
    rules.write_text(f"{rules.read_text()}\n{more}")
    assert RULES not in selected(payment, "workflow/list_import.asl.json").left_out


def test_a_change_of_end_to_end_tests_alone_runs_no_fast_test(payment: Path) -> None:
    """They are another command's."""
    assert not selected(payment, "tests/e2e/test_running.py").tests


def test_it_says_what_it_leaves_out() -> None:
    """By the files' names."""
    assert str(Selection((RULES,))).endswith(": tests/test_rules.py.")
    assert ":" not in str(Selection())
