"""One function per command. Each returns what the command leaves, or raises a BusinessError."""

from ..domain import commands
from ..domain.model import Payment, PaymentDetails, Status, VersionConflict
from .ports import Payments


def register_payment(
    command: commands.RegisterPayment,
    payments: Payments,
) -> Payment:
    """Create the payment.

    Raises:
        AlreadyExists: its identity is taken.
    """
    details = PaymentDetails(**command.model_dump(mode="json"))
    created = Payment(details, Status.REGISTERED)
    payments.add(created)
    return created


def verify_payment(
    command: commands.VerifyPayment,
    payments: Payments,
) -> Payment:
    """Move the payment to VERIFIED.

    Raises:
        NotFound, VersionConflict, IllegalMove: it cannot be changed so.
    """
    changed = _expected(command, payments).moved_to(Status.VERIFIED)
    payments.save(changed)
    return changed


def delete_payment(
    command: commands.DeletePayment,
    payments: Payments,
) -> Payment:
    """Remove the payment and return it as it was.

    Raises:
        NotFound, VersionConflict: it cannot be removed so.
    """
    current = _expected(command, payments)
    payments.remove(current)
    return current


def _expected(
    command: commands.Change,
    payments: Payments,
) -> Payment:
    current = payments.get(command.id)
    if command.expected_version not in (None, current.version):
        raise VersionConflict(command.id, command.expected_version)
    return current
