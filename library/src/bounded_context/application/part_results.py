"""The result of the verification of a part, stored until the decision about its list."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from .staging import Part
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
