"""The result of the verification of a part, stored until the decision about its list."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

from pydantic import TypeAdapter

from .staging import Part


@dataclass(frozen=True)
class PartResult:
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

    def as_json(self) -> bytes:
        """Return the result as JSON; the sums are texts, since they are exact."""
        return _adapter().dump_json(self)

    @classmethod
    def of(cls, data: bytes) -> "PartResult":
        """Return the result in this JSON."""
        return _adapter().validate_json(data)


@cache
def _adapter() -> TypeAdapter[PartResult]:
    return TypeAdapter(PartResult)
