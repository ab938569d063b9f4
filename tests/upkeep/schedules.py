"""Schedules of updates: what a person and git do at each moment, drawn from a seed, and the check of the result."""

from __future__ import annotations

import errno
import io
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from template.upkeep import commands
from template.upkeep import update as merging
from template.upkeep.apply import apply
from template.upkeep.errors import CannotTell

from .moments import moments, unwatched
from .person import Person, contents
from .worlds import KINDS, World

BEFORE = ("skip-worktree", "assume-unchanged", "bisect", "stage", "lock", "save", "delete", "commit")
"""Actions before the command starts."""

_REFUSED = 2
_LEFT = re.compile(r"template-[0-9a-z_]{8}")
"""Names of the update's temporary files."""

_LOCKED = 2
"""The moments before a command holds its lock: the search for git's folder, and its access."""


class Killed(BaseException):
    """The end of the process: no code of the update runs afterwards."""


class Lost(AssertionError):
    """A schedule broke a rule."""


@dataclass
class Result:
    """The end of an update: its exit status (None if it was killed), and its output."""

    status: int | None
    output: str


@dataclass
class Schedule:
    """A schedule: actions and faults by their moments; ``whole`` runs the command, otherwise only its write."""

    seed: int
    world: World
    whole: bool
    before: int
    at: Mapping[int, str]
    random: Random
    person: Person = field(init=False)

    def __post_init__(self) -> None:
        self.person = Person(self.world.folder, self.random)


def draw(seed: int, worlds: Callable[[str], World], moments_of: Callable[[str, bool], int]) -> Schedule:
    """Draw a schedule."""
    random = Random(seed)  # noqa: S311
    whole = random.random() < 0.1
    kind = random.choice(("plain", "without conflict", "worktree") if whole else tuple(KINDS))
    last = moments_of(kind, whole)
    events = random.choices(
        ("act", "kill", "fault", "second update"), (12, 3, 3, whole and 3), k=random.choice((1, 1, 2, 3))
    )
    times = sorted(random.randrange(last) for _ in events)
    return Schedule(seed, worlds(kind), whole, random.random() < 0.15, dict(zip(times, events, strict=True)), random)


def run(schedule: Schedule) -> None:
    """Run a schedule. Raises Lost if a rule is broken."""
    world, person = schedule.world, schedule.person
    world.reset()
    if schedule.before:
        person.act(BEFORE)
    begun, interference = person.bisecting, _Interference(schedule)
    result = update(world, schedule.whole, interference)
    person.end_saves()
    person.unlock()
    if result.status in (0, 1) and begun:
        raise Lost("an update in a bisect")
    if any(second.status in (0, 1) for second in interference.second):
        raise Lost("an update during an update")
    _check(schedule, result)


class _Interference:
    """Acts at the moments of a schedule."""

    def __init__(self, schedule: Schedule) -> None:
        self.count, self._schedule, self.second = 0, schedule, list[Result]()

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen" and {"reset", "--hard"} <= set(map(str, arguments[1])):
            raise Lost("the update runs git reset --hard")
        self.count += 1
        name, person = self._schedule.at.get(self.count), self._schedule.person
        if name == "act":
            person.act(near=self._path(arguments))
        elif name == "kill":
            person.log.append(f"kill before {event}")
            raise Killed
        elif name == "fault":
            person.log.append(f"fault in {event}")
            raise OSError(errno.ENOSPC, "No space left on device")
        elif name == "second update" and self.count > _LOCKED:
            person.log.append("second update")
            self.second.append(update(self._schedule.world, True, lambda *_: None))

    def _path(self, arguments: tuple[Any, ...]) -> str:
        """Return the path in the repository that a moment concerns."""
        return str(arguments[0]).removeprefix(f"{self._schedule.world.folder}/")


def update(world: World, whole: bool, moment: Callable[[str, tuple[Any, ...]], None]) -> Result:
    """Run the command ``template update`` or only its write."""
    output, status = io.StringIO(), None
    redirected = (redirect_stdout(output), redirect_stderr(output))
    with _stand_ins(world), redirected[0], redirected[1], unwatched(), suppress(Killed), moments(world.run, moment):
        status = _command(world) if whole else _write(world, output)
    return Result(status, output.getvalue())


