"""What is paid for, line by line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from .prices import Price, prices

Part = Literal["idle_month", "per_million"]

IDLE: Final[Part] = "idle_month"
MILLION: Final[Part] = "per_million"


@dataclass(frozen=True)
class Line:
    """So much of something at its price: for a month without traffic, or for lists of so many rows."""

    part: Part
    what: str
    quantity: float
    price: Price

    @property
    def usd(self) -> float:
        """What it costs."""
        return self.quantity * self.price.each

    def as_json(self) -> dict[str, Any]:
        """Its members, as `just cost --json` has them."""
        return {
            "part": self.part,
            "what": self.what,
            "quantity": round(self.quantity, 4),
            "unit": self.price.unit,
            "unit_price": self.price.each,
            "usd": round(self.usd, 6),
        }


def lines(part: Part, counted: Iterable[tuple[str, float, str]]) -> list[Line]:
    """The lines of what was counted: what it is, how much of it, its price's name. None of it makes no line."""
    return [Line(part, what, quantity, prices().by_name[name]) for what, quantity, name in counted if quantity]


def total(found: Sequence[Line], part: Part) -> float:
    """USD of one part's lines."""
    return sum(line.usd for line in found if line.part == part)
