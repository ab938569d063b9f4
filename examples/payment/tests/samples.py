"""Sample aggregates and lists, made from the context's own fields."""

import csv
from io import StringIO
from typing import Any

from payment.domain.events import FIRST
from payment.domain.model import REFERENCES, Payment, PaymentDetails
from payment.domain.rows import COLUMNS

KNOWN = ("ref-0", "ref-1", "ref-2")
_BY_KIND = {
    "identifier": "id-{n:06d}",
    "text": "text {n}",
    "decimal": "{n}.50",
    "int": "{n}",
    "currency": "EUR",
    "date": "2026-01-31",
    "bool": "true",
}


def _value(field: str, n: int) -> str:
    if field in REFERENCES:
        return KNOWN[n % len(KNOWN)]
    extra: Any = PaymentDetails.model_fields[field].json_schema_extra
    return _BY_KIND[extra["kind"]].format(n=n)


def values(n: int = 1, **changes: str) -> dict[str, str]:
    """Return the n-th row's values as text."""
    return {field: _value(field, n) for field in COLUMNS} | changes


def projection() -> list[dict[str, str]]:
    """Return the items of what the samples refer to."""
    return [{"pk": f"{field.removesuffix('_id').upper()}#{known}"} for field in REFERENCES for known in KNOWN]


def payment(n: int = 1, **changes: Any) -> Payment:
    """Return the n-th aggregate, just created."""
    return Payment(PaymentDetails.model_validate(values(n)), **{"status": FIRST, **changes})


def csv_file(rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS) -> bytes:
    """Return rows as a partner would send them."""
    text = StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
