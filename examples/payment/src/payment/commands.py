"""The commands of the payment. A command may be rejected."""

from bounded_context import Change, Identifier

from .model import PaymentDetails


class RegisterPayment(PaymentDetails):
    """Create the payment with these details."""


class VerifyPayment(Change):
    """Move the payment to VERIFIED."""

    payment_id: Identifier


class DeletePayment(Change):
    """Delete the payment."""

    payment_id: Identifier
