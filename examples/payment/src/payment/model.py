"""The aggregate: what the payment is, and which statuses it may have."""

from enum import StrEnum

from bounded_context import Aggregate, Amount, Currency, Day, Details, Identifier, Text


class Status(StrEnum):
    """The payment's status; each value is what its last event said."""

    REGISTERED = "REGISTERED"
    VERIFIED = "VERIFIED"


class PaymentDetails(Details):
    """What the caller says: one row of a list, or the payload of the command that creates."""

    payment_id: Identifier
    subscription_id: Text
    amount: Amount
    currency: Currency
    due_date: Day
    payer: Text


class Payment(Aggregate[PaymentDetails, Status]):
    """The payment as it stands."""
