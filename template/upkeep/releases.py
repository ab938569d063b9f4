"""The versions of the template: in a file of its own, so that a clone without tags knows them, too."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..library import REPOSITORY, VERSION
from .errors import CannotTell

_FILE = Path(__file__).parents[1] / "releases.json"
_SECTION = re.compile(r"^## (?P<version>\S+)[^\n]*\n(?P<notes>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Release:
    """A version, the commit that is it, and its day as ISO 8601 writes it; both are empty of what is not released."""

    version: str
    commit: str
    date: str

    def told(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**asdict(self), "released": bool(self.commit)}


@cache
def releases() -> tuple[Release, ...]:
    """Return all versions, oldest first; the last is this template's own, which may not be released yet."""
    known = tuple(Release(**entry) for entry in json.loads(_FILE.read_text(encoding="utf-8")))
    return known if any(one.version == VERSION for one in known) else (*known, Release(VERSION, "", ""))


def release(version: str) -> Release:
    """Return a version's release. Raises CannotTell if there is none."""
    found = [one for one in releases() if one.version == version.removeprefix("v")]
    if not found:
        names = ", ".join(one.version for one in releases())
        raise CannotTell(f"There is no version {version} of this template (version {VERSION}), which knows {names}.")
    return found[0]


def newest() -> Release:
    """Return the version of this template."""
    return releases()[-1]


def behind(version: str) -> int:
    """Return how many versions came after this one. Raises CannotTell if there is none of this name."""
    return len(releases()) - 1 - releases().index(release(version))


def between(before: Release, after: Release) -> tuple[Release, ...]:
    """Return the versions after one up to another, oldest first; none if the way leads back."""
    places = [releases().index(one) for one in (before, after)]
    return releases()[places[0] + 1 : places[1] + 1]


def notes(version: str) -> str:
    """Return what the CHANGELOG says of a version, without its headline; empty if it says nothing."""
    text = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    found = (match["notes"].strip() for match in _SECTION.finditer(text) if match["version"] == version)
    return next(found, "")
