"""A context of a fleet: what its repository follows, declares and breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..record import FILE
from ..upkeep.check import Report, inspect_all
from ..upkeep.errors import CannotTell
from ..upkeep.git import Git
from ..upkeep.repository import Repository, open_repository
from ..words import slug
from .survey import survey


@dataclass(frozen=True)
class Stack:
    """A stack that is deployed to AWS; ``account`` is None where no file of the repository names it."""

    name: str
    region: str
    account: str | None
    tells: Mapping[str, Sequence[str]]
    """The labels of the events that each subscriber gets."""
    told_accounts: Sequence[str]
    """Other accounts whose queues may subscribe."""
    hears: Mapping[str, Mapping[str, Any]]
    """By the name of another context: its ``topic``, and the ``labels`` of its events."""


@dataclass(frozen=True)
class Member:
    """A repository of a fleet; of what cannot be determined there is nothing, and ``errors`` say why."""

    folder: Path
    answers: Mapping[str, str]
    """Those of its bake."""
    report: Report | None
    told: Mapping[str, Any]
    """What the library found: see its module ``survey.declared`` and ``survey.judged``."""
    updated: str
    """The day on which it last took a version of the template, as ISO 8601 writes it; empty if git does not know."""
    errors: tuple[str, ...]

    @property
    def name(self) -> str:
        """The context's name in kebab-case: as it is declared, or as it was baked, or else the folder's."""
        baked = slug(self.answers["context_name"]) if "context_name" in self.answers else self.folder.name
        return str(self.told.get("name", baked)).replace("_", "-")

    @property
    def owner(self) -> str:
        """Who owns it, or nothing."""
        return str(self.told.get("owner", self.answers.get("owner", "")))

    @property
    def broken(self) -> Mapping[str, Sequence[str]]:
        """The sentences that say what breaks a policy, by the policy's name."""
        return self.told.get("policies", {})

    @property
    def publishes(self) -> Mapping[str, Sequence[str]]:
        """The labels of each type of events, one for each major version."""
        return self.told.get("publishes", {})

    @property
    def stacks(self) -> list[Stack]:
        """Those that are deployed to AWS."""
        return [Stack(name, **said) for name, said in self.told.get("stacks", {}).items()]

    @property
    def in_step(self) -> bool:
        """Whether it follows its template, and breaks no policy."""
        return self.report is not None and self.report.in_step and not self.broken and not self.errors


def members(folders: Sequence[Path]) -> list[Member]:
    """Look at each repository of a fleet. Raises CannotTell if the library cannot be run."""
    opened = {folder: _opened(folder) for folder in folders}
    ours = {folder: one for folder, one in opened.items() if isinstance(one, Repository)}
    reports = dict(zip(ours, inspect_all(list(ours.values())), strict=True))
    told = dict(zip(ours, survey(list(ours)) if ours else [], strict=True))
    return [_member(folder, opened[folder], reports.get(folder), told.get(folder, {})) for folder in folders]


def _opened(folder: Path) -> Repository | CannotTell:
    try:
        return open_repository(folder)
    except CannotTell as error:
        return error


def _member(
    folder: Path, opened: Repository | CannotTell, found: Report | CannotTell | None, told: Mapping[str, Any]
) -> Member:
    answers = opened.answers if isinstance(opened, Repository) else {}
    report = found if isinstance(found, Report) else None
    errors = [str(one) for one in (opened, found, told.get("error")) if isinstance(one, CannotTell | str)]
    return Member(folder, answers, report, told, _updated(folder), tuple(errors))


def _updated(folder: Path) -> str:
    """The day of the last commit that changed what the repository remembers of its bake."""
    if not folder.is_dir():
        return ""
    done = Git(folder).run("log", "-1", "--format=%cs", "--", FILE)
    return "" if done.returncode else done.stdout.decode().strip()
