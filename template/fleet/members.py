"""The contexts of a fleet: their versions of the template, their declarations and their broken policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..record import FILE
from ..upkeep.check import Report, inspect_all
from ..upkeep.errors import CannotTell
from ..upkeep.git import Git
from ..upkeep.repository import Repository, open_repository
from ..words import slug
from .survey import survey as survey_of

if TYPE_CHECKING:
    from .releases import Figures


@dataclass(frozen=True)
class Stack:
    """A stack that is deployed to AWS; ``account`` is None if no file of the repository names it."""

    name: str
    region: str
    account: str | None
    subscribers: Mapping[str, Sequence[str]]
    """The labels of the events of each subscriber."""
    subscriber_accounts: Sequence[str]
    """Other accounts whose queues may subscribe."""
    consumes: Mapping[str, Mapping[str, Any]]
    """The consumed events by context: the ``topic``, and the ``labels`` of the events."""


@dataclass(frozen=True)
class Member:
    """A repository of a fleet; unknown fields are empty, and ``errors`` has the reasons."""

    folder: Path
    answers: Mapping[str, str]
    """The answers of its bake."""
    report: Report | None
    survey: Mapping[str, Any]
    """The library's findings: see its module ``survey``."""
    updated: str
    """The day of the last update of the template (ISO 8601); empty if git has no such commit."""
    errors: tuple[str, ...]
    releases: Mapping[str, Figures | None] | None = None
    """The figures of its releases by stack, None for a stack that is not measured; None if no stack is to be shown."""

    @property
    def name(self) -> str:
        """The context's name in kebab-case: declared in the code, else from the answers, else the folder's name."""
        baked = slug(self.answers["context_name"]) if "context_name" in self.answers else self.folder.name
        return str(self.survey.get("name", baked)).replace("_", "-")

    @property
    def owner(self) -> str:
        """The owner; an empty string if unknown."""
        return str(self.survey.get("owner", self.answers.get("owner", "")))

    @property
    def broken(self) -> Mapping[str, Sequence[str]]:
        """The sentences about broken policies, by policy."""
        return self.survey.get("policies", {})

    @property
    def publishes(self) -> Mapping[str, Sequence[str]]:
        """The labels by type of event, a label for each major version."""
        return self.survey.get("publishes", {})

    @property
    def deprecated(self) -> Mapping[str, str]:
        """The day (ISO 8601) from which each deprecated label, or route, may be removed."""
        return self.survey.get("deprecated", {})

    @property
    def reactions(self) -> Sequence[Mapping[str, Any]]:
        """The reactions to events: the `source` and `event`, the `rule`, and the events that it leads to."""
        return self.survey.get("reactions", ())

    def reacts_to(self, source: str, label: str) -> bool:
        """Return whether the context reacts to an event of another context."""
        return any((reaction["source"], reaction["event"]) == (source, label) for reaction in self.reactions)

    @property
    def stacks(self) -> list[Stack]:
        """The stacks that are deployed to AWS."""
        return [Stack(name, **fields) for name, fields in self.survey.get("stacks", {}).items()]

    @property
    def in_step(self) -> bool:
        """Whether the repository equals its template and breaks no policy."""
        return self.report is not None and self.report.in_step and not self.broken and not self.errors


def members(folders: Sequence[Path]) -> list[Member]:
    """Inspect each repository of a fleet. Raises CannotTell if the library cannot be run."""
    opened = {folder: _open(folder) for folder in folders}
    known = {folder: repository for folder, repository in opened.items() if isinstance(repository, Repository)}
    reports = dict(zip(known, inspect_all(list(known.values())), strict=True))
    days = {folder: _updated(folder) for folder in folders}
    surveys = dict(zip(known, survey_of([list(known)] if known else []), strict=True))
    return [
        _member(folder, opened[folder], reports.get(folder), surveys.get(folder, {}), days[folder])
        for folder in folders
    ]


def declared_members(folders: Sequence[Path]) -> list[Member]:
    """Return the repositories with their declarations, and without reports. Raises CannotTell as `members` does.

    Each declaration is read in an environment of its own.
    """
    repositories = [(folder, _open(folder), _updated(folder)) for folder in folders]
    surveys = survey_of([[folder] for folder in folders])
    return [
        _member(folder, opened, None, survey, day)
        for (folder, opened, day), survey in zip(repositories, surveys, strict=True)
    ]


def _open(folder: Path) -> Repository | CannotTell:
    try:
        return open_repository(folder)
    except CannotTell as error:
        return error


def _member(
    folder: Path,
    opened: Repository | CannotTell,
    inspection: Report | CannotTell | None,
    survey: Mapping[str, Any],
    day: str,
) -> Member:
    answers = opened.answers if isinstance(opened, Repository) else {}
    report = inspection if isinstance(inspection, Report) else None
    errors = [str(error) for error in (opened, inspection, survey.get("error")) if isinstance(error, CannotTell | str)]
    return Member(folder, answers, report, survey, day, tuple(errors))


def _updated(folder: Path) -> str:
    """Return the day of the last commit that changed `.template.json`. Code of the repository must not run before."""
    if not folder.is_dir():
        return ""
    process = Git(folder).run("log", "-1", "--format=%cs", "--", FILE)
    return "" if process.returncode else process.stdout.decode().strip()
