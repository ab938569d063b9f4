"""The business rules: one function per command. Each returns what the command leaves, or raises a BusinessError."""

from bounded_context import Aggregates, expected

from .commands import DeletePayment, RegisterPayment, VerifyPayment
from .model import Payment, PaymentDetails, Status


def register_payment(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
    """Create the payment. Lists obey this rule too.

    Raises:
        AlreadyExists: its identity is taken.
    """
    details = PaymentDetails.of(command)
    created = Payment(details, Status.REGISTERED)
    payments.add(created)
    return created


def verify_payment(command: VerifyPayment, payments: Aggregates[Payment]) -> Payment:
    """Move the payment to VERIFIED.

    Raises:
        NotFound, VersionConflict, IllegalMove: it may not be changed now.
    """
    changed = expected(command, payments).moved_to(Status.VERIFIED)
    payments.save(changed)
    return changed


def delete_payment(command: DeletePayment, payments: Aggregates[Payment]) -> Payment:
    """Remove the payment and return it as it was.

    Raises:
        NotFound, VersionConflict, IllegalMove: it may not be removed now.
    """
    current = expected(command, payments)
    payments.remove(current)
    return current
