"""What use cases have in common. A use case is one function per command: it returns what is left, or raises."""

from typing import Any, TypeVar

from ..domain.aggregate import Aggregate, Change
from ..domain.errors import VersionConflict
from .ports import Aggregates

A = TypeVar("A", bound=Aggregate[Any, Any])


def expected(command: Change, aggregates: Aggregates[A]) -> A:
    """Return the aggregate that a command is for, in the version that its caller expects: a number or a tag.

    Raises:
        NotFound: nothing has that identity.
        VersionConflict: somebody changed it since the caller saw it.
    """
    current = aggregates.get(command.id)
    wanted = command.expected_version
    if wanted is not None and wanted != (current.tag if isinstance(wanted, str) else current.version):
        raise VersionConflict(command.identity, command.id, wanted)
    return current
