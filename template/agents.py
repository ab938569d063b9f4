"""The generator of a repository's ``AGENTS.md``, equal to that of ``context contracts``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .alone import alone
from .answers import NONE


def expand(project: Path, answers: Mapping[str, Any], package: str) -> None:
    """Write the file into a project, with the lines of an existing file below it."""
    agents = alone("cli", "views.pages.agents")
    path = project / agents.NAME
    existing = path.read_text(encoding="utf-8") if path.exists() else ""
    options = {"lists": answers["lists"] != NONE, "api": answers["api"] != NONE}
    path.write_text(agents.page(existing, answers["context_name"], package, **options), encoding="utf-8")