@contextmanager
def _stand_ins(world: World) -> Iterator[None]:
    """Bakes are copies, the repository's own commands write its lock, and a killed process cleans nothing up."""

    def bake(_release: object, _tree: Path, answers: Mapping[str, str], folder: Path) -> Path:
        return Path(shutil.copytree(world.new if answers["owner"] == "x" else world.old, folder / "order"))

    def context(repository: Path, _command: str, _quiet: bool) -> int:
        with suppress(OSError):
            (repository / "uv.lock").write_text("version = 1\n")
        return 0

    def leave(folder: TemporaryDirectory[str], kind: type[BaseException] | None, *_: object) -> None:
        if kind is not Killed:
            folder.cleanup()

    with (
        patch.object(merging, "bake_of", bake),
        patch.object(commands, "_context", context),
        patch.object(TemporaryDirectory, "__exit__", leave),
        patch.object(tempfile, "tempdir", str(world.place / "temporary")),
    ):
        yield


def _command(world: World) -> int:
    try:
        return commands.update(world.folder, None, ["owner=x"], True, False, False)
    except OSError:
        # A process that cannot be started after the write.
        return 1


def _write(world: World, output: io.StringIO) -> int:
    try:
        apply(world.merge, world.merged, "Update")
    except (CannotTell, OSError) as error:
        output.write(str(error))
        return _REFUSED
    return 1


def _check(schedule: Schedule, result: Result) -> None:
    _check_saved(schedule, "after the update")
    if "reset --hard" in result.output:
        raise Lost("the output recommends git reset --hard")
    if result.status in (0, 1):
        _check_files(schedule, WRITTEN[schedule.world.kind, schedule.whole])
    elif result.status == _REFUSED and "stashes all changes" not in result.output:
        _check_files(schedule, FIRST[schedule.world.kind])
        _check_index(schedule)
    if result.status is None or "`" in result.output:
        _follow_remedies(schedule)


FIRST: dict[str, Mapping[str, bytes]] = {}
"""The files before an update, by the kind of the repository."""

WRITTEN: dict[tuple[str, bool], Mapping[str, bytes]] = {}
"""The files after an undisturbed update, by the kind of the repository."""


def _check_saved(schedule: Schedule, moment: str) -> None:
    copies = contents(schedule.world.run)
    missing = [content for content in schedule.person.saved if content not in copies]
    if missing:
        stored = _objects(schedule.world.folder)
        missing = [content for content in missing if _blob(content) not in stored]
    if missing:
        raise Lost(f"{moment}: {missing} is in no file and in no object")


def _check_files(schedule: Schedule, expected: Mapping[str, bytes]) -> None:
    """Compare the files that the person did not touch."""
    there = files(schedule.world.run)
    prefix = schedule.world.folder.relative_to(schedule.world.run)
    touched = [str(prefix / path) for path in schedule.person.touched]
    for path in there.keys() | expected.keys():
        # A link leads to a file of the person's; a commit may cause a conflict, so that no command writes the lock.
        mine = (
            "saved by" in path
            or path.endswith("uv.lock")
            or any(path == name or path.startswith((f"{name}/", f"{name}.", f"{name}-moved")) for name in touched)
        )
        if _LEFT.search(path):
            # A file that cannot be deleted remains.
            mine = there[path] in schedule.person.saved or "fault" in schedule.at.values()
        if not mine and there.get(path) != expected.get(path):
            raise Lost(f"{path} is {there.get(path)!r}, not {expected.get(path)!r}")


def _check_index(schedule: Schedule) -> None:
    """Compare the index with HEAD, except for the paths that the person touched."""
    command = ["git", "diff-index", "--cached", "--name-only", "--relative", "HEAD"]
    result = subprocess.run(command, cwd=schedule.world.folder, capture_output=True, text=True, check=True)
    if changed := set(result.stdout.split()) - schedule.person.touched:
        raise Lost(f"the index has {changed}")


def _follow_remedies(schedule: Schedule) -> None:
    """Run the update and its remedies until it is complete, or its remedy is no command of git."""
    world = schedule.world
    for _ in range(5):
        again = update(world, schedule.whole, lambda *_: None)
        _check_saved(schedule, "after another update")
        remedies = re.findall(r"`(git [^`]+)`", again.output)
        if again.status != _REFUSED or not remedies:
            return
        fix = subprocess.run(remedies[0], shell=True, cwd=world.folder, capture_output=True, text=True, check=False)  # noqa: S602
        _check_saved(schedule, f"after {remedies[0]}")
        if fix.returncode:
            raise Lost(f"{remedies[0]}: {fix.stderr}")
    raise Lost("no remedy leads to an update")


def files(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder without git's."""
    paths = (path for path in folder.rglob("*") if ".git" not in path.relative_to(folder).parts)
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in paths if path.is_file() and not path.is_symlink()
    }


def _objects(folder: Path) -> set[str]:
    command = ["git", "cat-file", "--batch-all-objects", "--batch-check=%(objectname)", "--unordered"]
    return set(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.split())


def _blob(content: bytes) -> str:
    return sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()
