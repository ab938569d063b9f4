"""The last line of a program exports its outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from .repository import applied

PROGRAM = "infra/service/__main__.py"
IMPORTS = "from bounded_context.infra import (\n    Observability,\n    Stack,\n)\n\n"
EXPORTED = (
    "from bounded_context.infra import (\n    Components,\n    Observability,\n    Stack,\n    export_outputs,\n)\n\n"
)
MADE = "components = Components(stack, table)\nobservability = Observability(components)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Observability(stack, table)\n", f"{MADE}export_outputs(components, observability)\n"),
        (
            "Observability(stack, table)\nLedger(stack)  # ours\n",
            f"{MADE}Ledger(stack)  # ours\nexport_outputs(components, observability)\n",
        ),
        (
            "seen = Observability(stack)  # ours\n",
            "components = Components(stack)\nseen = Observability(components)  # ours\nexport_outputs(components, seen)\n",
        ),
        (
            "Observability(stack, table=table)\n",
            f"{MADE.replace('(stack, table)', '(stack, table=table)')}export_outputs(components, observability)\n",
        ),
    ],
    ids=["the template's", "a resource after it", "a name", "keywords"],
)
def test_the_outputs_are_exported_after_everything_else(tmp_path: Path, before: str, after: str) -> None:
    """The components have the arguments that Observability had."""
    files, notes = applied("outputs", tmp_path, {PROGRAM: IMPORTS + before})
    lines = [line for line in files[PROGRAM].splitlines(keepends=True) if not line.startswith("# The last line")]
    assert ("".join(lines), notes) == (EXPORTED + after, [])


def test_a_program_without_observability_is_left_to_the_team(tmp_path: Path) -> None:
    """The note has the file and the function."""
    files, [note] = applied("outputs", tmp_path, {PROGRAM: IMPORTS + "Own(stack)\n"})
    assert files[PROGRAM] == IMPORTS + "Own(stack)\n"
    assert note.startswith(f"{PROGRAM}: ")
    assert "export_outputs(Components(...), ...)" in note


def test_a_repository_without_a_program_stays(tmp_path: Path) -> None:
    """Its team moved the file."""
    assert applied("outputs", tmp_path, {"README.md": "ours\n"}) == ({"README.md": "ours\n"}, [])
