"""The message after a bake. Standard library only: the hook imports this module."""

from __future__ import annotations

import shlex
from pathlib import Path

_NEXT_STEPS = """
{name} is ready. It needs uv (pip install uv) and nothing else on this machine:

    cd {folder}
    uv lock                       pins every package; commit uv.lock, since pipelines install only locked versions
    git init --quiet --initial-branch main && git add --all && git commit --quiet --message "As generated"
    uv run context check          lint, types, architecture and the fast tests
    uv run context run            the whole context on this machine, from an upload to its subscribers
    uv run context rehearse       releases on this machine: bad versions are caught, a good one takes all traffic
"""


def next_steps(project: Path) -> str:
    """Return the first commands to run in a new repository; its folder has the context's name."""
    return _NEXT_STEPS.format(name=project.name, folder=shlex.quote(str(project)))
