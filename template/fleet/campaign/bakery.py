"""The bakes of a wave: each version once, for all repositories, which takes a third of the time of single bakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp

from ... import answers as rules
from ...new import completed
from ...upkeep.bakes import bakes_of
from ...upkeep.errors import CannotTell
from ...upkeep.releases import newest, release
from ...upkeep.repository import Repository
from ...upkeep.sources import sources
from ...upkeep.update import Bakes


def bakes(repositories: Mapping[str, Repository], folder: Path) -> dict[str, Bakes | CannotTell]:
    """Return the old and the new bake of each repository, by its name, or the error."""
    answers = {name: _complete(repository.answers) for name, repository in repositories.items()}
    new = dict(zip(answers, _of_version(newest().version, list(answers.values()), folder), strict=True))
    old: dict[str, Path | CannotTell] = {}
    for version in {repository.version for repository in repositories.values()}:
        same = {name: member.answers for name, member in repositories.items() if member.version == version}
        old |= zip(same, _of_version(version, list(same.values()), folder), strict=True)
    return {name: _both(old[name], new[name], answers[name]) for name in repositories}


def _complete(answers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the answers with the defaults of new questions. The plan of the update refuses bad answers."""
    return answers if rules.check(answers) else completed(answers, ask=False)


def _of_version(version: str, answers: Sequence[Mapping[str, str]], folder: Path) -> Sequence[Path | CannotTell]:
    try:
        with sources(release(version)) as tree:
            return bakes_of(release(version), tree, answers, Path(mkdtemp(dir=folder)))
    except CannotTell as error:
        return [error] * len(answers)


def _both(old: Path | CannotTell, new: Path | CannotTell, answers: Mapping[str, str]) -> Bakes | CannotTell:
    if isinstance(old, CannotTell) or isinstance(new, CannotTell):
        return old if isinstance(old, CannotTell) else CannotTell(str(new))
    return Bakes(old, new, answers)
