"""Transitions: the statuses from which each command of a context may start."""

from collections.abc import Iterable
from typing import Any

from .aggregate import Aggregate
from .commands import Command
from .errors import IllegalMove


class Transitions:
    """The check of each change and removal against the declared commands of a context.

    A use case does not name its command. Each status is set by one command, and only one command deletes.
    """

    def __init__(self, commands: Iterable[Command[Any, Any]]) -> None:
        self._changes = {command.status: command for command in commands if command.kind == "changes"}
        self._deletes = next(command for command in commands if command.kind == "deletes")

    def change(self, changed: Aggregate[Any, Any]) -> None:
        """Accept a changed aggregate if the command that sets its status may start from its previous status.

        Raises:
            IllegalMove: the command may not start from there.
            LookupError: no command changes an aggregate into that status.
        """
        command = self._changes.get(changed.status)
        if command is None:
            raise LookupError(f"No command changes a {type(changed).__name__} into {changed.status}: declare one.")
        _check(command, changed)

    def removal(self, removed: Aggregate[Any, Any]) -> None:
        """Accept the removal of an aggregate if the command that deletes may start from its status.

        Raises:
            IllegalMove: the command may not start from there.
        """
        _check(self._deletes, removed)


def _check(command: Command[Any, Any], aggregate: Aggregate[Any, Any]) -> None:
    if aggregate.stood not in command.after:
        raise IllegalMove(aggregate.details.identity, aggregate.id, str(aggregate.stood), command.after)
