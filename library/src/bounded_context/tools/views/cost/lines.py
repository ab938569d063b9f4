"""The lines of an estimate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from .prices import Price, prices

Part = Literal["idle_month", "per_million"]

IDLE: Final[Part] = "idle_month"
MILLION: Final[Part] = "per_million"


@dataclass(frozen=True)
class Line:
    """A quantity at a price, for a month without traffic or for a million rows."""

    part: Part
    what: str
    quantity: float
    price: Price

    @property
    def usd(self) -> float:
        """The cost of the quantity."""
        return self.quantity * self.price.each

    def as_json(self) -> dict[str, Any]:
        """Return the line for `context cost --json`."""
        return {
            "part": self.part,
            "what": self.what,
            "quantity": round(self.quantity, 4),
            "unit": self.price.unit,
            "unit_price": self.price.each,
            "usd": round(self.usd, 6),
        }


def lines(part: Part, counted: Iterable[tuple[str, float, str]]) -> list[Line]:
    """Return lines for counted quantities, given by name, quantity and price. A quantity of 0 is omitted."""
    return [Line(part, what, quantity, prices().by_name[name]) for what, quantity, name in counted if quantity]


def total(found: Sequence[Line], part: Part) -> float:
    """Return the cost of a part's lines, in USD."""
    return sum(line.usd for line in found if line.part == part)
