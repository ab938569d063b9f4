"""One handler module for each command, made from the one that the template has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .answers import Command
from .style import fitted

PROTOTYPE = "command_name.py"
"""The prototype's file name."""

FUNCTION, CLASS = "command_name", "CommandName"
"""Stand in the prototype for a command's function and its class."""


def expand(project: Path, package: str, commands: Iterable[Command]) -> list[Path]:
    """Write ``handlers/<command>.py`` for each command and remove the prototype. A module that is there is kept.

    Raises:
        FileNotFoundError: the template has no prototype.
    """
    prototype = project / "src" / package / "handlers" / PROTOTYPE
    source = prototype.read_text(encoding="utf-8")
    targets = {prototype.with_name(f"{command.snake}.py"): command for command in commands}
    prototype.unlink()
    for target, command in targets.items():
        if not target.exists():
            target.write_text(_named(source, command), encoding="utf-8")
    return list(targets)


def _named(source: str, command: Command) -> str:
    lines = source.replace(CLASS, command.name).replace(FUNCTION, command.snake).splitlines(keepends=True)
    return "".join(fitted(line) if line.startswith("lambda_handler") else line for line in lines)
