"""Exact sums of the decimal fields of a list's rows, by currency."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

APART: Final = ("CHF", "EUR", "GBP", "USD")
"""The currencies that have a sum of their own. Each is a metric that costs money every month. A partner's file could
name 17,576 currencies (three letters), so all others share a sum."""

OTHER: Final = "OTHER"
"""The label of the shared sum of all other currencies, and of amounts without a currency."""

NONE: Final = "NONE"
"""The label of the sums of an aggregate without a currency field."""


def currencies(currency: str | None) -> tuple[str, ...]:
    """Return the labels of the sums of an aggregate with this currency field, or without a currency field."""
    return (NONE,) if currency is None else (*APART, OTHER)


class Amounts:
    """The sums of the decimal fields of rows, by the currency field if any. Memory use is constant.

    The sums are exact: an amount has at most 15 digits, and Python's decimals keep 28 through an addition, enough for
    ten thousand billion rows.
    """

    def __init__(self, decimals: Sequence[str], currency: str | None) -> None:
        self._decimals = decimals
        self._currency = currency
        self._names = {name: name for name in currencies(currency)}
        self._sums: dict[str, dict[str, Decimal]] = {name: defaultdict(Decimal) for name in decimals}

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows, given as JSON values. A missing amount adds 0. An amount without a currency is added to `OTHER`."""
        if not self._decimals:
            return
        for row in rows:
            name = NONE if self._currency is None else self._names.get(row.get(self._currency) or "", OTHER)
            for field in self._decimals:
                if (amount := row.get(field)) is not None:
                    self._sums[field][name] += Decimal(amount)

    def merge(self, sums: Mapping[str, Mapping[str, Decimal]]) -> None:
        """Add the sums of other rows."""
        for field, by_currency in sums.items():
            for name, amount in by_currency.items():
                self._sums[field][name] += amount

    def sums(self) -> dict[str, dict[str, Decimal]]:
        """Return the sums by field and currency, without the currencies that no row has."""
        return {field: dict(by_currency) for field, by_currency in self._sums.items()}
