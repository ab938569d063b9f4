"""Runs in copies of repositories: a consumer's inbound tests with the events of another context, and the generation
of a publisher's events.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from ..library import find_uv
from ..processes import running
from ..upkeep.errors import CannotTell, NotOurs
from ..upkeep.repository import open_repository
from ..upkeep.sources import updatable
from .own_environment import OwnEnvironment
from .published import FOLDERS, Published

_FAILED = 1
"""The exit status of pytest with failed tests."""

_LONGEST = 600
"""Seconds until a command is ended: a sync of an empty cache takes minutes, the tests take seconds."""

_LINES = 3
"""The number of lines of a reason."""

_NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "build", "__pycache__", ".*_cache", "node_modules")


@dataclass(frozen=True)
class Failure:
    """A failed test, and the first lines of its error."""

    test: str
    reason: str


def run_inbound(folder: Path, context: str, events: Sequence[Published]) -> list[Failure]:
    """Return the tests that fail with the first of ``events``, and pass with the others.

    The tests have the marker `inbound`. Each run has a copy of the events of ``context`` in `consumed/`.

    Raises:
        CannotTell: the environment cannot be built, there are no tests, or they fail with the other events too.
    """
    with _copied(folder) as copy:
        failed = _failures(copy, context, events[0])
        others = (failure for event in events[1:] if failed for failure in _failures(copy, context, event))
        known = {failure.test for failure in others}
    new = [failure for failure in failed if failure.test not in known]
    if failed and not new:
        raise CannotTell(f"Its inbound tests fail without the change too: {failed[0].test}: {failed[0].reason}")
    return new


def require_current(folder: Path) -> None:
    """Raise CannotTell if the events of a repository differ from those that its own command generates from its code."""
    with _copied(folder) as copy:
        process = _run(copy, "context", "contracts")
        before, after = (_contents(place) for place in (folder, copy))
        stale = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    if process.returncode or stale:
        reason = _last(process).removeprefix("Error: ")
        fault = f"{stale[0]} differs from the code" if stale else f"the events do not follow the code ({reason})"
        raise CannotTell(f"{fault}: run `uv run context contracts` in {folder}, and then this again.")


def _contents(folder: Path) -> dict[str, bytes]:
    files = (path for name in FOLDERS for path in (folder / name).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@contextmanager
def _copied(folder: Path) -> Iterator[Path]:
    """Yield a copy of a repository, beside its environment.

    Raises:
        CannotTell: the environment cannot be built, or the repository's version is too old.
    """
    with suppress(NotOurs):
        updatable(folder, open_repository(folder).version)
    with TemporaryDirectory(prefix="template-") as scratch:
        copy = Path(scratch) / "copy" / folder.resolve().name
        shutil.copytree(folder, copy, symlinks=True, ignore=_NOT_COPIED)
        *_, process = [run_uv(copy, words, variables) for words, variables in _own(copy).installation()]
        if process.returncode:
            raise CannotTell(f"The environment of {folder} cannot be built: {_last(process)}")
        yield copy


def _own(copy: Path) -> OwnEnvironment:
    return OwnEnvironment(copy.parents[1] / "own", copy)


def _run(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return run_uv(copy, ["run", "--no-sync", "--quiet", *command], _own(copy).variables)


def _failures(copy: Path, context: str, events: Published) -> list[Failure]:
    place = copy / "consumed" / context
    for name in FOLDERS:
        shutil.rmtree(place / name, ignore_errors=True)
        if (events.folder / name).is_dir():
            shutil.copytree(events.folder / name, place / name)
    report = copy / "build" / "inbound.xml"
    options = ("-m", "inbound", f"--junitxml={report}", "-p", "no:cacheprovider")
    process = _run(copy, "python", "-m", "pytest", *options)
    if process.returncode not in (0, _FAILED):
        raise CannotTell(f"Its inbound tests cannot be run: {_last(process)}")
    return list(_read(report))


def run_uv(copy: Path, words: Sequence[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run uv in a copy, and end all of its processes. Raises CannotTell after ten minutes."""
    output = copy.parents[1] / "output"
    output.write_text("")
    try:
        with running([find_uv(), *words], copy, output, variables=variables) as child:
            status = child.wait(_LONGEST)
    except subprocess.TimeoutExpired:
        raise CannotTell(f"`uv {words[0]}` took more than {_LONGEST} seconds.") from None
    return subprocess.CompletedProcess(words, status, output.read_text(encoding="utf-8", errors="replace"))


def _read(report: Path) -> Iterator[Failure]:
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 (pytest wrote it)
        for problem in (*case.iter("failure"), *case.iter("error")):
            yield Failure(f"{case.get('classname')}::{case.get('name')}", _reason(problem.get("message") or ""))


def _reason(message: str) -> str:
    lines = message.removeprefix("AssertionError: ").partition("\nassert ")[0].splitlines()
    return "\n".join(line.strip() for line in lines[:_LINES])


def _last(process: subprocess.CompletedProcess[str]) -> str:
    lines = [line.strip() for line in process.stdout.splitlines() if line.strip()]
    return " ".join(lines[-_LINES:])
