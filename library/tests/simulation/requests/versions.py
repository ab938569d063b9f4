"""Two versions of the context's code: the newer one has an optional field more, ``note``."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from payment import use_cases
from payment.commands import DeletePayment, VerifyPayment
from payment.context import PAYMENT
from payment.events import PaymentData
from payment.model import PaymentDetails, Status
from pydantic import create_model

from bounded_context import Aggregate, Aggregates, Command, Text, aws
from bounded_context.handlers import command_handler, get_handler, list_handler

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
    return {name: handler.__wrapped__.__wrapped__ for name, handler in {**made, **queries}.items()}


def _shards() -> Any:
    return aws.shards(NEWER)


HANDLERS: Final[Mapping[str, Callable[[Any, Any], Any]]] = _handlers()
"""The functions of the newer version; all others are the same in both."""
