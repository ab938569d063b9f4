"""The optional files that a bake writes, equal to those of ``context add``: GitHub's workflows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .alone import alone
from .answers import NONE


def expand(project: Path, answers: Mapping[str, str]) -> None:
    """Write GitHub's files into a project, unless it has them already."""
    if answers["pull_requests"] == NONE:
        return
    for name, text in alone("cli", "optional.files").texts("github", region=answers["region"]):
        if not (project / name).exists():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text, encoding="utf-8")
