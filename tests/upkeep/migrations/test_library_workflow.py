"""The state machine and the steps of lists that the library supplies since 0.5.0."""

from __future__ import annotations

import hashlib
import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
from bounded_context_cli.eject import function_of

from template.library import CODE
from template.names import REPOSITORY
from template.upkeep.migrations.v0_5_0.library_workflow import ORIGINALS, PROGRAM, WORKFLOW
from template.upkeep.releases import release

from .repository import read, written

RELEASED = release("0.4.0").commit
STEPS, PROJECT = "src/payment/list_steps.py", "pyproject.toml"
CHANGED = {
    WORKFLOW: ('  "TimeoutSeconds": 86400,\n', '  "TimeoutSeconds": 7200,\n'),
    STEPS: ("    return steps.import_part(", "    # ours\n    return steps.import_part("),
}


def released(path: str) -> str:
    """A file of 0.4.0."""
    command = ["git", "show", f"{RELEASED}:{path}"]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if result.returncode:
        pytest.skip(result.stderr)
    return result.stdout


@pytest.fixture
def bake() -> dict[str, str]:
    """The files of the step in the bake of 0.4.0."""
    return {path: released(f"examples/payment/{path}") for path in (WORKFLOW, STEPS, PROGRAM, PROJECT)}


def applied(tmp_path: Path, files: dict[str, str], template: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Apply the step twice; the second time changes no file."""
    repository, baked = written(tmp_path / "team", files), written(tmp_path / "bake", template)
    apply = import_module("template.upkeep.migrations.v0_5_0.library_workflow").apply
    notes = list(apply(repository, baked))
    after = read(repository)
    list(apply(repository, baked))
    assert read(repository) == after
    return after, notes


def test_an_unedited_bake_gets_the_lines_of_the_new_version(bake: dict[str, str], tmp_path: Path) -> None:
    """A new version of the event, which `context contracts` writes, is no edit."""
    edited = {**bake, WORKFLOW: bake[WORKFLOW].replace("ListImported:1.0", "ListImported:1.3")}
    files, notes = applied(tmp_path, edited, bake)
    example = REPOSITORY / "examples" / "payment"
    assert (files.keys(), notes) == (bake.keys() - {WORKFLOW}, [])
    assert files[STEPS] == (example / STEPS).read_text(encoding="utf-8")
    assert files[PROJECT] == bake[PROJECT]
    assert "DEFINITION" not in files[PROGRAM] and "pathlib" not in files[PROGRAM]
    assert "workflow = Workflow(IMPORT, stack, live, table=table, inbox=inbox, fanout=fanout)\n" in files[PROGRAM]


def test_edited_parts_stay_and_are_recorded(bake: dict[str, str], tmp_path: Path) -> None:
    """With the digests of their originals; unedited steps go."""
    edited = {**bake, **{path: bake[path].replace(*change) for path, change in CHANGED.items()}}
    files, _ = applied(tmp_path, edited, bake)
    assert files[WORKFLOW] == edited[WORKFLOW]
    assert function_of(files[STEPS], "import_list") == function_of(edited[STEPS], "import_list")
    assert "import PartEvent, VerificationEvent, VerificationSettings, step\n" in files[STEPS]
    assert [name for name in ("register_list", "validate_list") if function_of(files[STEPS], name)] == []
    lines = [f'"{name}" = "{ORIGINALS[name]}"\n' for name in ("workflow", "step import_list")]
    assert files[PROJECT] == f"{bake[PROJECT]}\n[tool.bounded-context.ejected]\n{''.join(lines)}"


def test_a_definition_of_another_file_becomes_an_argument(bake: dict[str, str], tmp_path: Path) -> None:
    """The path that the program uses elsewhere stays, too."""
    more = 'settle = Workflow("settle", stack, Path("settle.json"), live, table=table)\nprint(DEFINITION)\n'
    files, _ = applied(tmp_path, {**bake, PROGRAM: bake[PROGRAM] + more}, bake)
    assert 'Workflow("settle", stack, live, table=table, definition=Path("settle.json"))\n' in files[PROGRAM]
    assert "\nDEFINITION = Path(" in files[PROGRAM]
    assert "from pathlib import Path\n" in files[PROGRAM]


def test_a_module_that_uses_a_removed_step_is_named(bake: dict[str, str], tmp_path: Path) -> None:
    """Only if the step is removed."""
    own = {"tests/test_own.py": "from payment.list_steps import import_list\n"}
    _, notes = applied(tmp_path / "removed", {**bake, **own}, bake)
    assert [note.partition(":")[0] for note in notes] == ["tests/test_own.py"]
    edited = {STEPS: bake[STEPS].replace(*CHANGED[STEPS])}
    assert applied(tmp_path / "edited", {**bake, **own, **edited}, bake)[1] == []


def test_line_ends_stay(bake: dict[str, str], tmp_path: Path) -> None:
    """Also those of the record."""
    edited = {path: text.replace("\n", "\r\n") for path, text in bake.items()}
    edited[WORKFLOW] = edited[WORKFLOW].replace("86400", "7200")
    files, _ = applied(tmp_path, edited, bake)
    assert {path for path, text in files.items() if text.count("\n") != text.count("\r\n")} == set()
    assert files[STEPS].count("def ") == 2


def test_the_recorded_digests_equal_those_of_the_released_originals() -> None:
    """The digests of the library's text for the released lines."""
    library = CODE["runtime"] / "handlers" / "list_steps.py"
    steps = released(f"examples/payment/{STEPS}").replace("@step(PAYMENT, ", "@_step(")
    originals = {name: function_of(steps, name.partition(" ")[2]) for name in ORIGINALS if name != "workflow"}
    workflow = released(f"examples/payment/{WORKFLOW}")
    for text, placeholder in (
        ("urn:event-schema:payment:PaymentListImported:1.0", "list_imported_schema"),
        ("PaymentListImported", "list_imported"),
        ('"VerifySubscription"', "verification"),
        ('"payment"', "source"),
    ):
        quoted = f'"${{{placeholder}}}"' if text.startswith('"') else f"${{{placeholder}}}"
        workflow = workflow.replace(text, quoted)
    digests = {
        name: hashlib.sha256((text or "").encode()).hexdigest()[:16]
        for name, text in {**originals, "workflow": workflow}.items()
    }
    assert digests == ORIGINALS
    assert re.search(r"^@_step\(", library.read_text(encoding="utf-8"), re.MULTILINE)
