"""The files ``released/<version>.json``, one for each version, to which samples are only added."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..release import numbers
from .form import as_text
from .samples import Version

FOLDER = "released"
_SECTIONS = ("stored", "staged", "asked", "sent")


def versions(root: Path) -> dict[str, Version]:
    """Return the content of each version's file, the newest version last."""
    paths = sorted((root / FOLDER).glob("*.json"), key=lambda path: numbers(path.stem))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def samples(version: Version, *sections: str) -> list[tuple[str, Any]]:
    """Return each sample of these sections with the name of its form."""
    return [(form, sample) for section in sections for form, found in version[section].items() for sample in found]


def grown(old: Version | None, made: Version) -> Version:
    """Return the new content of a version's file: all its samples, the new samples, and the current fields."""
    if old is None:
        return made
    return {**made, **{section: _joined(old[section], made[section]) for section in _SECTIONS}}


def _joined(old: Mapping[str, list[Any]], made: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    return {form: _with(old.get(form, []), made.get(form, [])) for form in {**old, **made}}


def _with(old: list[Any], made: list[Any]) -> list[Any]:
    return [*old, *(sample for sample in made if sample not in old)]


def write(root: Path, version: str, found: Version) -> None:
    """Write a version's file."""
    (root / FOLDER).mkdir(exist_ok=True)
    (root / FOLDER / f"{version}.json").write_text(as_text(found), encoding="utf-8")
