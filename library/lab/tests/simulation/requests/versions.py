"""Other versions of the context's code: one has the optional field ``note``, one writes to 16 keys of an index."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from payment.context import PAYMENT
from payment.model import PaymentDetails, Status
from pydantic import create_model

from bounded_context import Aggregate, Aggregates, Command, Context, Text, aws
from bounded_context.declaration.structure import EARLIER_INDEX_SHARDS
from bounded_context.handlers import (
    ErrorEvent,
    PartEvent,
    StepEvent,
    ValidationSettings,
    VerificationEvent,
    VerificationSettings,
    step,
)
from bounded_context.lists import ListImport, ReceivedList, Step
from bounded_context.testing.functions import handler_of

NOTE: Final = "note"

_text: Any = Text
_more: Any = {NOTE: (_text | None, None)}
_create: Any = create_model
NoteDetails: Any = _create("PaymentDetails", __base__=PaymentDetails, __doc__="Details with a note.", **_more)
RegisterPayment: Any = _create("RegisterPayment", __base__=NoteDetails, __doc__="Create the payment.")


class Payment(Aggregate[NoteDetails, Status]):
    """The payment in the newer version."""


def _register(command: Any, payments: Aggregates[Any]) -> Any:
    """Create the payment."""
    created = Payment(NoteDetails.of(command), Status.REGISTERED)
    payments.add(created)
    return created


NEWER: Final[Any] = replace(
    PAYMENT,
    aggregate=Payment,  # pyrefly: ignore[bad-argument-type] (another class of the same aggregate)
    commands=(
        Command.creates(RegisterPayment, _register, Status.REGISTERED, "PaymentRegistered"),
        *PAYMENT.commands[1:],
    ),
    data=_create("PaymentData", __base__=PAYMENT.data, __doc__="What events say.", **_more),
)


# The steps of a list, but for the first one, which reads no model.


def validate_list(event: StepEvent, settings: ValidationSettings, steps: ListImport) -> Step:
    """Validate a list."""
    return steps.validate(event.list_id, settings.tolerated_share, settings.part_rows)


def _verification(context: Context[Any]) -> Callable[..., Step]:
    def verify_subscription(event: VerificationEvent, settings: VerificationSettings, steps: ListImport) -> Step:
        """Verify a part, or decide about a list."""
        checks = [aws.known(context, "subscription_id"), aws.not_taken(context), aws.obeys(context)]
        if event.part:
            return steps.verify_part(event.list_id, event.part, checks)
        return steps.verify(event.list_id, settings.tolerated_share, checks, event.outcome)

    return verify_subscription


def import_list(event: PartEvent, steps: ListImport) -> Step:
    """Import a part."""
    return steps.import_part(event.list_id, event.part)


def compensate_error(event: ErrorEvent, steps: ListImport) -> Step | ReceivedList:
    """Undo a list."""
    return steps.undo_part(event.list_id, event.part) if event.part else steps.compensate(event.list_id)


def _handlers(context: Context[Any]) -> Mapping[str, Any]:
    verifying = step(context, VerificationEvent, VerificationSettings)
    steps: dict[str, Any] = {
        "validate_list": step(context, StepEvent, ValidationSettings)(validate_list),
        "verify_subscription": verifying(_verification(context)),
        "import_list": step(context, PartEvent)(import_list),
        "compensate_error": step(context, ErrorEvent)(compensate_error),
    }
    names = (*context.command_functions, *context.queries)
    declared: dict[str, Any] = {name: handler_of(context, name) for name in names}
    return {name: handler.__wrapped__.__wrapped__ for name, handler in {**steps, **declared}.items()}


HANDLERS: Final[Mapping[str, Mapping[str, Callable[[Any, Any], Any]]]] = {
    "": {},
    "note": _handlers(NEWER),
    "keys": _handlers(replace(PAYMENT, index_shards=EARLIER_INDEX_SHARDS)),
}
"""The functions of each other version, by `Requests.other`; all others are the same in both."""
