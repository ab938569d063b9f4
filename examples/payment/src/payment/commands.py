"""What callers may ask of one payment. A command is an order and may be refused."""

from bounded_context import Change, Identifier

from .model import PaymentDetails


class RegisterPayment(PaymentDetails):
    """Create the payment with these details."""


class VerifyPayment(Change):
    """Move the payment to VERIFIED."""

    payment_id: Identifier


class DeletePayment(Change):
    """Remove the payment."""

    payment_id: Identifier
