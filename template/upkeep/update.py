"""``template update``: a repository goes to another version of the template, and no line of its team is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from .. import answers as rules
from ..library import REPOSITORY
from ..processes import Heed
from .apply import apply, require_clean
from .bakes import bake_of
from .errors import CannotTell
from .merge import Merge, Merged
from .pins import Pins
from .releases import Release, between, newest, release
from .repository import Repository, open_repository
from .sources import sources

Complete = Callable[[Mapping[str, str]], Mapping[str, str]]
"""Adds the answers to questions that a repository was not asked."""


@dataclass(frozen=True)
class Plan:
    """What an update is: from and to which release, with which answers, and who answers what is new."""

    repository: Repository
    before: Release
    after: Release
    answers: Mapping[str, str]

    @property
    def releases(self) -> tuple[Release, ...]:
        """The versions on the way, oldest first."""
        return between(self.before, self.after)


@dataclass(frozen=True)
class Outcome:
    """What an update did, or would do."""

    plan: Plan
    merged: Merged
    changed: tuple[str, ...]
    """The files that differ afterwards."""
    answers: Mapping[str, str]
    asked: tuple[str, ...]
    """The questions that the repository had not been asked."""


def plan(folder: Path, version: str | None, changes: Mapping[str, str]) -> Plan:
    """Return what an update of a repository is: to a version, or to this template's, with changed answers.

    Raises:
        CannotTell: it is not a repository of this template, its work tree is not clean, its answers were edited by
            hand, a version is not known, or a changed answer is bad.
    """
    repository = open_repository(folder)
    require_clean(folder)
    if repository.edited:
        raise CannotTell(
            f"The answers in {folder}/.template.json were edited by hand, so the original ones are not known: "
            "restore them, and change them with `template update --answer NAME=VALUE`."
        )
    before, after = release(repository.version), release(version) if version else newest()
    answered = {**repository.answers, **changes}
    if problems := list(_of_changes(changes)) or (rules.check(answered) if after == newest() else []):
        raise CannotTell("\n".join(problems))
    return Plan(repository, before, after, answered)


def _of_changes(changes: Mapping[str, str]) -> Iterator[str]:
    for name in changes:
        if name not in rules.RULES:
            yield f"{name}: there is no such question."
        elif name == "context_name":
            yield f"{name}: it names every deployed resource, and cannot change: bake a new repository."


def update(made: Plan, complete: Complete, write: bool, heed: Heed) -> Outcome:
    """Merge a repository with what changed between two bakes, and write that if ``write`` is set.

    Whoever is asked to end before the writing begins leaves all as it was; from then on it is written to its end.

    Raises:
        CannotTell: sources cannot be had, answers are refused, git cannot merge, or a file is in the way.
        Asked: we were asked to end, and nothing was changed.
    """
    with sources(made.before) as old, sources(made.after) as new, TemporaryDirectory(prefix="template-") as scratch:
        answered = complete(made.answers) if new == REPOSITORY else made.answers
        base = bake_of(made.before, old, made.repository.answers, Path(scratch) / "old")
        theirs = bake_of(made.after, new, answered, Path(scratch) / "new")
        merge = Merge(made.repository.folder, Path(scratch) / "merge")
        merged = merge.run(base, theirs, Pins(made.before.version, made.after.version))
        changed = _changed(merge, merged)
        heed.check()
        if write and changed:
            apply(merge, merged, f"Update the template from {made.before.version} to {made.after.version}")
    return Outcome(made, merged, changed, answered, tuple(name for name in answered if name not in made.answers))


def _changed(merge: Merge, merged: Merged) -> tuple[str, ...]:
    return tuple(merge.reader.records("diff-tree", "-r", "-z", "--name-only", "--no-renames", "HEAD", merged.tree))
