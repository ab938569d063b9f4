"""The generator of a repository's ``CODEOWNERS``: the reviewers of changes, on GitHub and GitLab.

A service takes an unknown owner for an error. A file with only comments has no effect, so other owners get no file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from .answers import CODECOMMIT

NAME = "CODEOWNERS"

_REVIEWER = re.compile(r"(?P<team>[A-Za-z0-9-]+/[A-Za-z0-9._-]+)|[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def reviewer(owner: str) -> str:
    """Return an owner as the file names it, a team or an e-mail address; an empty string for other owners."""
    match = _REVIEWER.fullmatch(owner)
    return "" if match is None else f"@{owner}" if match["team"] else owner


def expand(project: Path, answers: Mapping[str, str]) -> None:
    """Write the file into a project, unless the project has it. CodeCommit, and other owners, have no reviewers."""
    path, name = project / NAME, reviewer(answers["owner"])
    if name and answers["source"] != CODECOMMIT and not path.exists():
        path.write_text(f"# The reviewers of changes, on GitHub and GitLab.\n* {name}\n", encoding="utf-8")
