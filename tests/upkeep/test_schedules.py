"""Updates while a person works: no schedule loses a byte, and each planted fault loses one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from template.upkeep import apply as writing
from template.upkeep import commands, replace, reports
from template.upkeep.git import Git
from template.upkeep.replace import Entry, Replacement

from .schedules import FIRST, WRITTEN, Lost, Schedule, draw, files, run, update
from .worlds import World, world

FEW, DEFAULT, NIGHTLY = 10, 200, 5_000


class Space:
    """The repositories of all kinds, and the number of moments of their updates."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.world = cache(self._world)
        self.moments = cache(self._moments)

    def draw(self, seed: int) -> Schedule:
        """Draw the schedule of a seed."""
        return draw(seed, self.world, self.moments)

    def _world(self, kind: str) -> World:
        like = None if kind in ("plain", "without conflict", "with submodule") else self.world("plain")
        return world(kind, self._folder / kind.replace(" ", "-"), like)

    def _moments(self, kind: str, whole: bool) -> int:
        sample_world = self.world(kind)
        sample_world.reset()
        FIRST[kind] = files(sample_world.run)
        count = 0

        def moment(*_: object) -> None:
            nonlocal count
            count += 1

        result = update(sample_world, whole, moment)
        assert result.status in (0, 1), result.output
        WRITTEN[kind, whole] = files(sample_world.run)
        return count


@pytest.fixture(scope="module")
def space() -> Iterator[Space]:
    """The repositories of all kinds, in memory if possible: a schedule takes a third of the time."""
    memory = Path("/dev/shm")  # noqa: S108
    with TemporaryDirectory(prefix="template-", dir=memory if memory.is_dir() else None) as folder:
        yield Space(Path(folder).resolve())


def violation(space: Space, seed: int) -> str | None:
    """Run the schedule of a seed; return the broken rule with the schedule."""
    schedule = space.draw(seed)
    try:
        run(schedule)
    except Lost as lost:
        return f"seed {seed}, {schedule.world.kind}, whole={schedule.whole}: {lost}; {schedule.person.log}"
    return None


def _violations(space: Space, seeds: range) -> list[str]:
    return [problem for seed in seeds if (problem := violation(space, seed))]


@pytest.mark.parametrize("seeds", [range(FEW), pytest.param(range(FEW, DEFAULT), marks=pytest.mark.slow)], ids=str)
def test_no_schedule_loses_a_byte(space: Space, seeds: range) -> None:
    """A person saves at any moment, and git is interrupted at any moment."""
    assert _violations(space, seeds) == []


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(10))
def test_no_schedule_of_a_night_loses_a_byte(space: Space, part: int) -> None:
    """More schedules of the same kinds."""
    size = (NIGHTLY - DEFAULT) // 10
    assert _violations(space, range(DEFAULT + part * size, DEFAULT + (part + 1) * size)) == []


def _accept_all(files: Replacement) -> None:
    for entry in files._entries:
        files._committed[entry.path] = replace._file(files._path(entry))


def _reset_hard(git: Git, *_: object) -> str:
    git.run("reset", "--hard", "--quiet")
    return "no file was changed"


def _write_in_place(files: Replacement, entry: Entry) -> None:
    path = files._path(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    files._placed[entry.path] = replace._file(files._new / entry.path)
    path.write_bytes((files._new / entry.path).read_bytes())


def _restore_all(files: Replacement, entry: Entry) -> bool:
    files._path(entry).unlink(missing_ok=True)
    if files._aside(entry).exists():
        files._aside(entry).rename(files._path(entry))
    return True


PLANTS: dict[str, tuple[int, list[tuple[object, str, object]]]] = {
    "all contents are accepted": (47, [(Replacement, "compare", _accept_all)]),
    "the comparison is that of git status": (47, [(Replacement, "_is_committed", lambda *_: True)]),
    "files aside are not compared": (56, [(Replacement, "_require_unchanged", lambda *_: None)]),
    "files that are open for writing are deleted": (260, [(replace, "_is_written", lambda _: False)]),
    "new files replace others": (30, [(replace, "_move", lambda file, path: file.replace(path))]),
    "new files are written in place": (31, [(Replacement, "_place", _write_in_place)]),
    "errors reset all files": (5, [(writing, "_undone", _reset_hard)]),
    "errors restore without a comparison": (7, [(Replacement, "_restored", _restore_all)]),
    "errors restore no file": (5, [(Replacement, "undo", lambda _: [])]),
    "errors do not restore the index": (5, [(writing, "_undone", lambda _git, files, _: files.undo() and "no")]),
    "the remedy resets all files": (7, [(writing, "UNDO", "git reset --hard"), (reports, "UNDO", "git reset --hard")]),
    "an update starts in a bisect": (15, [(writing, "require_finished", lambda *_, **__: None)]),
    "an update starts during an update": (316, [(commands, "exclusive", nullcontext)]),
}
"""Faults, each with the first seed that is tried, and its changes of the code: object, attribute, and new value."""


@pytest.mark.parametrize("fault", PLANTS)
def test_a_schedule_detects_each_planted_fault(space: Space, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The schedules of the default test detect it, or some of a night. A good first seed saves time."""
    first, changes = PLANTS[fault]
    space.draw(first)
    for target, name, value in changes:
        monkeypatch.setattr(target, name, value)
    assert any(violation(space, seed) for seed in (first, *range(2 * DEFAULT)))
