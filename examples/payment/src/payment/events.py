"""What events of the payment say, and in which version: the contract with other contexts.

The schemas under ``events/`` are made from it. A field that comes later has a default, as in
``note: Text | None = None``: events without it are still on their way.
"""

from typing import Final

from bounded_context import Amount, Currency, Day, EventData, Identifier, Text
from pydantic import Field

from .model import Status

VERSIONS: Final = {
    "PaymentRegistered": "1.0",
    "PaymentVerified": "1.0",
    "PaymentDeleted": "1.0",
    "PaymentListImported": "1.0",
    "PaymentListRejected": "1.0",
}
"""The version of each event's schema, as ``<major>.<minor>``.

`uv run just contracts` raises a minor version, here and wherever else it is said. A major version is yours to raise,
and comes beside the one before: `uv run just docs events two-major-versions`.
"""


class PaymentData(EventData):
    """The payment after the change; one that was removed, as it was before."""

    payment_id: Identifier
    subscription_id: Text
    amount: Amount
    currency: Currency
    due_date: Day
    payer: Text
    status: str = Field(description="where it stands; there may be others one day", examples=list(Status))
    version: int = Field(ge=1, description="counts its changes from 1")
    list_id: str | None = Field(description="the list that brought it; null if it came alone")
