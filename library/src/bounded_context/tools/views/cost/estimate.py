"""The estimate of a stack."""

from dataclasses import dataclass
from typing import Any, Final

from ....declaration.context import Context
from ...programs.recording import Graph
from .flow import Flow
from .idle import idle
from .lines import IDLE, MILLION, Line, total
from .per_million import lists

ROWS: Final = 1_000_000
"""The rows of the estimated list, all of them valid."""


@dataclass(frozen=True)
class Estimate:
    """The cost of a stack, in USD."""

    lines: tuple[Line, ...]

    @property
    def idle_month(self) -> float:
        """The cost of a month without traffic."""
        return total(self.lines, IDLE)

    @property
    def per_million(self) -> float:
        """The cost of a million rows."""
        return total(self.lines, MILLION)

    def as_json(self) -> dict[str, Any]:
        """Return the estimate for `context cost --json`."""
        return {
            IDLE: round(self.idle_month, 4),
            MILLION: round(self.per_million, 4),
            "lines": [line.as_json() for line in self.lines],
        }


def estimate(context: Context[Any], graph: Graph) -> Estimate:
    """Estimate the cost of a stack's resources, and of a million rows."""
    return Estimate((*idle(graph), *lists(Flow(context, graph, ROWS))))
