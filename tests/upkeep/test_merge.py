"""What becomes of a file that the template changed, the team changed, or both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from template.upkeep.apply import apply
from template.upkeep.errors import CannotTell
from template.upkeep.merge import Merge, Merged
from template.upkeep.pins import Pins

from .team import Team

Files = Mapping[str, "str | bytes | None"]

PROJECT = 'dependencies = ["bounded-context[runtime]==1.0.0"]\nline-length = 120\n'
TEXT = "".join(f"line {number}\n" for number in range(1, 21))


def _written(folder: Path, files: Files) -> Path:
    folder.mkdir(parents=True)
    for path, content in files.items():
        if content is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def merged(tmp_path: Path, before: Files, team: Files, template: Files) -> tuple[Team, Merged]:
    """Bake, let the team and the template each change files (None removes one), and update."""
    base: Files = {"pyproject.toml": PROJECT, **before}
    ours = Team(_written(tmp_path / "repository", base))
    for path, content in team.items():
        (ours.folder / path).unlink() if content is None else ours.write(path, content)
    if team:
        ours.commit()
    new: Files = {"pyproject.toml": PROJECT.replace("1.0.0", "2.0.0"), **{**before, **template}}
    merge = Merge(ours.folder, tmp_path / "merge")
    folders = _written(tmp_path / "old" / "x", base), _written(tmp_path / "new" / "x", new)
    result = merge.run(*folders, Pins("1.0.0", "2.0.0"))
    apply(merge, result, "Update")
    return ours, result


def test_changes_of_the_template_arrive_and_changes_of_the_team_stay(tmp_path: Path) -> None:
    """File by file, and line by line."""
    ours, result = merged(
        tmp_path,
        {"a": TEXT, "b": TEXT, "c": TEXT},
        {"b": "ours\n", "c": TEXT.replace("line 20\n", "line 20\nours\n"), "own": "own\n"},
        {"a": "theirs\n", "c": TEXT.replace("line 1\n", "theirs\nline 1\n"), "new": "new\n"},
    )
    assert [ours.read(path) for path in ("a", "b", "own", "new")] == ["theirs\n", "ours\n", "own\n", "new\n"]
    assert ours.read("c") == "theirs\n" + TEXT + "ours\n"
    assert not result.conflicts
    assert ours.status() == {"a": "M ", "c": "M ", "new": "A ", "pyproject.toml": "M "}


def test_both_sides_of_a_conflict_are_marked_and_unmerged_in_git(tmp_path: Path) -> None:
    """The team settles it with the tools that it has for merges."""
    ours, result = merged(tmp_path, {"a": "one\n"}, {"a": "ours\n"}, {"a": "theirs\n"})
    assert ours.read("a") == "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> template-2.0.0\n"
    assert set(result.conflicts) == {"a"}
    assert ours.status()["a"] == "UU"
    assert ours.git("show", ":2:a") == "ours\n"


def test_the_librarys_pin_is_never_a_conflict(tmp_path: Path) -> None:
    """Its line is one to which teams add."""
    own = PROJECT.replace("1.0.0", '1.0.0", "httpx==1.0.0').replace("line-length", "# ours\nline-length")
    ours, result = merged(tmp_path, {}, {"pyproject.toml": own}, {})
    assert not result.conflicts
    assert ours.read("pyproject.toml") == own.replace("]==1.0.0", "]==2.0.0")


def test_files_that_the_team_removed_stay_removed(tmp_path: Path) -> None:
    """Also if the template changed it: that is said."""
    ours, result = merged(tmp_path, {"a": TEXT, "b": TEXT}, {"a": None, "b": None}, {"a": TEXT + "more\n"})
    assert not (ours.folder / "a").exists()
    assert not (ours.folder / "b").exists()
    assert (result.left_out, result.conflicts) == (["a"], {})


def test_files_that_the_template_dropped_go_unless_the_team_changed_them(tmp_path: Path) -> None:
    """Then it stays, and that is said."""
    ours, result = merged(tmp_path, {"a": "1\n", "b": "2\n"}, {"a": "ours\n"}, {"a": None, "b": None})
    assert ours.read("a") == "ours\n"
    assert not (ours.folder / "b").exists()
    assert (result.kept, result.conflicts) == (["a"], {})


def test_a_change_follows_a_file_that_the_other_side_renamed(tmp_path: Path) -> None:
    """In both directions."""
    ours, result = merged(
        tmp_path,
        {"a": TEXT, "b": TEXT.replace("line", "row")},
        {"a": None, "ours": TEXT, "b": TEXT.replace("line", "row") + "ours\n"},
        {"a": TEXT + "theirs\n", "b": None, "theirs": TEXT.replace("line", "row")},
    )
    assert not result.conflicts
    assert ours.read("ours") == TEXT + "theirs\n"
    assert ours.read("theirs") == TEXT.replace("line", "row") + "ours\n"


def test_a_file_keeps_the_line_ends_that_the_team_gave_it(tmp_path: Path) -> None:
    """With them, each line would be another one, and all of the file a conflict."""
    windows = TEXT.replace("\n", "\r\n")
    ours, result = merged(tmp_path, {"a": TEXT}, {"a": windows + "ours\r\n"}, {"a": "theirs\n" + TEXT})
    assert not result.conflicts
    assert ours.read("a") == "theirs\r\n" + windows + "ours\r\n"


def test_a_file_without_a_last_newline_is_merged(tmp_path: Path) -> None:
    """It ends as the team ended it."""
    ours, result = merged(tmp_path, {"a": TEXT}, {"a": TEXT + "ours"}, {"a": "theirs\n" + TEXT})
    assert (ours.read("a"), result.conflicts) == ("theirs\n" + TEXT + "ours", {})


def test_a_binary_file_that_both_changed_stays_and_is_a_conflict(tmp_path: Path) -> None:
    """No marker can stand in it."""
    ours, result = merged(tmp_path, {"a.png": b"\0one"}, {"a.png": b"\0ours"}, {"a.png": b"\0theirs"})
    assert (ours.folder / "a.png").read_bytes() == b"\0ours"
    assert (set(result.conflicts), ours.status()["a.png"]) == ({"a.png"}, "UU")
    assert ours.git("show", ":3:a.png") == "\0theirs"


def test_a_link_that_replaces_a_file_stays(tmp_path: Path) -> None:
    """What is new comes beside it."""
    base: Files = {"pyproject.toml": PROJECT, "a": TEXT, "target": "x\n"}
    ours = Team(_written(tmp_path / "repository", base))
    (ours.folder / "a").unlink()
    (ours.folder / "a").symlink_to("target")
    ours.commit()
    merge = Merge(ours.folder, tmp_path / "merge")
    old, new = _written(tmp_path / "old" / "x", base), _written(tmp_path / "new" / "x", {**base, "new": "new\n"})
    apply(merge, merge.run(old, new, Pins("1.0.0", "2.0.0")), "Update")
    assert (ours.folder / "a").is_symlink()
    assert ours.read("new") == "new\n"


@pytest.mark.parametrize(("path", "before"), [("events/asyncapi.json", "{}\n"), ("AGENTS.md", None)])
def test_documents_that_both_created_stay_and_are_named(path: str, before: str | None, tmp_path: Path) -> None:
    """Markers in JSON help nobody: a command makes it again. A team may have had the file before the template."""
    ours, result = merged(tmp_path, {path: before}, {path: '{"ours": 1}\n'}, {path: '{"theirs": 1}\n'})
    assert (ours.read(path), result.to_make, result.conflicts) == ('{"ours": 1}\n', [path], {})


@pytest.mark.parametrize("before", ["generated\n", None])
def test_a_page_about_lists_that_the_team_wrote_is_a_conflict(before: str | None, tmp_path: Path) -> None:
    """The command that generates the page would replace it. A page of the old version is generated again."""
    page = "docs/lists.md"
    _, result = merged(tmp_path, {page: before}, {page: "ours\n"}, {page: "theirs\n"})
    assert (list(result.conflicts), result.to_make) == (([], [page]) if before else ([page], []))


def test_the_record_is_the_new_versions(tmp_path: Path) -> None:
    """The record is the template's own."""
    ours, _ = merged(tmp_path, {".template.json": "1\n"}, {".template.json": "ours\n"}, {".template.json": "2\n"})
    assert ours.read(".template.json") == "2\n"


