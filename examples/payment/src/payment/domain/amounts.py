"""What the rows of a list are worth: exact sums of each decimal field, by currency."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel

from .model import PaymentDetails

APART: Final = ("CHF", "EUR", "GBP", "USD")
"""The currencies that are summed apart. Each is a metric of its own that costs money every month, and a partner's file
could name 17,576 (three letters): whatever is not named here is summed as one."""

OTHER: Final = "OTHER"
"""The sum of all other currencies: it tells that there were some, and no more."""

NONE: Final = "NONE"
"""The currency of an aggregate that has none."""


def of_kind(kind: str, model: type[BaseModel] = PaymentDetails) -> tuple[str, ...]:
    """Return the names of a model's fields of one kind (see ``fields``), in their order."""
    extras: dict[str, Any] = {name: field.json_schema_extra for name, field in model.model_fields.items()}
    return tuple(name for name, extra in extras.items() if extra["kind"] == kind)


DECIMALS: Final = of_kind("decimal")
CURRENCY: Final = next(iter(of_kind("currency")), None)


def currencies(currency: str | None) -> tuple[str, ...]:
    """Return what sums are told apart by, for an aggregate with this currency field or none."""
    return (NONE,) if currency is None else (*APART, OTHER)


class Amounts:
    """Sums up rows. Its memory does not grow with them.

    The sums are exact: an amount has at most 15 digits, and Python's decimals keep 28 through an addition, enough for
    ten thousand billion rows.
    """

    def __init__(self, decimals: Sequence[str] = DECIMALS, currency: str | None = CURRENCY) -> None:
        self._decimals = decimals
        self._currency = currency
        self._names = {name: name for name in currencies(currency)}
        self._sums: dict[str, dict[str, Decimal]] = {name: defaultdict(Decimal) for name in decimals}

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows, given as JSON values."""
        if not self._decimals:
            return
        for row in rows:
            name = NONE if self._currency is None else self._names.get(row[self._currency], OTHER)
            for field in self._decimals:
                self._sums[field][name] += Decimal(row[field])

    def sums(self) -> dict[str, dict[str, Decimal]]:
        """Return the sums by field and currency; a currency that no row has is left out."""
        return {field: dict(by_currency) for field, by_currency in self._sums.items()}
