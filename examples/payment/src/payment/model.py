"""The aggregate: the fields and statuses of the payment."""

from enum import StrEnum
from typing import Annotated

from bounded_context import Aggregate, Amount, Currency, Day, Details, Identifier, Personal, Text


class Status(StrEnum):
    """The status after the last event."""

    REGISTERED = "REGISTERED"
    VERIFIED = "VERIFIED"


class PaymentDetails(Details):
    """The fields of a list's row, and of the creating command."""

    payment_id: Identifier
    subscription_id: Text
    amount: Amount
    currency: Currency
    due_date: Day
    payer: Annotated[Text, Personal]


class Payment(Aggregate[PaymentDetails, Status]):
    """The payment: its details, status and version."""
