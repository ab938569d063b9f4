"""Two versions of the context's code: the newer one has an optional field more, ``note``."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from payment import use_cases
from payment.commands import DeletePayment, VerifyPayment
from payment.context import PAYMENT
from payment.events import PaymentData
from payment.model import PaymentDetails, Status
from pydantic import create_model

from bounded_context import Aggregate, Aggregates, Command, Text, aws
from bounded_context.handlers import (
    ErrorEvent,
    ListSettings,
    PartEvent,
    StepEvent,
    ValidationSettings,
    VerificationSettings,
    command_handler,
    get_handler,
    list_handler,
    step,
)
from bounded_context.lists import ReceivedList, Step

NOTE: Final = "note"

_text: Any = Text
_more: Any = {NOTE: (_text | None, None)}
_create: Any = create_model
NoteDetails: Any = _create("PaymentDetails", __base__=PaymentDetails, __doc__="Details with a note.", **_more)
RegisterPayment: Any = _create("RegisterPayment", __base__=NoteDetails, __doc__="Create the payment.")


class Payment(Aggregate[NoteDetails, Status]):
    """The payment in the newer version."""


NEWER: Final[Any] = replace(
    PAYMENT,
    aggregate=Payment,
    commands=(Command.creates(RegisterPayment, Status.REGISTERED, "PaymentRegistered"), *PAYMENT.commands[1:]),
    data=_create("PaymentData", __base__=PaymentData, __doc__="What events say.", **_more),
)


def _register(command: Any, payments: Aggregates[Any]) -> Any:
    """Create the payment."""
    created = Payment(NoteDetails.of(command), Status.REGISTERED)
    payments.add(created)
    return created


def _payments() -> Any:
    return aws.aggregates(NEWER)


# The steps of a list, but for the first one, which reads no model.


def _validate(event: StepEvent, settings: ValidationSettings) -> Step:
    return aws.list_import(NEWER).validate(event.list_id, settings.tolerated_share, settings.part_rows)


def _verify(event: StepEvent, settings: VerificationSettings) -> Step:
    checks = [
        aws.known(NEWER, "subscription_id"),
        aws.not_taken(NEWER),
        aws.obeys(NEWER, RegisterPayment, _register),
    ]
    return aws.list_import(NEWER).verify(event.list_id, settings.tolerated_share, checks)


def _import(event: PartEvent, _settings: ListSettings) -> Step:
    return aws.list_import(NEWER).import_part(event.list_id, event.part)


def _compensate(event: ErrorEvent, _settings: ListSettings) -> Step | ReceivedList:
    steps = aws.list_import(NEWER)
    return steps.undo_part(event.list_id, event.part) if event.part else steps.compensate(event.list_id)


def _steps() -> Iterator[tuple[str, Any]]:
    works: tuple[tuple[str, Any, Any], ...] = (
        ("validate_list", _validate, ValidationSettings),
        ("verify_subscription", _verify, VerificationSettings),
        ("import_list", _import, ListSettings),
        ("compensate_error", _compensate, ListSettings),
    )
    for name, work, settings in works:
        # A step is named after its module.
        work.__module__ = f"newer.{name}"
        made: Any = step(NEWER, settings=settings)
        yield name, made(work)


def _handlers() -> Mapping[str, Any]:
    changed = {VerifyPayment: use_cases.verify_payment, DeletePayment: use_cases.delete_payment}
    changes = {NEWER.command(model).function: (model, rule) for model, rule in changed.items()}
    commands = {"register_payment": (RegisterPayment, _register), **changes}
    made: dict[str, Any] = {
        name: command_handler(NEWER, model, rule, _payments) for name, (model, rule) in commands.items()
    }
    queries: dict[str, Any] = {
        "get_payment": get_handler(NEWER, _payments),
        "list_payments": list_handler(NEWER, _shards),
    }
    made |= dict(_steps())
    return {name: handler.__wrapped__.__wrapped__ for name, handler in {**made, **queries}.items()}


def _shards() -> Any:
    return aws.shards(NEWER)


HANDLERS: Final[Mapping[str, Callable[[Any, Any], Any]]] = _handlers()
"""The functions of the newer version; all others are the same in both."""
