"""The generator of a repository's ``catalog-info.yaml``, equal to the library's own.

A bake does not install the library, so it loads the library's module `form`. A test of each repository compares the
file with the code. The file names no consumed events: no stack on AWS consumes events until a team sets `consumes`.
"""

from __future__ import annotations

import runpy
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from .answers import NONE
from .library import CODE

NAME = "catalog-info.yaml"
_FORM = CODE["cli"] / "contracts" / "catalog_form.py"


@cache
def _form() -> dict[str, Any]:
    """Return the definitions of the library's module, which imports no other module of the library."""
    return runpy.run_path(str(_FORM))


def expand(project: Path, answers: Mapping[str, str], package: str) -> None:
    """Write the file into a project, unless the project has it already."""
    path = project / NAME
    if not path.exists():
        form = _form()
        texts = (answers[question] for question in ("display_name", "description", "owner"))
        entities = form["entities"](package, *texts, api=answers["api"] != NONE)
        path.write_text(form["as_text"](entities), encoding="utf-8")
