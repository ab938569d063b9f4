"""The versions of the template. They are in a file, since a clone may have no tags."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..library import REPOSITORY, VERSION
from .errors import CannotTell

OLDEST = "0.4.0"
"""The oldest version that this template updates. The migration steps to it and to older versions are in its commit."""

CHANGELOG = REPOSITORY / "CHANGELOG.md"
_FILE = Path(__file__).parents[1] / "releases.json"
_SECTION = re.compile(r"^## (?P<version>\S+)[^\n]*\n(?P<notes>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Release:
    """A version, its commit, and its day (ISO 8601); commit and day are empty before the release."""

    version: str
    commit: str
    date: str

    def as_json(self) -> dict[str, Any]:
        """Return the release for JSON."""
        return {**asdict(self), "released": bool(self.commit)}


@cache
def releases() -> tuple[Release, ...]:
    """Return all versions, oldest first; the last is this template's version, which may be unreleased."""
    known = tuple(Release(**entry) for entry in json.loads(_FILE.read_text(encoding="utf-8")))
    return known if any(past.version == VERSION for past in known) else (*known, Release(VERSION, "", ""))


def release(version: str) -> Release:
    """Return a version's release. Raises CannotTell if the version is unknown."""
    known = {entry.version: entry for entry in releases()}
    name = version.removeprefix("v")
    if name not in known:
        raise CannotTell(f"Version {version} is unknown to this template ({VERSION}): use one of {', '.join(known)}.")
    return known[name]


def newest() -> Release:
    """Return this template's own version."""
    return releases()[-1]


def behind(version: str) -> int:
    """Return the number of newer versions. Raises CannotTell if the version is unknown."""
    return len(releases()) - 1 - releases().index(release(version))


def between(before: Release, after: Release) -> tuple[Release, ...]:
    """Return the versions after ``before`` up to ``after``, oldest first; none for an update to an older version."""
    first, last = releases().index(before), releases().index(after)
    return releases()[first + 1 : last + 1]


def notes(version: str) -> str:
    """Return a version's section of the CHANGELOG without its heading; an empty string without a section."""
    text = CHANGELOG.read_text(encoding="utf-8")
    sections = (match["notes"].strip() for match in _SECTION.finditer(text) if match["version"] == version)
    return next(sections, "")
