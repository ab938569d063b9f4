"""One handler module for each command, made from the one that the template has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .answers import Command

PROTOTYPE = "command_name"
"""Stands for a command's function in the prototype and its file name; ``CommandName`` stands for its class."""


def expand(project: Path, package: str, commands: Iterable[Command]) -> list[Path]:
    """Write ``handlers/<command>.py`` for each command and remove the prototype. A module that is there is kept.

    Raises:
        FileNotFoundError: the template has no prototype.
    """
    prototype = project / "src" / package / "handlers" / f"{PROTOTYPE}.py"
    source = prototype.read_text(encoding="utf-8")
    targets = {prototype.with_name(f"{command.snake}.py"): command for command in commands}
    for target, command in targets.items():
        if not target.exists():
            target.write_text(source.replace("CommandName", command.name).replace(PROTOTYPE, command.snake), "utf-8")
    prototype.unlink()
    return list(targets)
