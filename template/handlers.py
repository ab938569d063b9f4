"""One handler module for each command, made from the one that the template has for its kind."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .answers import KINDS, Command

PROTOTYPE = "command_{}.py"
"""The file name of a kind's prototype."""

FUNCTION, CLASS, ACTION = "command_name", "CommandName", "command-action"
"""Stand in a prototype for a command's function, its class, and the last part of its path."""


def expand(project: Path, package: str, commands: Iterable[Command]) -> list[Path]:
    """Write ``handlers/<command>.py`` for each command and remove the prototypes. A module that is there is kept.

    Raises:
        FileNotFoundError: the template has no prototype of a kind.
    """
    folder = project / "src" / package / "handlers"
    prototypes = {kind: folder / PROTOTYPE.format(kind) for kind in KINDS}
    targets = {folder / f"{command.snake}.py": command for command in commands}
    sources = {kind: prototype.read_text(encoding="utf-8") for kind, prototype in prototypes.items()}
    for target, command in targets.items():
        if not target.exists():
            target.write_text(_named(sources[command.kind], command), encoding="utf-8")
    for prototype in prototypes.values():
        prototype.unlink()
    return list(targets)


def _named(source: str, command: Command) -> str:
    for placeholder, name in ((CLASS, command.name), (FUNCTION, command.snake), (ACTION, command.action)):
        source = source.replace(placeholder, name)
    return source
