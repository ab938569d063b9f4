"""The result of the verification of a part, and the progress of a try, stored until the decision about its list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..domain.rows import Rejection
from .staging import Part, TypedRow
from .stored_result import StoredResult


@dataclass(frozen=True)
class PartResult(StoredResult):
    """The result for a part.

    ``part`` is the part to import, or None if no row is left. ``lines`` are the report's lines of the first
    ``rejections``. ``rejected`` counts the rejected rows by fault. ``amounts`` are the sums of the other rows by field
    and currency. Another version of the library may add members, and faults.
    """

    part: Part | None = None
    lines: str = ""
    rejections: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict[str, int])
    amounts: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict[str, Mapping[str, Decimal]])


@dataclass
class RuleProgress(StoredResult):
    """The results of a rule for the rows of a part up to ``line``. The next try of the part continues after that line.

    ``reported`` are the rejections. ``created`` has the values to import by line, if they differ from the row's.
    """

    line: int = 0
    reported: list[Rejection] = field(default_factory=list[Rejection])
    created: dict[int, Mapping[str, Any]] = field(default_factory=dict[int, Mapping[str, Any]])

    def take(self, row: TypedRow[Any], rejection: Rejection | None) -> None:
        """Add the result of the next row."""
        self.line = row.line
        if rejection:
            self.reported.append(rejection)
        elif row.created is not None:
            self.created[row.line] = row.created

    def remaining(self, rows: Sequence[TypedRow[Any]]) -> Sequence[TypedRow[Any]]:
        """Return the rows without a result; the other rows get their values to import."""
        if not self.line:
            return rows
        for row in rows:
            row.created = self.created.get(row.line)
        return [row for row in rows if row.line > self.line]
