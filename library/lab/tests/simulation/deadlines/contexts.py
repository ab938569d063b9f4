"""The default context with deadlines, and its functions.

A registered payment is verified after half an hour, and a verified payment is deleted after three quarters, if the
context has this second deadline.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from payment.commands import DeletePayment, VerifyPayment
from payment.context import PAYMENT
from payment.model import Status
from payment.use_cases import verify_payment

from bounded_context import Aggregates, BusinessError, Context, Deadline
from bounded_context.declaration.structure import MEET_DEADLINES
from bounded_context.handlers import PartEvent, meet_deadlines, step
from bounded_context.lists import ListImport, Step
from bounded_context.testing.functions import handler_of

AFTER: Final = {"REGISTERED": 1800.0, "VERIFIED": 2700.0}
"""Seconds."""
NEXT: Final = {"REGISTERED": "VERIFIED", "VERIFIED": None}
"""The status after the command of a deadline, None for no item."""
LEFT_ALONE, SEALED = "P-4", "P-5"
"""The rule of the deadline returns no command for the first payment. The rule of the command refuses the second."""


class Sealed(BusinessError):
    """A refusal of a command."""

    code = "sealed"
    status = 409
    title = "The payment is sealed"


def verify_late(payment: Any) -> VerifyPayment | None:
    """Verify a payment that stays registered, except for one."""
    ASKED.append((payment.id, payment.tag))
    return None if payment.id == LEFT_ALONE else VerifyPayment(payment_id=payment.id)


def delete_late(payment: Any) -> DeletePayment:
    """Delete a payment that stays verified."""
    ASKED.append((payment.id, payment.tag))
    return DeletePayment(payment_id=payment.id)


ASKED: Final[list[tuple[str, str]]] = []
"""The calls of the deadlines' rules in this schedule."""


def _verify(command: VerifyPayment, payments: Aggregates[Any]) -> Any:
    if command.id == SEALED:
        raise Sealed("sealed")
    return verify_payment(command, payments)


_VERIFIES: Final = Deadline(Status.REGISTERED, after=timedelta(seconds=1800), command=verify_late)
_DELETES: Final = Deadline(Status.VERIFIED, after=timedelta(seconds=2700), command=delete_late)
_COMMANDS: Final = tuple(
    replace(command, rule=_verify, errors=(Sealed,)) if command.model is VerifyPayment else command
    for command in PAYMENT.commands
)
ONE: Final[Context[Any]] = replace(PAYMENT, commands=_COMMANDS, deadlines=(_VERIFIES,))
BOTH: Final[Context[Any]] = replace(ONE, deadlines=(_VERIFIES, _DELETES))


def import_list(event: PartEvent, steps: ListImport) -> Step:
    """Import a part."""
    return steps.import_part(event.list_id, event.part)


def _handlers(context: Context[Any]) -> Mapping[str, Callable[[Any, Any], Any]]:
    commands: dict[str, Any] = {name: handler_of(context, name) for name in context.command_functions}
    others: dict[str, Any] = {
        "import_list": step(context, PartEvent)(import_list),
        MEET_DEADLINES: meet_deadlines.deadlines_handler(context),
    }
    return {name: handler.__wrapped__.__wrapped__ for name, handler in {**commands, **others}.items()}


HANDLERS: Final = {context: _handlers(context) for context in (ONE, BOTH)}
"""The functions that differ from those of the default context."""
