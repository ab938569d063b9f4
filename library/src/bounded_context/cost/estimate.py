"""The whole of it for one stack."""

from dataclasses import dataclass
from typing import Any, Final

from ..context import Context
from ..testing.graph import Graph
from .flow import Flow
from .idle import idle
from .lines import IDLE, MILLION, Line, total
from .per_million import lists

ROWS: Final = 1_000_000
"""Rows that lists are estimated for: one list, all of whose rows are good."""


@dataclass(frozen=True)
class Estimate:
    """What a stack costs, in USD."""

    lines: tuple[Line, ...]

    @property
    def idle_month(self) -> float:
        """In a month without traffic."""
        return total(self.lines, IDLE)

    @property
    def per_million(self) -> float:
        """For a million rows."""
        return total(self.lines, MILLION)

    def as_json(self) -> dict[str, Any]:
        """Its members, as `just cost --json` has them."""
        return {
            IDLE: round(self.idle_month, 4),
            MILLION: round(self.per_million, 4),
            "lines": [line.as_json() for line in self.lines],
        }


def estimate(context: Context[Any], graph: Graph) -> Estimate:
    """Count what a stack of a context registers, and what a million rows use of it."""
    return Estimate((*idle(graph), *lists(Flow(context, graph, ROWS))))
