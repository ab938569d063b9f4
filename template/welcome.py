"""The message after a bake. Standard library only: the hook imports this module."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path

from .library import CODE

_NEXT_STEPS = """
{name} is ready. It needs uv and nothing else on this machine:

    cd {folder}
    uv lock                       pins every package; commit uv.lock, since pipelines install only locked versions
    git init --quiet --initial-branch main && git add --all && git commit --quiet --message "As generated"
    uv run context check          lint, types, architecture and the fast tests
    uv run context run            the whole context on this machine, from an upload to its subscribers
    uv run context rehearse       releases on this machine: bad versions are caught, a good one takes all traffic

SNS publishes {messages:,} messages a second in {region}, one for each changed aggregate or row of a list. AWS raises
this quota on request: {quota!r}.
"""


def next_steps(project: Path, region: str) -> str:
    """Return the first commands to run in a new repository, and SNS's quota. Its folder has the context's name."""
    file = CODE["lab"] / "data" / "quotas.toml"
    quota = tomllib.loads(file.read_text(encoding="utf-8"))["quotas"]["messages"]
    return _NEXT_STEPS.format(
        name=project.name,
        folder=shlex.quote(str(project)),
        messages=quota["regions"].get(region, quota)["value"],
        region=region,
        quota=quota["raise"],
    )
