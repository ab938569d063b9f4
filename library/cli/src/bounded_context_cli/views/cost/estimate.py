"""The estimate of a stack: quantities with prices, for a month without traffic, a million rows, and their storage."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from bounded_context.declaration.context import Context

from ...programs.recording import Graph
from .flow import Flow
from .idle import idle
from .per_million import lists
from .prices import Price, prices
from .storage import storage

ROWS: Final = 1_000_000
"""The rows of the estimated list, all of them valid."""

Part = Literal["idle_month", "per_million", "storage_month"]

IDLE: Final[Part] = "idle_month"
MILLION: Final[Part] = "per_million"
STORAGE: Final[Part] = "storage_month"


@dataclass(frozen=True)
class Line:
    """A quantity at a price, in one part of the estimate."""

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


@dataclass(frozen=True)
class Estimate:
    """The cost of a stack, in USD."""

    lines: tuple[Line, ...]

    @property
    def idle_month(self) -> float:
        """The cost of a month without traffic."""
        return self.total(IDLE)

    @property
    def per_million(self) -> float:
        """The cost of a million rows."""
        return self.total(MILLION)

    def counts(self, part: Part) -> bool:
        """Return whether the estimate has lines of a part."""
        return any(line.part == part for line in self.lines)

    def total(self, part: Part) -> float:
        """Return the cost of a part's lines."""
        return sum(line.usd for line in self.lines if line.part == part)

    def as_json(self) -> dict[str, Any]:
        """Return the estimate for `context cost --json`."""
        return {
            IDLE: round(self.idle_month, 4),
            MILLION: round(self.per_million, 4),
            STORAGE: round(self.total(STORAGE), 4),
            "lines": [line.as_json() for line in self.lines],
        }


def estimate(context: Context[Any], graph: Graph) -> Estimate:
    """Estimate the cost of a stack's resources, of a million rows if the context has lists, and of their storage."""
    flow = Flow(context, graph, ROWS)
    rows = lists(flow) if context.has_lists else ()
    return Estimate((*lines(IDLE, idle(graph)), *lines(MILLION, rows), *lines(STORAGE, storage(flow))))


def lines(part: Part, counted: Iterable[tuple[str, float, str]]) -> list[Line]:
    """Return lines for counted quantities, given by name, quantity and price. A quantity of 0 is omitted."""
    return [Line(part, what, quantity, prices().by_name[name]) for what, quantity, name in counted if quantity]
