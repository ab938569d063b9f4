"""The catalogue's file of a repository, as the library would make it of its context.

A bake has no packages, so it takes the library's own form; a promise of each repository holds the file to its code.
Nobody is heard yet: no stack on AWS consumes anything before a team says so.
"""

from __future__ import annotations

import re
import runpy
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from .answers import NONE
from .library import SOURCES

NAME = "catalog-info.yaml"
_FORM = SOURCES / "src" / "bounded_context" / "contracts" / "catalog" / "form.py"

_REVIEWER = re.compile(r"(?P<team>[A-Za-z0-9-]+/[A-Za-z0-9._-]+)|[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@cache
def _form() -> dict[str, Any]:
    """Return what the library's module defines, which needs the standard library alone."""
    return runpy.run_path(str(_FORM))


def group(owner: str) -> str:
    """Return an owner as the catalogue's entity."""
    return _form()["group"](owner)


def reviewer(owner: str) -> str:
    """Return an owner as a file of code owners names it: a team, an address; nothing for one that it cannot name."""
    found = _REVIEWER.fullmatch(owner)
    return "" if found is None else f"@{owner}" if found["team"] else owner


def expand(project: Path, answers: Mapping[str, str], package: str) -> None:
    """Write the file into a project. One that is there is kept."""
    path = project / NAME
    if not path.exists():
        form = _form()
        said = (answers[question] for question in ("display_name", "description", "owner"))
        path.write_text(form["as_text"](form["entities"](package, *said, api=answers["api"] != NONE)), encoding="utf-8")
