"""Who changes which file of a repository."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatch

from ..library import FOLDER
from ..record import FILE


class Owner(StrEnum):
    """Who changes a file."""

    TEMPLATE = "template"
    """It says nothing of the context: a team that edits it has to merge it for ever."""
    MADE = "made"
    """A command writes it, of what the code says: `just contracts`, `just openapi`."""
    SHARED = "shared"
    """The template wires it, and the team adds to it."""
    TEAM = "team"
    """The context's own words and rules, which the template only began."""


RECORDS = (FILE, f"{FOLDER}/*")
"""What an update writes as it is in the new version: what the repository was baked of, and the library's wheel."""

_TEMPLATE = (
    *RECORDS,
    "tests/test_promises.py",
    "infra/pipeline/__main__.py",
    "infra/pipeline/buildspecs/*",
    "infra/pipeline/requirements.txt",
    "infra/*/Pulumi.yaml",
)
_MADE = ("events/*", "docs/api/*", "released/*")
_TEAM = (
    "src/*/model.py",
    "src/*/use_cases.py",
    "src/*/commands.py",
    "src/*/events.py",
    "tests/test_rules.py",
    "tests/test_list.py",
    "tests/test_handlers.py",
)


def owner(path: str) -> Owner:
    """Return who changes a file that the template writes. ``path`` is relative to the repository."""
    owners = ((Owner.TEMPLATE, _TEMPLATE), (Owner.MADE, _MADE), (Owner.TEAM, _TEAM))
    return next((one for one, patterns in owners if any(fnmatch(path, each) for each in patterns)), Owner.SHARED)


def is_record(path: str) -> bool:
    """Whether an update takes the new version's file as it is."""
    return any(fnmatch(path, each) for each in RECORDS)
