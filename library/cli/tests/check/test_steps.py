"""The remedies of a check: a line for each fault that a step reports, and the place of an error."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from bounded_context_cli.check.steps import BREAKS, COMMANDS, FILE, MOST, listed, record, remedies
from bounded_context_infra.configuration.project import placed, syntax_errors

MODEL, TEST = "src/payment/model.py", "tests/test_rules.py"

OUTPUTS = {
    "lint": (
        f"{MODEL}:3:1: F401 [*] `os` unused\n",
        [f"{MODEL}:3: "],
    ),
    "types": (f" INFO 1 error\nERROR {MODEL}:24:12-13: Returned type `int` [bad-return]\n", [f"{MODEL}:24: "]),
    "imports": ("payment.model must not import boto3:\n\n-   payment.model -> boto3 (l.5)\n", [f"{MODEL}:5: "]),
    "prices": ("1 price.\nError: infra/service/Pulumi.dev.yaml: partners is 1: write a map.\n", ["infra/service/"]),
    "spelling": (f".venv/lib/click.py:9: teh\n{TEST}:7: teh -> the\n", [f"{TEST}:7: "]),
    "links": ("error: unexpected argument\n", ["links: "]),
}
"""The output of a step, and the beginning of each of its remedies."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with two modules and an environment."""
    for name in (MODEL, TEST, ".venv/lib/click.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def failing(root: Path, file: str, code: str) -> Exception:
    """Write a module, execute it, and return the exception that it raises."""
    (root / file).write_text(code)
    with pytest.raises(Exception) as raised:
        runpy.run_path(str(root / file))
    return raised.value


@pytest.mark.parametrize("step", OUTPUTS)
def test_a_step_has_a_remedy_for_each_fault(step: str, root: Path) -> None:
    """A file of a package in the environment is not named."""
    output, beginnings = OUTPUTS[step]
    advice = remedies(root, step, output, {})
    assert [remedy.startswith(start) for remedy, start in zip(advice, beginnings, strict=True)] == [True] * len(advice)


def test_a_file_with_another_style_has_the_command_that_repairs_it(root: Path) -> None:
    """The output is that of the pinned ruff."""
    (root / TEST).write_text("x = 1\ny = (2)\ndef f(): return x\n")
    command = [sys.executable, "-m", "ruff", "format", "--check", "."]
    output = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603  our own
    [remedy] = remedies(root, "lint", output.stdout, {})
    assert remedy.startswith(f"{TEST}:")
    assert "uv run context fix" in remedy


def test_tests_that_fail_for_one_reason_have_one_remedy(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is that of the code, or of the comparison in the test. A promise has a remedy for each breach."""
    monkeypatch.setenv(FILE, str(root / "remedies"))
    broken = failing(root, MODEL, "x = 1\nx.y\n")
    for test in ("one", "two"):
        record(broken, f"{TEST}::{test}", [], root)
    record(failing(root, TEST, "\n\nassert 1 == 2, 'text\\n' * 40\n"), f"{TEST}::three", [], root)
    record(AssertionError("breaches"), f"{TEST}::four", ["A: write B.", "C: write D."], root)
    error, comparison, *breaches = remedies(root, "test", "", {FILE: str(root / "remedies")})
    assert error.startswith(f"{MODEL}:2: AttributeError")
    assert comparison.startswith(f"{TEST}:3: three ")
    assert len(comparison.splitlines()) <= 15
    assert breaches == ["A: write B.", "C: write D."]


def test_a_fault_that_remains_does_not_stop_the_formatting(tmp_path: Path) -> None:
    """A long line is formatted, and then is no fault for the linter."""
    (tmp_path / "ruff.toml").write_text('[lint]\nselect = ["E501", "F821"]\n')
    (tmp_path / "rules.py").write_text(f"missing\nresult = print({', '.join(['1234567890'] * 9)})\n")
    run = subprocess.run(COMMANDS["fix"], shell=True, cwd=tmp_path, check=False, capture_output=True, text=True)  # noqa: S602
    assert ("F821" in run.stdout, "E501" in run.stdout) == (True, False)
    assert max(map(len, (tmp_path / "rules.py").read_text().splitlines())) <= 88


def test_a_list_has_each_remedy_once_and_a_limit() -> None:
    """The first line has the number of all remedies."""
    assert len(listed(["a", "b", "a"]).splitlines()) == 3
    first, *rest = listed(map(str, range(100))).splitlines()
    assert (first.split()[0], len(rest)) == ("100", MOST - 1)
    assert "and 87 more" in rest[-1]
    assert len(listed([*"abc", "\n".join("x" * 10), "d"]).splitlines()) <= MOST


def test_documents_that_one_change_makes_outdated_have_one_remedy(root: Path) -> None:
    """None while the change breaks the contract: the documents would store it."""
    documents = [
        f"{name} does not match the code: run `uv run context contracts`." for name in ("a.md", "b.md", "c.md")
    ]
    file = root / "remedies"
    file.write_text("".join(f"{sentence}\0" for sentence in (*documents, "A: write B.")))
    first, joined = remedies(root, "test", "", {FILE: str(file)})
    assert (first, joined) == ("A: write B.", documents[0].replace(": run", ", and 2 more documents: run"))
    file.write_text(f"{file.read_text()}x is gone: undo it (`uv run {BREAKS}`).\0")
    assert remedies(root, "test", "", {FILE: str(file)}) == ["A: write B.", f"x is gone: undo it (`uv run {BREAKS}`)."]


def test_the_exceptions_of_a_line_have_one_remedy(root: Path) -> None:
    """That which says what to write. Other lines, and other tests, keep theirs."""
    at, raised = f"{MODEL}:2: ", "AttributeError: 'A' has no 'amuont': write amount."
    sentences = (f"{at}RuleFailed: correct this line.", f"{at}AttributeError: write amount.", f"{at}{raised}")
    others = (f"{MODEL}:3: KeyError: 'x'", f"{TEST}:9: one fails: 1 == 2")
    file = root / "remedies"
    file.write_text("".join(f"{sentence}\0" for sentence in (*sentences, *others)))
    assert remedies(root, "test", "", {FILE: str(file)}) == [f"{at}{raised}", *others]


def test_a_field_that_breaks_stored_data_has_one_remedy(root: Path) -> None:
    """Its contracts are as before after the remedy. The contracts of other fields are reported."""
    field = f"{MODEL}:2: payer is gone, and 0.1.0 cannot read data without it: give it a default (`uv run {BREAKS}`)."
    effects = (
        "A 1.0 cannot be read as before: payer is gone.",
        "GET /a: the answer's payer is gone, and callers rely on it.",
    )
    other = "GET /a: the answer's amount is gone, and callers rely on it."
    file = root / "remedies"
    file.write_text("".join(f"{sentence}\0" for sentence in (*effects, other, field)))
    assert remedies(root, "test", "", {FILE: str(file)}) == [other, field]


RATES = 'RATES = {"standard": 1, "reduced": 2}\n'


@pytest.mark.parametrize(
    ("code", "end"),
    [
        (f'{RATES}RATES["standrad"]\n', ":2: KeyError: 'standrad': write standard."),
        (f'{RATES}def of(rates, name):\n    return rates[name]\n\nof(RATES, "standrad")\n', ": write standard."),
        (f'{RATES}OTHER = {{"standrad": "reducd"}}\nRATES[OTHER["standrad"]]\n', ": write reduced."),
        (f'{RATES}RATES["gross"]\n', ": correct this line."),
        (f"{RATES}RATES[7]\n", ":2: KeyError: 7: correct this line."),
        (f"{RATES}raise KeyError\n", ":2: KeyError: correct this line."),
        (f'{RATES}raise KeyError(["standard"], RATES)\n', ": correct this line."),
        ('import os\n\nos.environ["PAHT"]\n', ":3: KeyError: 'PAHT': correct this line."),
    ],
)
def test_a_missing_key_has_the_nearest_name(code: str, end: str, root: Path) -> None:
    """Of the mappings in the line that do not have it."""
    sentence = placed(failing(root, MODEL, code), root)
    assert sentence.startswith(f"{MODEL}:")
    assert sentence.endswith(end)


def test_an_error_is_placed_in_the_repository(root: Path) -> None:
    """Also if a package raises it, or if Python cannot read the file. A sentence with a place keeps its place."""
    unread = failing(root, MODEL, "import json\n\njson.loads('{')\n")
    assert placed(unread, root).startswith(f"{MODEL}:3: JSONDecodeError")
    (root / TEST).write_text("x = 1\ndef (\n")
    [broken] = syntax_errors(root, root / "src", root / "tests")
    assert broken.startswith(f"{TEST}:2: ")
    assert placed(ValueError(f"{TEST}:9: it is 1: write 2."), root) == f"{TEST}:9: it is 1: write 2."
    assert placed(ValueError("x is 1: write 2."), root) == "pyproject.toml: x is 1: write 2."
