"""All steps on bakes of earlier versions, as they are and with the edits of a team."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from matrix.pairs import rows, share
from matrix.values import NEVER, VALUES, answers_of

from template.library import VERSION
from template.upkeep.bakes import bakes_of
from template.upkeep.errors import CannotTell
from template.upkeep.migrations import migrate, steps
from template.upkeep.releases import release, releases
from template.upkeep.sources import sources

from ..edits import all_edits
from ..team import BakedBy
from .repository import read

EARLIER = [found.version for found in releases() if found.version != VERSION]
UPDATED = [*(pytest.param(one, marks=pytest.mark.nightly) for one in EARLIER[:-1]), EARLIER[-1]]
"""The released versions; all except the last are tested nightly."""
BINARY = (".git", ".whl")


def copied(folder: Path, to: Path) -> Path:
    """Return a copy without git's files and the wheel."""
    return Path(shutil.copytree(folder, to, ignore=shutil.ignore_patterns(*(f"*{ending}" for ending in BINARY))))


@pytest.mark.parametrize("version", UPDATED)
@pytest.mark.parametrize("edited", [False, True], ids=["as it was baked", "with a team's edits"])
def test_steps_that_are_applied_twice_change_nothing_more(
    baked_by: BakedBy, bakes: Callable[[str], Path], tmp_path: Path, version: str, edited: bool
) -> None:
    """After an update that was reverted, the same steps follow."""
    team = baked_by(version)
    if edited:
        all_edits(team)
    every = steps(release(version), release(VERSION))
    bake, folder = copied(bakes(version), tmp_path / "bake"), copied(team.folder, tmp_path / "copy")
    migrate(every, bake, folder)
    once = read(folder)
    migrate(every, bake, folder)
    assert read(folder) == once


@pytest.mark.parametrize("version", UPDATED)
def test_migrated_modules_are_those_of_a_new_bake(bakes: Callable[[str], Path], tmp_path: Path, version: str) -> None:
    """Lines that the steps write are the new version's, so they cause no conflicts."""
    bake = copied(bakes(version), tmp_path / "bake")
    migrate(steps(release(version), release(VERSION)), bake, copied(bakes(version), tmp_path / "copy"))
    today = read(copied(bakes(VERSION), tmp_path / "today"))
    found = read(bake)
    assert found["src/payment/list_steps.py"] == today["src/payment/list_steps.py"]
    # The merge after the steps adds the program of an account.
    new = {"infra/account/__main__.py"}
    assert {path for path in found if path.endswith(".py")} | new == {path for path in today if path.endswith(".py")}
    exports = [line for line in today["infra/service/__main__.py"].splitlines() if line.startswith("finish(")]
    assert found["infra/service/__main__.py"].splitlines()[-1:] == exports


@pytest.mark.nightly
@pytest.mark.e2e
@pytest.mark.parametrize("version", EARLIER)
def test_answers_of_all_kinds_lead_to_the_modules_of_a_new_bake(tmp_path: Path, version: str) -> None:
    """Long names, many commands, and contexts without an API, a lookup or subscribers."""
    # Earlier versions refuse regions of other partitions than `aws`, and have no context without lists.
    values = {
        **VALUES,
        "lists": {"import": VALUES["lists"]["import"]},
        "region": {name: of for name, of in VALUES["region"].items() if not name.startswith(("us-gov-", "cn-"))},
    }
    answers = [answers_of(row) for row in share(list(rows(values, NEVER)))]
    pairs = zip(_bakes(version, answers, tmp_path), _bakes(VERSION, answers, tmp_path), strict=True)
    both = [(old, new) for old, new in pairs if isinstance(old, Path) and isinstance(new, Path)]
    assert len(both) >= len(answers) / 2
    for number, (old, new) in enumerate(both):
        migrate(steps(release(version), release(VERSION)), old, copied(old, tmp_path / f"copy{number}"))
        for path in ("src/*/list_steps.py", "src/*/context.py"):
            [found], [wanted] = old.glob(path), new.glob(path)
            assert _code(found) == _code(wanted)


def _bakes(version: str, answers: list[dict[str, str]], folder: Path) -> list[Path | CannotTell]:
    with sources(release(version)) as tree:
        return bakes_of(release(version), tree, answers, folder / version)


def _code(path: Path) -> list[str]:
    """Return a module's lines without its docstring and its comments."""
    lines = path.read_text().splitlines()[1:]
    return [line for line in lines if not line.lstrip().startswith("#")]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("src/payment/context.py", "PAYMENT = (\n"),
        ("src/payment/handlers/remind.py", "from bounded_context import (\n"),
        ("infra/service/__main__.py", "from bounded_context.infra import (\n"),
    ],
)
def test_code_and_files_of_the_template_that_cannot_be_parsed_are_errors(
    baked_by: BakedBy, bakes: Callable[[str], Path], tmp_path: Path, path: str, content: str
) -> None:
    """With the remedy."""
    folder = copied(baked_by(EARLIER[-1]).folder, tmp_path / "copy")
    (folder / path).parent.mkdir(exist_ok=True)
    (folder / path).write_text(content)
    every = steps(release(EARLIER[-1]), release(VERSION))
    with pytest.raises(
        CannotTell, match=rf"^{path}: it cannot be parsed .*: correct and commit it, then update again\."
    ):
        migrate(every, copied(bakes(EARLIER[-1]), tmp_path / "bake"), folder)


BROKEN = {
    "scripts/imports.py": ("from bounded_context.pipeline import x\nprint x\n", "bounded_context"),
    "tests/lists.py": ('print 1, ["just", "check"]\n', "just"),
    "infra/service/ledger.py": ("from payment.context import x\nprint x\n", "context import"),
    "scripts/other.py": ('context = "just one", "-m"\nprint context\n', ""),
}
"""Files in Python 2, and the names that a note has."""


def test_other_files_that_cannot_be_parsed_stay_with_a_note(
    baked_by: BakedBy, bakes: Callable[[str], Path], tmp_path: Path
) -> None:
    """Without a note if a file contains no name that a step edits. The steps edit all other files."""
    folder, version = copied(baked_by(EARLIER[-1]).folder, tmp_path / "copy"), EARLIER[-1]
    for path, (content, _) in BROKEN.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(content)
    every = steps(release(version), release(VERSION))
    notes = migrate(every, copied(bakes(version), tmp_path / "bake"), folder)
    found = {note.partition(":")[0]: note.partition("look for ")[2].strip("`") for note in notes}
    assert found == {path: names for path, (_, names) in BROKEN.items() if names}
    files = read(folder)
    assert {path: (files[path], BROKEN[path][1]) for path in BROKEN} == BROKEN
    assert files["src/payment/list_steps.py"] == read(tmp_path / "bake")["src/payment/list_steps.py"]


def test_the_steps_of_the_versions_in_between_are_applied() -> None:
    """The oldest first; an update to the same or to an older version has none."""
    first, last = releases()[0], releases()[-1]
    versions = [found.version for found in releases()]
    found = [step.version for step in steps(first, last)]
    assert found == sorted(found, key=versions.index)
    assert set(found) <= set(versions[1:])
    assert (steps(last, last), steps(last, first)) == ([], [])
    assert {step.version for step in steps(releases()[-2], last)} <= {last.version}
