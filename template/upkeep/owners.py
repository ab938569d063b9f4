"""The owners of a repository's files."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from fnmatch import fnmatch

from ..library import FOLDER
from ..record import FILE


class Owner(StrEnum):
    """The owner of a file: its changes are expected."""

    TEMPLATE = "template"
    """The template: the file is the same in each context. A team's edits cause merges in each update."""
    MADE = "made"
    """A command that generates the file from the code: `context contracts`, `context openapi`."""
    SHARED = "shared"
    """The template and the team: the template writes the wiring, the team adds to it."""
    TEAM = "team"
    """The team: the file has the context's model and rules, and the template only wrote its first version."""


RECORDS = (FILE, f"{FOLDER}/*")
"""Files that an update replaces without a merge: the answers, and the library's wheel."""

LISTS = "docs/lists.md"
"""The generated page that would replace a team's own page. Other generated files keep a team's text or have none."""

LOCK = "uv.lock"
"""The file that uv generates from `pyproject.toml`."""

_TEMPLATE = (
    *RECORDS,
    "infra/account/__main__.py",
    "infra/pipeline/__main__.py",
    "infra/pipeline/requirements.txt",
    "infra/*/Pulumi.yaml",
)
_MADE = ("events/*", "docs/api/*", LISTS, "released/*", "AGENTS.md")
_TEAM = (
    "src/*/model.py",
    "src/*/use_cases.py",
    "src/*/commands.py",
    "src/*/events.py",
    "tests/test_rules.py",
    "tests/test_list.py",
)

_PARTS = ("README.md", "catalog-info.yaml", "src/*/context.py")
"""Files in which `context contracts` writes diagrams, the events of a component, and the events' versions."""


def owner(path: str) -> Owner:
    """Return the owner of a file that the template writes. ``path`` is relative to the repository."""
    owners = ((Owner.TEMPLATE, _TEMPLATE), (Owner.MADE, _MADE), (Owner.TEAM, _TEAM))
    return next((candidate for candidate, patterns in owners if _matches(path, patterns)), Owner.SHARED)


def is_generated(path: str) -> bool:
    """Whether a command generates the file after an update: a document of the code, or the lock."""
    return path == LOCK or owner(path) is Owner.MADE


def is_changed(path: str) -> bool:
    """Whether a command generates the file, or a part of it, after an update."""
    return is_generated(path) or _matches(path, _PARTS)


def is_record(path: str) -> bool:
    """Whether an update replaces the file without a merge."""
    return _matches(path, RECORDS)


def _matches(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)
