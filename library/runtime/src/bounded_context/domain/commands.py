"""The declaration of an aggregate's commands: their rules, the statuses from which they start, and their events."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, Final, Generic, Literal, TypeVar

from .aggregate import Aggregate, Change, Details
from .errors import IllegalMove
from .spelling import snake

Kind = Literal["creates", "changes", "deletes"]

M = TypeVar("M", bound=Details | Change)
D = TypeVar("D", bound=Details)
C = TypeVar("C", bound=Change)
A = TypeVar("A", bound=Aggregate[Any, Any])

METHODS: Final[Mapping[Kind, str]] = {"creates": "POST", "changes": "POST", "deletes": "DELETE"}
"""The HTTP method of each kind's route."""


@dataclass(frozen=True)
class Command(Generic[M, A]):
    """A command: its model, its rule, its kind, the event that reports it, and the status that it sets, if any.

    ``rule`` is the use case: a function of the command and the stored aggregates that returns the aggregate.
    ``after`` are the statuses from which the command may start, empty if it creates. ``route`` is the key of a route of
    its own shape, such as ``PUT /payments/{payment_id}/payer``; by default the route follows from the kind. Build a
    command by `creates`, `changes` or `deletes`.
    """

    model: type[M]
    rule: Callable[[M, Any], A]
    kind: Kind
    event: str
    status: StrEnum | None = None
    route: str | None = None
    after: tuple[StrEnum, ...] = ()

    @staticmethod
    def creates(
        model: type[D], rule: Callable[[D, Any], A], status: StrEnum, event: str, route: str | None = None
    ) -> "Command[D, A]":
        """Return a command that creates an aggregate in ``status``. Its model is the details' class or a subclass.

        Rows of lists follow the same rule.
        """
        return Command(model, rule, "creates", event, status, route)

    @staticmethod
    def changes(
        model: type[C],
        rule: Callable[[C, Any], A],
        status: StrEnum,
        event: str,
        route: str | None = None,
        *,
        after: tuple[StrEnum, ...],
    ) -> "Command[C, A]":
        """Return a command that moves an aggregate from a status of ``after`` to ``status``."""
        return Command(model, rule, "changes", event, status, route, after)

    @staticmethod
    def deletes(
        model: type[C], rule: Callable[[C, Any], A], event: str, route: str | None = None, *, after: tuple[StrEnum, ...]
    ) -> "Command[C, A]":
        """Return a command that deletes an aggregate in a status of ``after``; ``tuple(Status)`` allows all."""
        return Command(model, rule, "deletes", event, None, route, after)

    @property
    def name(self) -> str:
        """The name of the model's class, such as ``VerifyPayment``."""
        return self.model.__name__

    @property
    def function(self) -> str:
        """The name of the command's function: ``verify_payment``."""
        return snake(self.name)

    def action(self, aggregate: str) -> str:
        """Return the last part of the path of a change, without the aggregate's name: ``verify``."""
        return snake(self.name.removesuffix(aggregate) or self.name).replace("_", "-")


def _reported(make: Callable[..., Any]) -> Callable[..., Any]:
    """Return a constructor that gives a command without a rule the rule None, which its context reports.

    Up to version 0.3.0, the second argument was the status or the event.
    """

    @wraps(make)
    def made(*values: Any, **named: Any) -> Any:
        model, second = values[:1], values[1:2]
        lacks_rule = bool(second) and isinstance(second[0], str)
        return make(*model, *([None] if lacks_rule else []), *values[1:], **named)

    return made


for _kind in METHODS:
    setattr(Command, _kind, staticmethod(_reported(getattr(Command, _kind))))


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
    if aggregate.previous_status not in command.after:
        raise IllegalMove(aggregate.details.identity, aggregate.id, str(aggregate.previous_status), command.after)
