"""Reactions to other contexts' events, and copies of their data, as a context declares them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, Self, TypeVar

from .aggregate import Aggregate, Change

A_contra = TypeVar("A_contra", bound=Aggregate[Any, Any], contravariant=True)

MOST_HOPS: Final = 8
"""The hops of an event from which no context of this platform reacts to it: a cycle of reactions ends there."""


@dataclass(frozen=True)
class ReceivedEvent:
    """An event of another context, as a reaction's rule gets it.

    ``subject`` is the identity of the other context's aggregate, and ``data`` the event's data as JSON values. ``time``
    is None if the event has no time. ``hops`` counts the reactions that led to the event.
    """

    id: str
    type: str
    source: str
    subject: str
    data: Mapping[str, Any] = field(default_factory=dict)
    time: datetime | None = None
    hops: int = 0


@dataclass(frozen=True)
class Reaction(Generic[A_contra]):
    """A reaction to an event of another context.

    ``Reaction("policy", "PolicyCancelled", reject_claims, by="policy_id")``: the rule gets the event and an aggregate,
    and returns a command on this aggregate, or None. It is pure: it may be called more than once for an aggregate, and
    the command has one effect.

    Args:
        source: the other context's name, as in the setting ``consumes``.
        event: the type of the event, from major version 2 on with its number: ``PolicyCancelled.2``.
        rule: the rule.
        by: the field that contains the event's subject. It needs an index (``queried_by``), unless it is the identity.
    """

    source: str
    event: str
    rule: Callable[[ReceivedEvent, A_contra], Change | None]
    by: str = field(kw_only=True)


class Copy(str):
    """A reference whose copy contains fields of the other context's aggregate.

    ``references={"policy_id": Copy("policy", fields=("status", "limit"))}``: each event of a policy replaces the fields
    by those of its data. It is the kind as a text.
    """

    __slots__ = ("fields",)
    fields: tuple[str, ...]

    def __new__(cls, kind: str, *, fields: tuple[str, ...]) -> Self:
        """Return the kind, with the fields."""
        copy = super().__new__(cls, kind)
        copy.fields = fields
        return copy


def copied(references: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the fields to copy, by the kind of the other context's aggregate."""
    fields: dict[str, tuple[str, ...]] = {}
    for kind in references.values():
        if isinstance(kind, Copy):
            fields[str(kind)] = tuple(dict.fromkeys((*fields.get(kind, ()), *kind.fields)))
    return fields
