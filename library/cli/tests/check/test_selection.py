"""Which tests a changed file can break: what surely cannot is left out, and in doubt nothing is."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bounded_context_cli.check.selection import OWN_PROMISES, Selection
from bounded_context_infra.configuration.project import VARIABLE, current

MODEL, LIST, RULES, STACK = (f"tests/test_{name}.py" for name in ("model", "list", "rules", "stack"))
OF_STACK = """from bounded_context_cli.testing.graph import run


def test_production_keeps_its_table():
    assert run("prod").one("dynamodb/table").protect
"""
OF_MODEL = "from payment.context import PAYMENT\nfrom payment.use_cases import register_payment\n"
DOUBTFUL = ("pyproject.toml", "CODEOWNERS", "tests/conftest.py", "src/payment/gone.py", "new.txt")
READING = (
    "from pathlib import Path\n",
    "import importlib\n",
    "def test_more(functions): ...\n",
    "from tests import helper\n",
)
TOLD = """
import dataclasses, json, sys
from bounded_context_cli.check.selection import selected
from bounded_context_infra.configuration.project import current

print(json.dumps(dataclasses.asdict(selected(current(), sys.argv[1:]))))
"""


@pytest.fixture
def payment(tmp_path: Path) -> Path:
    """A copy of the repository whose files a test may change."""
    folder = tmp_path / "Payment"
    ignored = shutil.ignore_patterns(".venv", "build", "vendor", "__pycache__", "test_promises.py")
    shutil.copytree(current().root, folder, ignore=ignored)
    (folder / STACK).write_text(OF_STACK)
    (folder / MODEL).write_text(OF_MODEL)
    (folder / "workflow").mkdir()
    (folder / "workflow" / "list_import.asl.json").write_text("{}")
    return folder


def selected(payment: Path, *files: str) -> Selection:
    """In a process of its own: these tests are themselves in a package that is called `tests`."""
    paths = os.pathsep.join(map(str, (payment, payment / "src")))
    variables = {**os.environ, VARIABLE: str(payment), "PYTHONPATH": paths}
    command = [sys.executable, "-c", TOLD, *files]
    document = json.loads(subprocess.check_output(command, cwd=payment, env=variables))  # noqa: S603
    return Selection(tuple(document["left_out"]), document["program"], document["tests"], document["promises"])


@pytest.mark.parametrize(
    ("file", "left_out", "program"),
    [
        ("src/payment/use_cases.py", set(), True),
        ("src/payment/list_steps.py", {MODEL, STACK}, False),
        ("src/payment/context.py", set(), True),
        ("infra/service/functions.py", {MODEL}, True),
        ("infra/service/Pulumi.prod.yaml", {MODEL}, True),
        ("workflow/list_import.asl.json", {MODEL}, True),
        ("events/asyncapi.json", {MODEL, STACK}, False),
        (MODEL, {LIST, RULES, STACK}, False),
        (STACK, {MODEL, LIST, RULES}, True),
    ],
)
def test_steps_that_a_change_cannot_break_are_skipped(
    payment: Path, file: str, left_out: set[str], program: bool
) -> None:
    """By its imports, and by what reads files that are no Python."""
    selection = selected(payment, file)
    assert (set(selection.left_out), selection.program, selection.tests) == (left_out, program, True)
    assert selection.promises is not file.startswith("tests/")


@pytest.mark.parametrize(
    ("file", "left_out"),
    [
        (MODEL, {LIST, RULES, STACK, OWN_PROMISES}),
        (OWN_PROMISES, {MODEL, LIST, RULES, STACK}),
        ("events/asyncapi.json", {MODEL, STACK}),
    ],
)
def test_a_file_of_own_promises_is_skipped_like_other_tests(payment: Path, file: str, left_out: set[str]) -> None:
    """The plugin then collects no promises, and has none to leave out."""
    (payment / OWN_PROMISES).write_text("from bounded_context_cli.promises import PROMISES\n")
    selection = selected(payment, file)
    assert (set(selection.left_out), selection.promises) == (left_out, True)


def test_a_change_of_documents_needs_only_promises(payment: Path) -> None:
    """Also in a repository without tests that read documents."""
    for name in (LIST, RULES):
        (payment / name).unlink()
    selection = selected(payment, "README.md")
    assert (set(selection.left_out), selection.program, selection.tests, selection.promises) == (
        {MODEL, STACK},
        False,
        True,
        True,
    )


@pytest.mark.parametrize("file", DOUBTFUL)
def test_an_unclear_change_skips_no_step(payment: Path, file: str) -> None:
    """What every tool reads, what no rule knows, and what is not there any more; one such file is enough."""
    assert selected(payment, MODEL, file) == Selection()


def test_a_module_that_cannot_be_read_leaves_everything_in(payment: Path) -> None:
    """Nobody knows what it would import."""
    (payment / "src" / "payment" / "use_cases.py").write_text("def (:\n")
    assert selected(payment, "src/payment/use_cases.py") == Selection()


@pytest.mark.parametrize("more", READING)
def test_a_test_that_may_read_any_file_is_not_skipped(payment: Path, more: str) -> None:
    """It opens files, imports by name, asks for a fixture that does, or has a helper that does."""
    (payment / "tests" / "helper.py").write_text('"""Reads."""\n\nimport os\n')
    rules = payment / MODEL
    rules.write_text(f"{rules.read_text()}\n{more}")
    assert MODEL not in selected(payment, "workflow/list_import.asl.json").left_out


def test_a_change_of_end_to_end_tests_alone_runs_no_fast_test(payment: Path) -> None:
    """They are another command's."""
    (payment / "tests" / "e2e").mkdir()
    (payment / "tests" / "e2e" / "test_running.py").write_text("def test_a_run(running): ...\n")
    selection = selected(payment, "tests/e2e/test_running.py")
    assert (selection.tests, selection.promises) == (False, False)


def test_the_check_names_the_skipped_steps() -> None:
    """By the files' names."""
    assert str(Selection((MODEL,))).endswith(f": {MODEL}.")
    assert str(Selection(program=False, promises=False)).endswith(": the promises.")
    assert Selection((MODEL,), program=False).arguments == (f"--ignore={MODEL}", "--leave-out-program")
    assert Selection(program=False, promises=False).arguments == ("--leave-out-promises",)
    assert ":" not in str(Selection())
