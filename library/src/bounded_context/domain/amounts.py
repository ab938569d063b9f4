"""What the rows of a list are worth: exact sums of each decimal field, by currency."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

APART: Final = ("CHF", "EUR", "GBP", "USD")
"""The currencies that are summed apart. Each is a metric of its own that costs money every month, and a partner's file
could name 17,576 (three letters): whatever is not named here is summed as one."""

OTHER: Final = "OTHER"
"""The sum of all other currencies, and of amounts without one: it tells that there were some, and no more."""

NONE: Final = "NONE"
"""The currency of an aggregate that has none."""


def currencies(currency: str | None) -> tuple[str, ...]:
    """Return what distinguishes sums, for an aggregate with this currency field or none."""
    return (NONE,) if currency is None else (*APART, OTHER)


class Amounts:
    """Sums up the decimal fields of rows, by the currency field if there is one. Its memory does not grow with them.

    The sums are exact: an amount has at most 15 digits, and Python's decimals keep 28 through an addition, enough for
    ten thousand billion rows.
    """

    def __init__(self, decimals: Sequence[str], currency: str | None) -> None:
        self._decimals = decimals
        self._currency = currency
        self._names = {name: name for name in currencies(currency)}
        self._sums: dict[str, dict[str, Decimal]] = {name: defaultdict(Decimal) for name in decimals}

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows, given as JSON values: an amount that is missing adds nothing, one without currency is another's."""
        if not self._decimals:
            return
        for row in rows:
            name = NONE if self._currency is None else self._names.get(row.get(self._currency) or "", OTHER)
            for field in self._decimals:
                if (amount := row.get(field)) is not None:
                    self._sums[field][name] += Decimal(amount)

    def sums(self) -> dict[str, dict[str, Decimal]]:
        """Return the sums by field and currency; a currency that no row has is left out."""
        return {field: dict(by_currency) for field, by_currency in self._sums.items()}
