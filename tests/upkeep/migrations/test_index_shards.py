"""An existing context writes the 16 keys of its indexes that the version before reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from template.upkeep.migrations.run import migrate
from template.upkeep.migrations.step import Step

from .repository import applied, written

FILE = "src/loan/context.py"
CONTEXT = '''"""The declaration."""

from bounded_context import Context

LOAN = Context(
    name="loan",
    # ours
    queried_by=("list",),  # as callers ask
    subscribers=(),
)
'''
STEP = Step("0.4.0", "v0_4_0.index_shards", "", of_team=True)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("queried", ['("list",)', '(\n        "list",\n        "status",\n    )'])
def test_a_declaration_with_an_index_gets_the_field(tmp_path: Path, queried: str, newline: str) -> None:
    """All other lines stay, and the code means the same."""
    content = CONTEXT.replace('("list",)', queried).replace("\n", newline)
    files, notes = applied("index_shards", tmp_path, {FILE: content})
    added = [line for line in files[FILE].splitlines() if "0.4.0" in line or "index_shards" in line]
    assert [line.strip() for line in added][1:] == ["index_shards=16,"]
    assert [line for line in files[FILE].splitlines() if line not in added] == content.splitlines()
    assert notes == []
    compile(files[FILE], FILE, "exec")
    assert applied("index_shards", tmp_path / "twice", files) == (files, [])


@pytest.mark.parametrize(
    "content",
    [
        CONTEXT.replace('    queried_by=("list",),  # as callers ask\n', ""),
        CONTEXT.replace("    subscribers=", "    index_shards=32,\n    subscribers="),
        "",
    ],
    ids=["no index", "with the field", "empty"],
)
def test_other_declarations_stay(tmp_path: Path, content: str) -> None:
    """Without an index, no query reads by its keys."""
    assert applied("index_shards", tmp_path, {FILE: content}) == ({FILE: content}, [])


@pytest.mark.parametrize(
    "line",
    [
        '    name="loan", queried_by=("list",),\n',
        '    queried_by=("list",), name="loan",\n',
        '    queried_by=("list",)\n',
    ],
)
def test_a_declaration_of_another_form_is_left_to_the_team(tmp_path: Path, line: str) -> None:
    """The note names the file and the field."""
    content = f"from bounded_context import Context\n\nLOAN = Context(\n{line})\n"
    files, [note] = applied("index_shards", tmp_path, {FILE: content})
    assert files == {FILE: content}
    assert note.startswith(FILE)
    assert "index_shards=16" in note


def test_the_merge_keeps_the_line(tmp_path: Path) -> None:
    """In the old bake too, the merge would take the line for one that the new version removes."""
    bake, team = (written(tmp_path / name, {FILE: CONTEXT}) for name in ("old", "team"))
    assert migrate([STEP], bake, team) == []
    assert (bake / FILE).read_text() == CONTEXT
    assert "index_shards=16" in (team / FILE).read_text()
