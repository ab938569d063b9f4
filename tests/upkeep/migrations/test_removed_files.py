"""Files that the library or another file replaces leave the repository."""

from pathlib import Path

import pytest

from template.upkeep.migrations.v0_4_0.removed_files import NOTES

from .repository import applied

BAKED = {name: f"{name} as baked\n" for name in NOTES}
OTHER = {"tests/test_rules.py": "rules\n"}


def test_unchanged_files_are_removed(tmp_path: Path) -> None:
    """Other tests stay. Line ends are not a change."""
    ours = {name: text.replace("\n", "\r\n") for name, text in BAKED.items()}
    assert applied("removed_files", tmp_path, ours | OTHER, BAKED | OTHER) == (OTHER, [])


@pytest.mark.parametrize("name", NOTES)
def test_a_changed_file_stays_with_a_note(name: str, tmp_path: Path) -> None:
    """The note names the file. The other files are removed."""
    changed = {name: BAKED[name] + "# ours\n"}
    after, [note] = applied("removed_files", tmp_path, BAKED | changed, BAKED)
    assert after == changed
    assert note.startswith(f"{name}: you changed it, so it stays")


def test_a_repository_without_the_files_has_no_note(tmp_path: Path) -> None:
    """The team removed them earlier."""
    assert applied("removed_files", tmp_path, OTHER, BAKED | OTHER) == (OTHER, [])
