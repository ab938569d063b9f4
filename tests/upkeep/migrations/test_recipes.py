"""The justfile: the template's recipes leave it, and nothing that the team wrote is lost."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .repository import applied

JUSTFILE = """# Lists what there is
set positional-arguments

# Style
lint:
    uv run ruff check .
    uv run ruff format --check .

# Build
package:
    uv run python -m bounded_context.package

deploy stack: package
    pulumi up --stack {{stack}}
"""
SEED = "\n# Fill a stack\nseed stack: deploy\n    echo {{stack}}\n\n    echo done\n"


def test_the_templates_justfile_is_removed(tmp_path: Path) -> None:
    """Without any note."""
    assert applied("recipes", tmp_path, {"justfile": JUSTFILE}, {"justfile": JUSTFILE}) == ({}, [])


def test_a_repository_without_a_justfile_stays(tmp_path: Path) -> None:
    """Its team removed the file."""
    assert applied("recipes", tmp_path, {"README.md": "ours\n"}, {"justfile": JUSTFILE}) == (
        {"README.md": "ours\n"},
        [],
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_own_recipes_remain_with_the_recipes_that_they_need(tmp_path: Path, end: str) -> None:
    """Also the recipes that those need; the note names the team's recipe."""
    own = (JUSTFILE + SEED).replace("\n", end)
    files, notes = applied("recipes", tmp_path, {"justfile": own}, {"justfile": JUSTFILE})
    left = files["justfile"]
    assert [left.count(name) for name in ("seed stack:", "deploy stack:", "package:", "lint:")] == [1, 1, 1, 0]
    assert f"echo {{{{stack}}}}{end}{end}    echo done{end}" in left
    assert left.count("\r") == (left.count("\n") if end == "\r\n" else 0)
    assert [note.partition(" remain")[0] for note in notes] == ["justfile: your recipes seed"]


def test_a_changed_check_moves_to_the_settings(tmp_path: Path) -> None:
    """With its other commands, and beside the settings that are there."""
    changed = JUSTFILE.replace("--check .\n", "--check .\n    uv run python spelling.py\n")
    settings = '# ours\n[tool.bounded-context]\ncopyleft = ["x"]\n\n[tool.other]\na = 1\n'
    files, notes = applied(
        "recipes", tmp_path, {"justfile": changed, "pyproject.toml": settings}, {"justfile": JUSTFILE}
    )
    assert set(files) == {"pyproject.toml"}
    tables = tomllib.loads(files["pyproject.toml"])["tool"]
    command = "ruff check . && ruff format --check . && python spelling.py"
    assert tables == {"bounded-context": {"copyleft": ["x"], "check": {"lint": command}}, "other": {"a": 1}}
    assert (files["pyproject.toml"].startswith("# ours\n"), notes) == (True, [])


