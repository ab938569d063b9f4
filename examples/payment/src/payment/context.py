"""The context's declaration, which its code, its infrastructure and its tools read."""

from bounded_context import Command, Context

from .commands import DeletePayment, RegisterPayment, VerifyPayment
from .model import Payment, Status
from .use_cases import delete_payment, register_payment, verify_payment

PAYMENT = Context(
    name="payment",
    plural="payments",
    display_name="Payment",
    owner="payments-team",
    aggregate=Payment,
    commands=(
        Command.creates(RegisterPayment, register_payment, Status.REGISTERED, "PaymentRegistered"),
        Command.changes(VerifyPayment, verify_payment, Status.VERIFIED, "PaymentVerified", after=(Status.REGISTERED,)),
        Command.deletes(DeletePayment, delete_payment, "PaymentDeleted", after=tuple(Status)),
    ),
    references={"subscription_id": "subscription"},
    verification="verify_subscription",
    # Each adds an index, and one write unit per row.
    queried_by=("list",),
    subscribers=("bi", "frontend"),
    api=True,
)
