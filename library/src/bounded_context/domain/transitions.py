"""Transitions: from which statuses each command of a context may start, and the refusal of the others."""

from collections.abc import Iterable
from typing import Any

from .aggregate import Aggregate
from .commands import Command
from .errors import IllegalMove


class Transitions:
    """Judges what a use case leaves by what the commands of its context declare.

    A use case need not say which command it is for: each status is left by one command, and one command removes.
    """

    def __init__(self, commands: Iterable[Command[Any]]) -> None:
        self._changes = {command.status: command for command in commands if command.kind == "changes"}
        self._deletes = next(command for command in commands if command.kind == "deletes")

    def change(self, changed: Aggregate[Any, Any]) -> None:
        """Let a changed aggregate pass if the command that leaves its status may start from where it stood.

        Raises:
            IllegalMove: it may not.
            LookupError: no command changes an aggregate into that status.
        """
        command = self._changes.get(changed.status)
        if command is None:
            raise LookupError(f"No command changes a {type(changed).__name__} into {changed.status}: declare one.")
        _judge(command, changed)

    def removal(self, removed: Aggregate[Any, Any]) -> None:
        """Let an aggregate that is to be removed pass if the command that removes may start from where it stood.

        Raises:
            IllegalMove: it may not.
        """
        _judge(self._deletes, removed)


def _judge(command: Command[Any], aggregate: Aggregate[Any, Any]) -> None:
    if aggregate.stood not in command.after:
        raise IllegalMove(aggregate.details.identity, aggregate.id, str(aggregate.stood), command.after)
