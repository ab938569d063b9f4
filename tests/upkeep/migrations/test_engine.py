"""The engine of migration steps, with planted steps on small files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import libcst as cst
import pytest

from template.upkeep import releases
from template.upkeep.errors import CannotTell
from template.upkeep.migrations import migrate, step, steps
from template.upkeep.migrations.files import edit
from template.upkeep.migrations.layout import WIDTH, fitted_call, fitted_function
from template.upkeep.migrations.python import add_import, docstring, imports, modules, parsed, remove_imports
from template.upkeep.releases import Release

from .repository import planted, read, rename, written

OLD, NEW = "from bounded_context.old import Preset\n", "from bounded_context.new import Preset\n"
RENAME = planted(rename)


def add_line(repository: Path, _template: Path) -> Iterable[str]:
    """Add a line to a file"""
    edit(repository / "a", lambda text: text if "added" in text else f"{text}added\n")
    yield "a: read the added line."


def test_both_sides_are_edited(tmp_path: Path) -> None:
    """The old bake and the team's files, with its comments and line ends. The notes are those of the team's files."""
    own = "# ours\r\nfrom bounded_context.old import Preset  # why\r\n\r\nx = Preset()\r\n"
    bake = written(tmp_path / "bake", {"a": "1\n", "a.py": OLD})
    team = written(tmp_path / "team", {"a": "2\n", "a.py": OLD, "own.py": own, "b.txt": OLD})
    assert migrate([RENAME, planted(add_line)], bake, team) == ["a: read the added line."]
    assert read(bake) == {"a": "1\nadded\n", "a.py": NEW}
    files = read(team)
    assert (files["a"], files["a.py"], files["b.txt"]) == ("2\nadded\n", NEW, OLD)
    assert "from bounded_context.new import Preset" in files["own.py"]
    assert "x = Preset()\r\n" in files["own.py"]
    again = read(team)
    migrate([RENAME, planted(add_line)], bake, team)
    assert read(team) == again


def test_a_step_of_the_team_keeps_the_old_bake(tmp_path: Path) -> None:
    """So that the merge keeps what it adds."""
    bake, team = written(tmp_path / "bake", {"a": "1\n"}), written(tmp_path / "team", {"a": "1\n"})
    migrate([planted(add_line, of_team=True)], bake, team)
    assert (read(bake), read(team)) == ({"a": "1\n"}, {"a": "1\nadded\n"})


def test_a_step_compares_with_the_bake_after_the_previous_step(tmp_path: Path) -> None:
    """Not with the bake that the step itself edits."""
    seen = list[str]()

    def look(repository: Path, template: Path) -> Iterable[str]:
        seen.append(read(template)["a"])
        edit(repository / "a", str.upper)
        return ()

    bake, team = written(tmp_path / "bake", {"a": "1\n"}), written(tmp_path / "team", {"a": "2\n"})
    migrate([planted(add_line), planted(look)], bake, team)
    assert seen == ["1\nadded\n"] * 2
    assert read(team) == {"a": "2\nADDED\n"}


@pytest.mark.parametrize(
    ("path", "names"),
    [("src/a.py", ("bounded_context",)), ("infra/program.py", ("bounded_context",)), ("scripts/own.py", ())],
    ids=["code of the service", "a file of the template", "a step for this file alone"],
)
def test_a_file_that_cannot_be_parsed_is_an_error(tmp_path: Path, path: str, names: tuple[str, ...]) -> None:
    """With the remedy."""
    bake = written(tmp_path / "bake", {"infra/program.py": OLD})
    team = written(tmp_path / "team", {path: "from bounded_context import (\n"})

    def parse(repository: Path, _template: Path) -> Iterable[str]:
        for file in repository.glob(path):
            list(modules(repository, *names)) if names else parsed(repository, file)
        return ()

    with pytest.raises(CannotTell, match=rf"^{path}: it cannot be parsed .*: correct and commit it, then update again"):
        migrate([planted(parse)], bake, team)


BROKEN = {
    "scripts/other.py": ("print x\n", ""),
    "scripts/release.py": ("from bounded_context import old\nprint x\n", "bounded_context"),
}
"""Files in Python 2, and the names that a note has."""


def test_another_file_that_cannot_be_parsed_stays_with_a_note(tmp_path: Path) -> None:
    """Without a note if a file contains no name that a step edits. The steps edit all other files."""
    bake = written(tmp_path / "bake", {"a.py": OLD})
    team = written(tmp_path / "team", {"a.py": OLD, **{path: content for path, (content, _) in BROKEN.items()}})
    notes = migrate([RENAME, planted(add_line)], bake, team)
    names_by_path = {note.partition(":")[0]: note.partition("look for ")[2].strip("`") for note in notes[:-1]}
    assert names_by_path == {path: names for path, (_, names) in BROKEN.items() if names}
    assert read(team) == {"a.py": NEW, **{path: content for path, (content, _) in BROKEN.items()}}


def test_the_steps_of_the_versions_in_between_are_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest first; an update to the same or to an older version has none."""
    versions = [Release(f"1.{number}.0", "", "") for number in range(3)]
    every = tuple(planted(add_line, f"1.{number}.0") for number in (2, 1, 0, 1))
    monkeypatch.setattr(step, "_STEPS", every)
    monkeypatch.setattr(releases, "releases", lambda: tuple(versions))
    assert steps(versions[2], versions[0]) == steps(versions[2], versions[2]) == []
    assert [migration.version for migration in steps(versions[0], versions[2])] == ["1.1.0"] * 2 + ["1.2.0"]


SOURCE = '"""A."""\n\nimport os\n\nfrom a import B\n\n# ours\nfrom .c import D\n'


@pytest.mark.parametrize(
    ("source", "names", "line"),
    [
        ("a", ("c", "A"), "from a import A, B, c\n"),
        ("re", ("sub",), "import os\nfrom re import sub\n\nfrom a"),
        ("b", ("C",), "from a import B\nfrom b import C\n\n# ours\n"),
        (".d", ("E",), "from .c import D\nfrom .d import E\n"),
        ("..d", ("E",), "from a import B\n\nfrom ..d import E\n# ours\nfrom .c import D\n"),
        ("a", tuple(f"Name{number:02}" for number in range(20)), "from a import (\n    B,\n    Name00,\n"),
    ],
)
def test_an_import_is_added_in_its_place(source: str, names: tuple[str, ...], line: str) -> None:
    """As isort orders it. It can be removed again."""
    before = cst.parse_module(SOURCE)
    added = add_import(before, source, *names)
    assert line in added.code
    remaining = cst.parse_module(remove_imports(added, source, *names).code)
    assert list(imports(remaining)) == list(imports(before))
    assert docstring(added.body) == '"""A."""'


def test_a_long_call_is_laid_out_as_ruff_does() -> None:
    """In one indented line if it fits, else a line for each argument. A signature likewise."""
    for count, lines in ((9, 3), (20, 22)):
        arguments = ", ".join(f"argument{number:02}" for number in range(count))
        call = cst.ensure_type(cst.parse_expression(f"function({arguments})"), cst.Call)
        code = cst.Module([]).code_for_node(fitted_call(call, ""))
        function = cst.ensure_type(cst.parse_statement(f"def long_name({arguments}): ...\n"), cst.FunctionDef)
        signature = cst.Module([]).code_for_node(fitted_function(function))
        assert (len(code.splitlines()), max(map(len, code.splitlines())) <= WIDTH) == (lines, True)
        assert signature.splitlines()[0].startswith("def long_name(")
        assert code.splitlines()[1] == (f"    {arguments}" if lines == 3 else "    argument00,")
