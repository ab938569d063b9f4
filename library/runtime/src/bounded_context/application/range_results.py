"""The result of the validation of a range, stored until the decision about its list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..domain.faults import ListFault
from ..domain.formats import Difference
from ..domain.rows import Unreadable
from .report import Reported
from .stored_result import StoredResult


@dataclass(frozen=True)
class RangePart:
    """A part of the good rows of a range: its key, the number of its rows, and its first and last line of the file."""

    key: str
    rows: int
    first: int
    last: int


@dataclass(frozen=True)
class Refusal:
    """The reason why a file is no list, found in a range. ``differences`` are the settings that would accept it."""

    reason: str
    fault: ListFault
    line: int
    differences: Sequence[tuple[str, Any]] = ()

    @classmethod
    def of(cls, found: Unreadable) -> "Refusal":
        """Return the refusal for an exception."""
        differences = [(one.member, one.value) for one in found.differences]
        return cls(found.reason, found.fault, found.line, differences)

    @property
    def error(self) -> Unreadable:
        """The exception."""
        return Unreadable(self.reason, self.fault, self.line, [Difference(*one) for one in self.differences])


@dataclass(frozen=True)
class RangeResult(StoredResult):
    """The result for a range.

    ``rows`` counts the rows, and ``rejected`` the rejected rows by fault. ``reported`` are the first of the
    ``rejections``. ``repeated`` are lines in ``reported``, each with the first line of its identity in the range.
    ``identities`` is the key of the digests of the good rows' identities. ``misfit`` is whether the range ends inside a
    quoted cell. With a ``refusal`` or a misfit, the other members are empty.
    """

    parts: Sequence[RangePart] = ()
    rows: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict[str, int])
    reported: Sequence[Reported] = ()
    rejections: int = 0
    repeated: Mapping[int, int] = field(default_factory=dict[int, int])
    identities: str = ""
    refusal: Refusal | None = None
    misfit: bool = False
