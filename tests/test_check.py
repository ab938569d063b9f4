"""`context check --changed` of a repository finds what the whole check finds, whatever kind of file is wrong."""

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from template.bake import bake
from template.processes import environment

# What is wrong: the file, what stands there, what is planted, and the beginning of its remedy.
PLANTED = {
    "a rule": (
        "src/payment/use_cases.py",
        "moved_to(Status.VERIFIED)",
        "moved_to(Status.REGISTERED)",
        "src/payment/use_cases.py:28: No command ",
    ),
    "a type": (
        "src/payment/use_cases.py",
        "    payments.remove(current)\n    return current\n",
        "    payments.remove(current)\n    return payments\n",
        "src/payment/use_cases.py:40: Returned ",
    ),
    "an import": (
        "src/payment/use_cases.py",
        "from bounded_context import Aggregates, expected\n",
        "from bounded_context import Aggregates, expected\n\nfrom .context import PAYMENT as _  # noqa: F401\n",
        "src/payment/use_cases.py:5: ",
    ),
    "style": ("src/payment/commands.py", '"""\n\n', '"""\n\nimport os\n', "src/payment/commands.py:3: "),
    "a function": (
        "infra/service/functions.py",
        "    **standard_presets(PAYMENT),\n",
        "",
        "infra/service/__main__.py:",
    ),
    "a stack": ("infra/service/Pulumi.prod.yaml", "protect: true", "protect: false", "infra/service/__main__.py:"),
    "the workflow": (
        "workflow/list_import.asl.json",
        '"ValidateList": {',
        '"Validate": {',
        "workflow/list_import.asl.json:27: The states ",
    ),
    "a document": ("events/asyncapi.json", '"asyncapi"', '"asyncpi"', "events/asyncapi.json "),
    "a test": ("tests/test_rules.py", "Status.VERIFIED, 2)", "Status.VERIFIED, 3)", "tests/test_rules.py:"),
    "a setting": ("pyproject.toml", "line-length = 120", "line-length = 60", "lint: "),
}

# Each alone runs most of a check: by default, one of each step is planted beside the others.
TOGETHER = ("a rule", "a type", "style")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default answers, baked, with an environment and a first commit."""
    project = bake(tmp_path_factory.mktemp("checked"))
    git = ("git", "-c", "user.name=A", "-c", "user.email=a@example.org")
    commands = (
        ("uv", "sync", "--quiet"),
        ("uv", "run", "--quiet", "context", "eject", "workflow"),
        (*git, "init", "--quiet"),
        (*git, "add", "."),
        (*git, "commit", "--quiet", "-m", "First"),
    )
    for command in commands:
        subprocess.run(command, cwd=project, env=environment(), check=True)
    return project


@pytest.fixture
def clean(repository: Path) -> Iterator[Path]:
    """It, as it was committed."""
    yield repository
    subprocess.run(["git", "reset", "--quiet", "--hard"], cwd=repository, check=True)


def check(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `context check` in the repository's own environment."""
    command = ["uv", "run", "--quiet", "context", "check", *arguments]
    return subprocess.run(command, cwd=project, env=environment(), capture_output=True, text=True, check=False)


def plant(kind: str, project: Path) -> str:
    """Write what is wrong into its file, and return the beginning of its remedy."""
    name, right, wrong, place = PLANTED[kind]
    file = project / name
    text = file.read_text(encoding="utf-8")
    assert right in text
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    return place


def assert_named(places: Iterable[str], project: Path) -> None:
    """Each begins a numbered remedy, or the line of its step."""
    result = check(project, "--changed")
    assert result.returncode == 1, result.stdout + result.stderr
    for place in places:
        assert any(line.lstrip(" .0123456789").startswith(place) for line in result.stdout.splitlines()), result.stdout


@pytest.mark.slow
def test_all_planted_faults_are_reported_at_once(clean: Path) -> None:
    """A red step of a check hides no other."""
    assert_named([plant(kind, clean) for kind in TOGETHER], clean)


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize("kind", PLANTED)
def test_each_planted_fault_is_reported_with_its_place(kind: str, clean: Path) -> None:
    """Also where it is the only thing, and the check runs no more than that can break."""
    assert_named([plant(kind, clean)], clean)


@pytest.mark.slow
def test_a_right_change_passes_and_the_skipped_tests_are_named(clean: Path) -> None:
    """A changed test runs alone."""
    (clean / "tests" / "test_more.py").write_text("def test_more():\n    assert True\n")
    result = check(clean, "--changed")
    (clean / "tests" / "test_more.py").unlink()
    assert result.returncode == 0, result.stdout + result.stderr
    first, *rest = result.stdout.splitlines()
    assert first.startswith("Left out")
    assert ": tests/test_list.py, " in first
    assert any(line.startswith("test: 1 passed") for line in rest), rest


def test_no_step_runs_without_a_change(clean: Path) -> None:
    """The output is one line without the name of a step."""
    result = check(clean, "--changed")
    [line] = result.stdout.splitlines()
    assert (result.returncode, ":" in line) == (0, False)