def test_a_file_that_git_ignores_is_not_written_over(tmp_path: Path) -> None:
    """Git could not give it back."""
    base: Files = {"pyproject.toml": PROJECT, ".gitignore": "secret\n"}
    ours = Team(_written(tmp_path / "repository", base))
    ours.write("secret", "ours\n")
    before = ours.everything()
    merge = Merge(ours.folder, tmp_path / "merge")
    new = {"pyproject.toml": PROJECT, ".gitignore": "", "secret": "theirs\n"}
    folders = _written(tmp_path / "old" / "x", base), _written(tmp_path / "new" / "x", new)
    result = merge.run(*folders, Pins("1.0.0", "2.0.0"))
    with pytest.raises(CannotTell, match=r"/secret .*move it away"):
        apply(merge, result, "Update")
    assert ours.everything() == before


def test_one_command_undoes_the_merge(tmp_path: Path) -> None:
    """Changed, removed and new files alike."""
    ours, _ = merged(
        tmp_path,
        {"a": "1\n", "b": "1\n", "c": "1\n"},
        {"a": "ours\n", "c": "ours\n"},
        {"a": "theirs\n", "b": None, "c": None, "new": "new\n"},
    )
    ours.git("reset", "--hard")
    files = {path: content for path, content in ours.everything().items() if path not in ("HEAD", "index")}
    assert files == {"pyproject.toml": PROJECT.encode(), "a": b"ours\n", "b": b"1\n", "c": b"ours\n"}
    assert ours.status() == {}


LINES = st.lists(st.sampled_from([f"{number}" for number in range(6)]), max_size=8)
PATHS = ("a", "b/c", "d")
TREES = st.fixed_dictionaries({path: st.none() | LINES for path in PATHS})


@pytest.mark.slow
@settings(max_examples=15)
@given(base=TREES, team=TREES, template=TREES)
def test_no_line_that_a_team_wrote_is_lost(
    tmp_path_factory: pytest.TempPathFactory,
    base: dict[str, list[str] | None],
    team: dict[str, list[str] | None],
    template: dict[str, list[str] | None],
) -> None:
    """Whatever files both sides add, change, rename or remove: it is there, or between markers."""
    own = {
        path: lines and [f"team {line}" if line in "024" else line for line in lines] for path, lines in team.items()
    }
    sides = ({path: _text(lines) for path, lines in tree.items()} for tree in (base, own, template))
    before, ours, theirs = sides
    there = {path: content for path, content in before.items() if content is not None}
    changes = {path: content for path, content in ours.items() if content is not None or path in there}
    repository, _ = merged(tmp_path_factory.mktemp("merge"), there, changes, theirs)
    written = {line for lines in own.values() for line in lines or () if line.startswith("team")}
    contents = (content.decode() for path, content in repository.everything().items() if path != "index")
    kept = {line for content in contents for line in content.split("\n")}
    assert written <= kept


def _said(line: str) -> str:
    return f"team {line}" if line in "024" else line


def _text(lines: list[str] | None) -> str | None:
    return None if lines is None else "".join(f"{line}\n" for line in lines)
