"""The estimates as text."""

from collections.abc import Iterator, Mapping
from typing import Final

from .estimate import Estimate
from .lines import IDLE, MILLION, Line, Part
from .prices import Price, prices

_TITLES: Final[Mapping[Part, str]] = {
    IDLE: "A month without traffic",
    MILLION: "A million rows, from a list to the queues",
}

LEFT_OUT: Final = (
    "Not counted: storage (rows, files, backups, logs of traffic), data that leaves the region, the key's requests,\n"
    "metrics of traffic (billed by the hour, like the metrics above), calls of the API. Free tiers are not deducted."
)


def listed(stack: str, found: Estimate) -> str:
    """Return the estimate of a stack, line by line."""
    parts = [_part(part, found) for part in (IDLE, MILLION)]
    return "\n\n".join([f"{stack}, {_priced()}", *parts, LEFT_OUT]) + "\n"


def table(found: Mapping[str, Estimate]) -> str:
    """Return the estimates of several stacks, one line each."""
    width = max(map(len, (*found, "stack")))
    head = f"{'stack':<{width}}  {'idle month':>12}  {'million rows':>12}"
    rows = [
        f"{name:<{width}}  {estimate.idle_month:>12.2f}  {estimate.per_million:>12.2f}"
        for name, estimate in found.items()
    ]
    return "\n".join([head, *rows, "", _priced()]) + "\n"


def _priced() -> str:
    return f"USD, list prices of {prices().region} as of {prices().date}"


def _part(part: Part, found: Estimate) -> str:
    lines = [line for line in found.lines if line.part == part]
    whole = sum(line.usd for line in lines)
    return "\n".join([_TITLES[part], *_rows(lines), f"  {'together':<56}  {whole:>9.2f}"])


def _rows(lines: list[Line]) -> Iterator[str]:
    for line in lines:
        yield f"  {line.what:<44}{_amount(line.quantity):>12}  {line.usd:>9.4f}  {_price(line.price)}"


def _amount(quantity: float) -> str:
    return f"{quantity:,.0f}" if quantity >= 1 else f"{quantity:.4f}"


def _price(price: Price) -> str:
    """Return a price with at least two decimals, and with more for small prices such as a GB-second."""
    usd = f"{price.usd:.10f}".rstrip("0")
    return f"{max(usd, f'{price.usd:.2f}', key=len)} for {price.per:,} {price.unit}"
