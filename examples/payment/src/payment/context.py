"""What the context is, as data: its code, its infrastructure and its tools read it here."""

from bounded_context import Command, Context

from .commands import DeletePayment, RegisterPayment, VerifyPayment
from .events import VERSIONS, PaymentData
from .model import Payment, Status

PAYMENT = Context(
    name="payment",
    plural="payments",
    display_name="Payment",
    owner="payments-team",
    aggregate=Payment,
    commands=(
        Command.creates(RegisterPayment, Status.REGISTERED, "PaymentRegistered"),
        Command.changes(VerifyPayment, Status.VERIFIED, "PaymentVerified", after=(Status.REGISTERED,)),
        Command.deletes(DeletePayment, "PaymentDeleted", after=tuple(Status)),
    ),
    data=PaymentData,
    versions=VERSIONS,
    references={"subscription_id": "subscription"},
    verification="verify_subscription",
    # Each is an index of the table, and a write unit more for each row.
    queried_by=("list",),
    subscribers=("bi", "frontend"),
    api=True,
)
