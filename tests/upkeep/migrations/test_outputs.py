"""The last line of a program exports its outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from .repository import applied

PROGRAM = "infra/service/__main__.py"
IMPORTS = "from bounded_context.infra import (\n    Observability,\n    Stack,\n)\n\n"
EXPORTED = "from bounded_context.infra import (\n    Observability,\n    Stack,\n    export_outputs,\n)\n\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "Observability(stack, table)\n",
            "observability = Observability(stack, table)\nexport_outputs(stack, table, observability)\n",
        ),
        (
            "Observability(stack, table)\nLedger(stack)  # ours\n",
            "observability = Observability(stack, table)\nLedger(stack)  # ours\nexport_outputs(stack, table, observability)\n",
        ),
        ("seen = Observability(stack)\n", "seen = Observability(stack)\nexport_outputs(stack, seen)\n"),
        (
            "Observability(stack, table=table)\n",
            "observability = Observability(stack, table=table)\n"
            "export_outputs(stack, table=table, observability=observability)\n",
        ),
    ],
    ids=["the template's", "a resource after it", "a name", "keywords"],
)
def test_the_outputs_are_exported_after_everything_else(tmp_path: Path, before: str, after: str) -> None:
    """With the arguments of Observability."""
    files, notes = applied("outputs", tmp_path, {PROGRAM: IMPORTS + before})
    lines = [line for line in files[PROGRAM].splitlines(keepends=True) if not line.startswith("# The last line")]
    assert ("".join(lines), notes) == (EXPORTED + after, [])


def test_a_program_without_observability_is_left_to_the_team(tmp_path: Path) -> None:
    """The note has the file and the function."""
    files, [note] = applied("outputs", tmp_path, {PROGRAM: IMPORTS + "Own(stack)\n"})
    assert files[PROGRAM] == IMPORTS + "Own(stack)\n"
    assert note.startswith(f"{PROGRAM}: ")
    assert "export_outputs(...)" in note


def test_a_repository_without_a_program_stays(tmp_path: Path) -> None:
    """Its team moved the file."""
    assert applied("outputs", tmp_path, {"README.md": "ours\n"}) == ({"README.md": "ours\n"}, [])
