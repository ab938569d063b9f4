"""What callers may ask of one aggregate, as data: from where each command starts, what it does, and its event."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, Literal, TypeVar

from ..words import snake
from .aggregate import Change, Details

Kind = Literal["creates", "changes", "deletes"]

M = TypeVar("M", bound=Details | Change)
D = TypeVar("D", bound=Details)
C = TypeVar("C", bound=Change)

METHODS: Final[Mapping[Kind, str]] = {"creates": "POST", "changes": "POST", "deletes": "DELETE"}
"""The method of each kind's route."""


@dataclass(frozen=True)
class Command(Generic[M]):
    """A command: its model, what it does, the event that reports it, and the status that it leaves, if any is left.

    ``after`` are the statuses from which it may start: one that creates starts from none. ``route`` is the key of a
    route of its own shape, such as ``PUT /payments/{payment_id}/payer``; without it the route follows from the kind.
    Build one by `creates`, `changes` or `deletes`.
    """

    model: type[M]
    kind: Kind
    event: str
    status: StrEnum | None = None
    route: str | None = None
    after: tuple[StrEnum, ...] = ()

    @staticmethod
    def creates(model: type[D], status: StrEnum, event: str, route: str | None = None) -> "Command[D]":
        """Return a command that brings an aggregate into being, in ``status``. Its model is the details'."""
        return Command(model, "creates", event, status, route)

    @staticmethod
    def changes(
        model: type[C], status: StrEnum, event: str, route: str | None = None, *, after: tuple[StrEnum, ...]
    ) -> "Command[C]":
        """Return a command that takes an aggregate from one of the statuses ``after`` into ``status``."""
        return Command(model, "changes", event, status, route, after)

    @staticmethod
    def deletes(model: type[C], event: str, route: str | None = None, *, after: tuple[StrEnum, ...]) -> "Command[C]":
        """Return a command that removes an aggregate from one of the statuses ``after``: ``tuple(Status)`` are all."""
        return Command(model, "deletes", event, None, route, after)

    @property
    def name(self) -> str:
        """The name of the model's class, such as ``VerifyPayment``."""
        return self.model.__name__

    @property
    def function(self) -> str:
        """The name of its function and of its handler's module: ``verify_payment``."""
        return snake(self.name)

    def action(self, aggregate: str) -> str:
        """Return the last part of a change's path, without the aggregate's name: ``verify``."""
        return snake(self.name.removesuffix(aggregate) or self.name).replace("_", "-")