RECIPES = (
    'seed stack="dev": package\n    echo {{stack}}\n',
    "seed stack='a:b' *args: (deploy stack)\n    echo {{args}}\n",
    "@seed $stack +args: && package\n    echo {{args}}\n",
    "[private]\n[no-cd]\nseed:\n    echo\n",
    "# Fills it\n# with rows\nseed:\n    #!/usr/bin/env python\n    print('it''s')\n\n    print(1)\n",
    "seed url=`echo a:b`: \\\n  package\n    echo {{url}}\n",
    "_seed:\n    @echo don't\n",
)
STATEMENTS = (
    "alias s := deploy\n",
    'export STAGE := env("STAGE", "dev")\nunexport HOME\n',
    "set dotenv-load\nset shell := ['bash', '-c']\n",
    'region := \'eu-west-1\' # ours\ntext := """\n  lint:\n\nlint:\n"""\nboth := (\n  region + text\n)\n',
    "import? 'own.just'\nmod tools\nmod? more 'more.just'\n",
    "# A remark of ours\n",
)
PLACES = {
    "at the end": lambda own: f"{JUSTFILE}\n{own}",
    "after a recipe": lambda own: JUSTFILE.replace("\n# Build\n", f"{own}\n# Build\n"),
    "above a comment of the template": lambda own: JUSTFILE.replace("# Build\n", f"{own}# Build\n"),
    "at the start": lambda own: f"{own}\n{JUSTFILE}",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("own", [*RECIPES, *STATEMENTS, "".join([*STATEMENTS, *RECIPES[:1]])])
def test_each_line_of_the_team_remains(tmp_path: Path, own: str, place: str) -> None:
    """Recipes with arguments of all kinds, attributes and scripts; aliases, imports, modules, settings, variables."""
    files, notes = applied("recipes", tmp_path, {"justfile": PLACES[place](own)}, {"justfile": JUSTFILE})
    assert own in files["justfile"]
    assert files["justfile"].startswith("set positional-arguments\n")
    assert "lint:\n    uv run" not in files["justfile"]
    used = "deploy" if "deploy" in own else "package" if "package" in own else ""
    assert all(f"\n{name}" in files["justfile"] for name in {"deploy": ("deploy", "package")}.get(used, [used]))
    assert [note.partition(" remain")[0] for note in notes] in (
        ["justfile: your recipes seed"], ["justfile: your recipes _seed"], ["justfile: your lines"],
    )  # fmt: skip


ITEMS = [*STATEMENTS[1:], *(RECIPES[0].replace("seed", name) for name in ("fill", "test", "_drain"))]


@settings(max_examples=40)
@given(
    own=st.lists(st.tuples(st.integers(0, 4), st.sampled_from(ITEMS), st.booleans()), unique_by=lambda item: item[1])
)
def test_no_order_of_items_loses_one(
    tmp_path_factory: pytest.TempPathFactory, own: list[tuple[int, str, bool]]
) -> None:
    """Between all items of the template, with or without empty lines."""
    parts = [f"{part.strip()}\n\n" for part in JUSTFILE.split("\n\n")]
    for place, item, apart in own:
        parts.insert(place, f"{item}\n" if apart else item)
    mixed = "".join(parts)
    files, notes = applied("recipes", tmp_path_factory.mktemp("just"), {"justfile": mixed}, {"justfile": JUSTFILE})
    left = files.get("justfile", "")
    assert [item for _, item, _ in own if item not in left] == []
    assert (bool(left), bool(notes)) == (bool(own), bool(own))


def test_a_recipe_of_an_imported_file_keeps_its_dependencies(tmp_path: Path) -> None:
    """The imported file itself does not change."""
    own = {"justfile": f"import 'own.just'\n{JUSTFILE}", "own.just": "seed: package\n    echo\n"}
    files, _ = applied("recipes", tmp_path, own, {"justfile": JUSTFILE})
    assert "\npackage:\n" in files["justfile"]
    assert files["own.just"] == own["own.just"]


def test_the_list_of_recipes_stays_the_first_recipe(tmp_path: Path) -> None:
    """Otherwise `just` without arguments would run the team's recipe."""
    template = JUSTFILE.replace("# Style\n", "_list:\n    @just --list\n\n# Style\n")
    files, _ = applied("recipes", tmp_path, {"justfile": template + SEED}, {"justfile": template})
    assert files["justfile"].index("_list:") < files["justfile"].index("seed stack:")


@pytest.mark.parametrize(
    "changed",
    [
        JUSTFILE.replace("# Style\n", "# Style\n# as we agreed\n").replace("format --check", "format --diff"),
        JUSTFILE.replace("    uv run ruff format", "    # as we agreed\n    uv run ruff format"),
        JUSTFILE.replace("lint:\n", "lint: package\n"),
        JUSTFILE.replace("lint:\n", "[private]\nlint:\n"),
    ],
    ids=["a comment above", "a comment in the recipe", "a dependency", "an attribute"],
)
def test_a_check_with_more_than_a_changed_command_is_left_to_the_team(tmp_path: Path, changed: str) -> None:
    """The settings of a check have no place for it."""
    files, [note] = applied("recipes", tmp_path, {"justfile": changed}, {"justfile": JUSTFILE})
    assert "lint:" in files["justfile"]
    assert note.startswith("justfile: your lint remains there")


@pytest.mark.parametrize("line", ["uv run mypy | tee log", "if true; then mypy; fi", "mypy {{stack}}"])
def test_a_check_that_needs_a_shell_is_left_to_the_team(tmp_path: Path, line: str) -> None:
    """The recipe remains, and the note names it."""
    changed = JUSTFILE.replace("--check .\n", f"--check .\n    {line}\n")
    files, [note] = applied("recipes", tmp_path, {"justfile": changed}, {"justfile": JUSTFILE})
    assert line in files["justfile"]
    assert note.startswith("justfile: your lint remains there")
