"""The command ``template update``: merges another version of the template into a repository."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from .. import answers as rules
from ..library import REPOSITORY
from ..processes import Heed
from .apply import apply, entries, require_clean
from .bakes import bake_of
from .checkout import Checkout
from .errors import CannotTell
from .lists import refuse_own_code, remove_settings
from .merge import Merge, Merged
from .migrations import Step, migrate, steps
from .pins import Pins
from .releases import Release, behind, between, newest, release
from .repository import Repository, open_repository
from .sources import sources, updatable
from .wording import reword

Complete = Callable[[Mapping[str, str]], Mapping[str, str]]
"""Adds answers to questions that are new for the repository."""


@dataclass(frozen=True)
class Plan:
    """The plan of an update: the repository and its commit, both releases, and the answers."""

    repository: Repository
    before: Release
    after: Release
    answers: Mapping[str, str]
    commit: str = "HEAD"

    @property
    def releases(self) -> tuple[Release, ...]:
        """The versions from the old to the new release, oldest first."""
        return between(self.before, self.after)

    @property
    def steps(self) -> Sequence[Step]:
        """The migration steps of the given versions, in their order."""
        return steps(self.before, self.after)


@dataclass(frozen=True)
class Outcome:
    """The result of an update, or of its dry run."""

    plan: Plan
    merged: Merged
    changed: tuple[str, ...]
    """The paths of the files that the update changes."""
    answers: Mapping[str, str]
    asked: tuple[str, ...]
    """The questions that are new for the repository."""
    notes: tuple[str, ...] = ()
    """Changes that the migration steps leave to the team, as sentences."""


@dataclass(frozen=True)
class Bakes:
    """The bakes of both versions, which a merge edits, and the answers of the new one."""

    old: Path
    new: Path
    answers: Mapping[str, str]


def plan(folder: Path, version: str | None, changes: Mapping[str, str]) -> Plan:
    """Plan an update to a version (by default this template's), with changed answers.

    Raises:
        CannotTell: the folder is not a repository of this template, its work tree is not clean, a command of git is
            unfinished, its answers were edited by hand, a version is unknown or older than the repository's, or a
            changed answer is bad.
        TooOld: an older template updates the repository first.
    """
    repository = open_repository(folder)
    commit = require_clean(folder)
    if repository.edited:
        raise CannotTell(
            f"The answers in {folder}/.template.json were edited by hand, so the original ones are not known: "
            "restore them, and change them with `template update --answer NAME=VALUE`."
        )
    before, after = updatable(folder, repository.version), release(version) if version else newest()
    if behind(before.version) < behind(after.version):
        raise CannotTell(
            f"{folder} has version {before.version}, which is newer than {after.version}. No migration step goes back: "
            "revert the commit of its update by `git revert`."
        )
    answered = {**repository.answers, **changes}
    if problems := list(_of_changes(changes)) or (rules.check(answered) if after == newest() else []):
        raise CannotTell("\n".join(problems))
    return Plan(repository, before, after, answered, commit)


def _of_changes(changes: Mapping[str, str]) -> Iterator[str]:
    for name in changes:
        if name not in rules.RULES:
            yield f"{name}: there is no such question."
        elif name == "context_name":
            yield f"{name}: it names every deployed resource, and cannot change: bake a new repository."


def update(plan: Plan, complete: Complete, write: bool, heed: Heed) -> Outcome:
    """Bake both versions, and merge as `merge_bakes` does.

    Raises:
        CannotTell: sources are not available, or answers are rejected; and the errors of `merge_bakes`.
        Asked: a signal asked this process to end; the repository is unchanged.
    """
    with sources(plan.before) as old, sources(plan.after) as new, TemporaryDirectory(prefix="template-") as scratch:
        answered = complete(plan.answers) if new == REPOSITORY else plan.answers
        base = bake_of(plan.before, old, plan.repository.answers, Path(scratch) / "old")
        theirs = bake_of(plan.after, new, answered, Path(scratch) / "new")
        return merge_bakes(plan, Bakes(base, theirs, answered), write, heed)


def merge_bakes(plan: Plan, bakes: Bakes, write: bool, heed: Heed) -> Outcome:
    """Merge the changes between two bakes into a repository, and write the result if ``write`` is set.

    The migration steps edit the old bake and a copy of the team's files before the merge.

    A signal before the write leaves the repository unchanged. A started write continues to its end.

    Raises:
        CannotTell: a migration step cannot parse a file, git cannot merge or write, a file is in the way or was saved
            since the plan, or removed lists have code of the team.
        Asked: a signal asked this process to end; the repository is unchanged.
    """
    base, theirs, answered = bakes.old, bakes.new, bakes.answers
    with TemporaryDirectory(prefix="template-") as scratch:
        merge = Merge(plan.repository.folder, Path(scratch) / "merge", plan.commit)
        ours = Checkout(merge.repository, Path(scratch) / "ours", plan.commit)
        notes = migrate(plan.steps, base, ours.folder)
        reword(base, theirs, ours.folder)
        refuse_own_code(plan.repository.answers, answered, base, ours.folder)
        remove_settings(answered, ours.folder)
        merged = merge.run(base, theirs, Pins(plan.before.version, plan.after.version), ours)
        changed = tuple(entry.path for entry in entries(merge, merged))
        heed.check()
        if write and changed:
            apply(merge, merged, f"Update the template from {plan.before.version} to {plan.after.version}")
    new_questions = tuple(name for name in answered if name not in plan.answers)
    return Outcome(plan, merged, changed, answered, new_questions, tuple(notes))
