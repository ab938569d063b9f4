"""The states of repositories before a campaign, from their branches."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ...library import LibraryError
from ...upkeep.apply import require_clean
from ...upkeep.errors import CannotTell, Dirty, NotOurs
from ...upkeep.repository import open_repository
from ...upkeep.sources import updatable
from .branch import Branch, find_branch
from .records import Records
from .result import Result, State

Task = tuple[Result, Branch | None]
"""A repository and its branch; None if the repository cannot be read."""

Step = Callable[[Result, Branch | None], Task]
"""A step of a campaign."""


def listed(waves: Sequence[Sequence[Path]]) -> list[list[Result]]:
    """Return the repositories of all waves. Raises NotOurs if two have the same name: their files would be the same."""
    results = [[Result(path.resolve().name, path, number) for path in wave] for number, wave in enumerate(waves, 1)]
    counts = Counter(result.name for wave in results for result in wave)
    if twice := [name for name, count in counts.items() if count > 1]:
        raise NotOurs(f"The fleet has two folders named {twice[0]}: rename one, or remove a line.")
    return results


def survey(waves: Sequence[Sequence[Result]], records: Records) -> Iterator[Result]:
    """Yield the state of each repository, and change nothing."""
    for result in (result for wave in waves for result in wave):
        surveyed_result, _ = guarded(lambda result, _: find(result, records.version), result, None, records.folder)
        passed = surveyed_result.commit and records.passed(surveyed_result.name, surveyed_result.commit)
        yield replace(surveyed_result, state=State.READY) if passed else surveyed_result


def find(result: Result, version: str) -> tuple[Result, Branch]:
    """Return a repository with its state and branch. Uncommitted changes only matter before the branch is made.

    Raises:
        CannotTell: the repository or its remote cannot be read, its version is too old, or the branch is not an update.
    """
    open_repository(result.folder)
    branch = find_branch(result.folder, version)
    result = replace(result, before=branch.repository(branch.base).version)
    updatable(result.folder, result.before)
    if result.before == version:
        return replace(result, state=State.CURRENT), branch
    result = replace(result, branch=branch.name)
    if not branch.tip:
        require_clean(result.folder)
        return replace(result, state=State.TO_UPDATE), branch
    if branch.repository(branch.tip).version != version:
        raise CannotTell(f"The branch {branch.name} of {result.folder} is not an update: delete or rename it.")
    return replace(result, state=State.NOT_RUN, commit=branch.tip, pushed=branch.pushed == branch.tip), branch


def guarded(step: Step, result: Result, branch: Branch | None, work: Path) -> Task:
    """Return the result of a step, or the error that ended it; an error in a copy names the clone."""
    try:
        return step(result, branch)
    except (CannotTell, LibraryError, OSError) as error:
        state = State.DIRTY if isinstance(error, Dirty) else State.UNKNOWN
        remedy = re.sub(rf"{re.escape(str(work))}/[^/\s]+/copy", str(result.folder), str(error))
        return replace(result, state=state, commit="", remedy=remedy), None
