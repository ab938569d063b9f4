"""The business rules, a function for each command. It returns the changed aggregate, or raises a BusinessError."""

from bounded_context import Aggregates, expected

from .commands import DeletePayment, RegisterPayment, VerifyPayment
from .model import Payment, PaymentDetails, Status


def register_payment(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
    """Create the payment; rows of lists follow the same rule.

    Raises:
        AlreadyExists: the identity is in use.
    """
    details = PaymentDetails.of(command)
    created = Payment(details, Status.REGISTERED)
    payments.add(created)
    return created


def verify_payment(command: VerifyPayment, payments: Aggregates[Payment]) -> Payment:
    """Move the payment to VERIFIED.

    Raises:
        NotFound, VersionConflict, IllegalMove: the change is not possible.
    """
    changed = expected(command, payments).moved_to(Status.VERIFIED)
    payments.save(changed)
    return changed


def delete_payment(command: DeletePayment, payments: Aggregates[Payment]) -> Payment:
    """Delete the payment, and return its last state.

    Raises:
        NotFound, VersionConflict, IllegalMove: the deletion is not possible.
    """
    current = expected(command, payments)
    payments.remove(current)
    return current
