"""``template update --answer lists=...``: lists come and go, unless a team has its own code in them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from template.bake import bake
from template.library import VERSION
from template.upkeep.errors import CannotTell
from template.upkeep.migrations.v0_5_0.optional_files import FILES

from .team import BakedBy, Team, copied
from .test_update import UPDATED, updated

STEPS, MACHINE = "src/payment/list_steps.py", "workflow/list_import.asl.json"
OF_LISTS = {STEPS, "tests/test_list.py"}
TOLERANCE = "  payment:tolerated_share: 0.05 # the default before 0.4.0; 0 imports all of a list or none\n"


def baked(team: Team) -> dict[str, bytes]:
    """The team's files, without git's."""
    return {path: content for path, content in team.everything().items() if path not in ("HEAD", "index")}


def expected(folder: Path) -> dict[str, bytes]:
    """The files of a bake."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bake of this version without lists."""
    return bake(tmp_path_factory.mktemp("without"), {"context_name": "Payment", "lists": "none"})


@pytest.mark.parametrize("version", [VERSION, *UPDATED])
def test_unchanged_lists_are_removed(baked_by: BakedBy, without: Path, version: str) -> None:
    """The repository becomes the bake without lists, but for the description, which is an answer.

    The update to 0.4.0 wrote a setting of lists into all stacks.
    """
    team = baked_by(version)
    for path in team.folder.glob("infra/service/Pulumi.*.yaml"):
        team.insert(f"infra/service/{path.name}", "config:\n", TOLERANCE)
    team.commit()
    description = "Registers payments from commands, and publishes events about them."
    assert updated(team, lists="none", description=description).merged.conflicts == {}
    files = expected(without)
    assert {path: content for path, content in baked(team).items() if path in files or path not in FILES} == files


def test_lists_are_added(without: Path, bakes: Callable[[str], Path], tmp_path: Path) -> None:
    """The way back leads to the bake with lists."""
    team = Team(copied(without, tmp_path))
    description = "Registers payments from commands and lists, and publishes events about them."
    assert updated(team, lists="import", description=description).merged.conflicts == {}
    assert baked(team) == expected(bakes(VERSION))


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (STEPS, "# our own check\n"),
        (MACHINE, "\n"),
        ("tests/test_list.py", "# our own test\n"),
        ("workflow/own.asl.json", "{}\n"),
    ],
)
def test_lists_with_code_of_the_team_are_refused(baked_by: BakedBy, path: str, content: str) -> None:
    """In a sentence with the file; nothing is changed, and no other answer is refused for it."""
    team = baked_by(VERSION)
    team.write(path, (team.read(path) if path in OF_LISTS else "") + content)
    team.commit()
    before = team.everything()
    with pytest.raises(CannotTell) as refused:
        updated(team, lists="none")
    assert str(refused.value).startswith(f"{path}: ")
    assert team.everything() == before
    updated(team, owner="others")
    assert team.read(path).endswith(content)


@pytest.mark.slow
def test_edited_code_of_lists_stays_as_ejected_code(baked_by: BakedBy) -> None:
    """A definition and a step that the team edited before 0.5.0; the library supplies the other steps."""
    team = baked_by("0.4.0")
    team.replace(MACHINE, '  "TimeoutSeconds": 86400,\n', '  "TimeoutSeconds": 7200,\n')
    team.replace(STEPS, "    return steps.import_part(", "    # ours\n    return steps.import_part(")
    team.insert(STEPS, "        aws.obeys(PAYMENT),\n", "        payable,\n")
    team.commit()
    definition = team.read(MACHINE)
    assert updated(team).merged.conflicts == {}
    assert team.read(MACHINE) == definition
    steps = team.read(STEPS)
    assert ("# ours" in steps, "payable," in steps, "def register_list(" in steps) == (True, True, False)
    ejected = tomllib.loads(team.read("pyproject.toml"))["tool"]["bounded-context"]["ejected"]
    assert set(ejected) == {"workflow", "step import_list"}


def test_edits_beside_lists_stay(baked_by: BakedBy) -> None:
    """A field, a rule and a queue of the team survive the removal of lists, without a conflict."""
    team = baked_by(VERSION)
    edits = {
        "src/payment/model.py": ("    payer: Annotated[Text, Personal]\n", "    note: Text | None = None\n"),
        "src/payment/use_cases.py": ("    payments.add(created)\n", "    # our own rule\n"),
        "infra/service/__main__.py": ("    Stack,\n", "    WorkQueue,\n"),
        "infra/service/Pulumi.prod.yaml": ("  payment:protect: true\n", "  payment:debug_percent: 5\n"),
    }
    for path, (line, added) in edits.items():
        team.insert(path, line, added)
    team.commit()
    assert updated(team, lists="none").merged.conflicts == {}
    assert not [path for path in OF_LISTS if (team.folder / path).exists()]
    assert [path for path, (_, added) in edits.items() if added not in team.read(path)] == []
