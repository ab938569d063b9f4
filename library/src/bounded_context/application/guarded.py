"""Aggregates that change only as their context declares it."""

from typing import Any, Generic, TypeVar

from ..domain.aggregate import Aggregate
from ..domain.transitions import Transitions
from .ports import Aggregates

A = TypeVar("A", bound=Aggregate[Any, Any])


class GuardedAggregates(Generic[A]):
    """Aggregates behind their context's transitions: no use case has to ask, and none can forget to.

    It asks nothing of the store: an aggregate knows where it stood, and the store refuses a version that is not the
    one that was read. So what changed meanwhile is a VersionConflict, whatever the status is by now.
    """

    def __init__(self, transitions: Transitions, aggregates: Aggregates[A]) -> None:
        self._transitions = transitions
        self._aggregates = aggregates

    def get(self, identity: str) -> A:
        """Return it as it stands. Raises NotFound."""
        return self._aggregates.get(identity)

    def add(self, aggregate: A) -> None:
        """Store a new one. Raises AlreadyExists."""
        self._aggregates.add(aggregate)

    def save(self, aggregate: A) -> None:
        """Store the version after the stored one. Raises IllegalMove, VersionConflict."""
        self._transitions.change(aggregate)
        self._aggregates.save(aggregate)

    def remove(self, aggregate: A) -> None:
        """Remove exactly this version. Raises IllegalMove, VersionConflict."""
        self._transitions.removal(aggregate)
        self._aggregates.remove(aggregate)
