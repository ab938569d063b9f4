"""Use cases: the check of a caller's expected version, and the guard of the stored aggregates."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from ..domain.aggregate import Aggregate, Change, Transitions
from ..domain.errors import ListOpen, VersionConflict
from .ports import Aggregates

A = TypeVar("A", bound=Aggregate[Any, Any])


def expected(command: Change, aggregates: Aggregates[A]) -> A:
    """Return the aggregate of a command, in the version that its caller expects: a number or a tag.

    Raises:
        NotFound: no aggregate has that identity.
        VersionConflict: the aggregate has another version than the caller expects.
    """
    current = aggregates.get(command.id)
    version = command.expected_version
    if version is not None and version != (current.tag if isinstance(version, str) else current.version):
        raise VersionConflict(command.identity, command.id, version)
    return current


class GuardedAggregates(Generic[A]):
    """The stored aggregates behind their context's transitions: every change and removal is checked.

    The check needs no request, since an aggregate contains its previous status. The store rejects a change of another
    version than the stored version. A concurrent change is a VersionConflict in every new status.

    An aggregate of a list does not change before the list is closed as imported: until then the list may be undone. The
    first change of such an aggregate reads the list's status. The status is final: later changes do not read it.
    """

    def __init__(self, transitions: Transitions, aggregates: Aggregates[A], is_open: Callable[[str], bool]) -> None:
        self._transitions = transitions
        self._aggregates = aggregates
        self._is_open = is_open

    def get(self, identity: str) -> A:
        """Return the aggregate as stored. Raises NotFound."""
        return self._aggregates.get(identity)

    def add(self, aggregate: A) -> None:
        """Store a new aggregate. Raises AlreadyExists."""
        self._aggregates.add(aggregate)

    def save(self, aggregate: A) -> None:
        """Store the version after the stored one. Raises IllegalMove, ListOpen, VersionConflict."""
        self._transitions.change(aggregate)
        self._require_closed_list(aggregate, aggregate.version - 1)
        self._aggregates.save(aggregate)

    def remove(self, aggregate: A) -> None:
        """Remove exactly this version. Raises IllegalMove, ListOpen, VersionConflict."""
        self._transitions.removal(aggregate)
        self._require_closed_list(aggregate, aggregate.version)
        self._aggregates.remove(aggregate)

    def _require_closed_list(self, aggregate: A, version: int) -> None:
        if version == 1 and aggregate.list_id is not None and self._is_open(aggregate.list_id):
            raise ListOpen(aggregate.details.identity, aggregate.id)
