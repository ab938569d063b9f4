"""Reworded lines of the template, beside lines that the team changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from template.upkeep.wording import reword

OLD = 'class Data:\n    status: str = Field(title="old words")\n    list_id: str = Field(title="the list")\n'
NEW = 'class Data:\n    status: str = Field(title="new words")\n    list_id: str = Field(title="its list")\n'


def reworded(tmp_path: Path, old: str, new: str, ours: str, name: str = "a.py") -> str:
    """Return the team's file after the template's rewording."""
    folders = [tmp_path / side for side in ("old", "new", "ours")]
    for folder, content in zip(folders, (old, new, ours), strict=True):
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content.encode())
    reword(*folders)
    return (folders[2] / name).read_bytes().decode()


def test_new_words_are_added_beside_a_line_of_the_team(tmp_path: Path) -> None:
    """Between them, and after them."""
    own = OLD.replace("    list_id", "    note: str\n    list_id") + "    more: str\n"
    assert (
        reworded(tmp_path, OLD, NEW, own)
        == NEW.replace("    list_id", "    note: str\n    list_id") + "    more: str\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "ours"),
    [
        (
            "row_limit = 1  # the limit\n",
            "row_limit = 2  # the limit\n",
            "row_limit = 1  # the limit\n# ours\n",
        ),
        ("row_limit = 1  # the limit\n", "row_limit = 1  # a limit\n", "row_limit = 3  # the limit\n"),
        (
            "x = 1  # the one\nx = 1  # the one\n",
            "x = 1  # one\nx = 1  # one\n",
            "x = 1  # the one\nx = 1  # the one\n",
        ),
        ("row_limit = 1\n", "row_limit = 1  # new\n", "row_limit = 1\n"),
    ],
    ids=["other code", "the team's line", "twice", "no words"],
)
def test_other_lines_stay(tmp_path: Path, old: str, new: str, ours: str) -> None:
    """The merge decides about them."""
    assert reworded(tmp_path, old, new, ours) == ours


LINES = st.lists(
    st.sampled_from([f"value_number_{number} = {number}  # {words}" for number in range(3) for words in "ab"]),
    max_size=6,
)


@settings(max_examples=50)
@given(old=LINES, new=LINES, ours=LINES)
def test_no_code_of_the_team_changes(
    tmp_path_factory: pytest.TempPathFactory, old: list[str], new: list[str], ours: list[str]
) -> None:
    """Whatever the template rewords."""
    texts = ["\n".join(lines) for lines in (old, new, ours)]
    lines = reworded(tmp_path_factory.mktemp("words"), *texts).split("\n")
    assert [line.partition("#")[0] for line in lines] == [line.partition("#")[0] for line in texts[2].split("\n")]
    assert set(lines) <= set(new) | set(texts[2].split("\n"))
