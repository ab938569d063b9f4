"""The data of the payment's events, from which the schemas in ``events/`` are generated.

A field that you add later needs a default, as in ``note: Text | None = None``: queues still contain events without it.
"""

from bounded_context import Amount, Currency, Day, EventData, Identifier, Text
from pydantic import Field

from .model import Status


class PaymentData(EventData):
    """The payment after the change, or before its deletion."""

    payment_id: Identifier
    subscription_id: Text
    amount: Amount
    currency: Currency
    due_date: Day
    payer: Text
    status: str = Field(description="the status; later versions may add others", examples=list(Status))
    version: int = Field(ge=1, description="the number of changes, from 1")
    list_id: str | None = Field(description="the list that it was imported from; null without a list")
