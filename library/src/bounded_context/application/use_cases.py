"""Functions for use cases. A use case is one function per command: it returns the aggregate, or raises a refusal."""

from typing import Any, TypeVar

from ..domain.aggregate import Aggregate, Change
from ..domain.errors import VersionConflict
from .ports import Aggregates

A = TypeVar("A", bound=Aggregate[Any, Any])


def expected(command: Change, aggregates: Aggregates[A]) -> A:
    """Return the aggregate of a command, in the version that its caller expects: a number or a tag.

    Raises:
        NotFound: no aggregate has that identity.
        VersionConflict: the aggregate has another version than the caller expects.
    """
    current = aggregates.get(command.id)
    wanted = command.expected_version
    if wanted is not None and wanted != (current.tag if isinstance(wanted, str) else current.version):
        raise VersionConflict(command.identity, command.id, wanted)
    return current
