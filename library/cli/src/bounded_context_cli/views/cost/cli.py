"""`context cost`: the cost of stacks, by the resources that their program registers. AWS is not called."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from typer import Argument, Option

from bounded_context.declaration.context import Context
from bounded_context_infra.configuration.project import ProjectError

from ...command.installed import repository
from ...command.output import refuse
from ...programs.pulumi_files import stacks_on_aws
from ...programs.recording import Graph, service
from . import Price, prices
from .flow import Flow
from .per_million import idle, lists, storage, unknown

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


TITLES: Final[Mapping[Part, str]] = {
    IDLE: "A month without traffic",
    MILLION: "A million rows, from a list to the queues",
    STORAGE: "A month's storage of a million rows",
}

"""The titles of an estimate's parts."""

_HEAD: Final[Mapping[Part, str]] = {
    IDLE: "month without traffic",
    MILLION: "million rows imported",
    STORAGE: "their storage, a month",
}

_NOT_COUNTED: Final = (
    "Storage: a million rows in the table, and a million rows imported in each month.\n"
    "Not counted: data that leaves the region, the key's requests, calls of the API, restores, and metrics of traffic\n"
    "(billed by the hour, like the metrics above). Free tiers are not deducted."
)


def cost(
    stack: Annotated[str | None, Argument(help="the Pulumi stack; by default all that are deployed to AWS")] = None,
    as_json: Annotated[bool, Option("--json", help="print JSON")] = False,
) -> int:
    """Print the cost of a stack by list prices.

    Examples:
      context cost               all stacks, side by side
      context cost prod          one stack, line by line
      context cost prod --json   JSON

    Exit status:
      0  the cost is printed
      1  the cost is printed, and a resource is not included
      2  nothing could be printed
    """
    try:
        project, program = repository(), service()
        context, stacks = project.context, [stack] if stack else stacks_on_aws(project.service)
        graphs = {name: program.graph(name) for name in stacks}
        costs = {name: estimate(context, graph) for name, graph in graphs.items()}
    except ProjectError as error:
        return refuse(str(error))
    sys.stdout.write(_json(costs, stack) if as_json else _estimate_text(stack, costs[stack]) if stack else table(costs))
    omitted = sorted({sentence for graph in graphs.values() for sentence in unknown(graph)})
    sys.stderr.writelines(f"{sentence}\n" for sentence in omitted)
    return 1 if omitted else 0


def _json(costs: dict[str, Estimate], stack: str | None) -> str:
    documents = {name: estimate.as_json() for name, estimate in costs.items()}
    return json.dumps(documents[stack] if stack else documents, indent=2) + "\n"


def table(costs: Mapping[str, Estimate]) -> str:
    """Return the estimates of several stacks, one line each."""
    width = max(map(len, (*costs, "stack")))
    head = "  ".join([f"{'stack':<{width}}", *_HEAD.values()])
    rows = ("  ".join([f"{name:<{width}}", *_totals(estimate)]) for name, estimate in costs.items())
    return "\n".join([head, *rows, "", _priced()]) + "\n"


def _totals(estimate: Estimate) -> Iterator[str]:
    """Yield the cost of each part; a dash for the imports of a context without lists."""
    for part, title in _HEAD.items():
        yield f"{f'{estimate.total(part):.2f}' if estimate.counts(part) else '-':>{len(title)}}"


def _estimate_text(stack: str, estimate: Estimate) -> str:
    width = max(44, *(len(line.what) for line in estimate.lines))
    parts = (
        "\n".join([_head(title, width), *_rows(estimate, part, width)])
        for part, title in TITLES.items()
        if estimate.counts(part)
    )
    return "\n\n".join([f"{stack}, {_priced()}", *parts, _NOT_COUNTED]) + "\n"


def _priced() -> str:
    return f"USD, list prices of {prices().region} as of {prices().date}"


def _head(title: str, width: int) -> str:
    return f"{title:<{width + 2}}{'quantity':>12}  {'USD':>9}  price"


def _rows(estimate: Estimate, part: Part, width: int) -> Iterator[str]:
    yield from (_row(line, width) for line in estimate.lines if line.part == part)
    yield f"  {'total':<{width + 12}}  {estimate.total(part):>9.2f}"


def _row(line: Line, width: int) -> str:
    amount = f"{line.quantity:,.0f}" if line.quantity >= 1 else f"{line.quantity:.4f}"
    return f"  {line.what:<{width}}{amount:>12}  {line.usd:>9.4f}  {_price(line.price)}"


def _price(price: Price) -> str:
    """Return a price with at least two decimals, and with more for small prices such as a GB-second."""
    usd = f"{price.usd:.10f}".rstrip("0")
    return f"{max(usd, f'{price.usd:.2f}', key=len)} for {price.per:,} {price.unit}"
