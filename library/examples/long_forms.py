"""What short forms stand for, written out in public names: for the one function that has to differ.

Over Payment, the context that the template bakes by default. A test holds each against its short form.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from payment.commands import RegisterPayment
from payment.context import PAYMENT
from payment.model import Payment, PaymentDetails
from payment.use_cases import register_payment
from pydantic import ValidationError

from bounded_context import Aggregates, BusinessError, aws
from bounded_context.lists import Fault, ListStatus, Rejection, TypedRow, Upload
from bounded_context.testing import InMemory, Samples

PERFECT = Fraction(0)
"""The share of bad rows that is tolerated."""


def shown(payment: Payment) -> dict[str, Any]:
    """Return an aggregate as callers and subscribers see it."""
    standing = {"status": payment.status, "version": payment.version, "list_id": payment.list_id}
    return payment.details.model_dump(mode="json") | standing


def payments() -> Aggregates[Payment]:
    """Return the store of payments."""
    return aws.aggregates(PAYMENT)


def register(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """``command_handler(PAYMENT, RegisterPayment, register_payment, payments)``, but for idempotency and HTTP."""
    try:
        left = register_payment(RegisterPayment.model_validate(event["payload"]), payments())
    except ValidationError:
        return {"ok": False, "error": {"code": "invalid"}}
    except BusinessError as refused:
        return {"ok": False, "error": {"code": refused.code, "detail": str(refused)}}
    return {"ok": True, PAYMENT.name: shown(left)}


def get(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """``get_handler(PAYMENT, payments)``, for messages."""
    return {"ok": True, PAYMENT.name: shown(payments().get(event["payload"]["payment_id"]))}


def known(rows: Sequence[TypedRow[PaymentDetails]], _list_id: str) -> list[Rejection]:
    """``aws.known(PAYMENT, "subscription_id")``, of one subscription."""
    unknown = [(row.line, row.details.subscription_id) for row in rows if row.details.subscription_id != "ref-0"]
    return [
        Rejection(line, "subscription_id", f"{subscription!r} is not known here", Fault.UNKNOWN)
        for line, subscription in unknown
    ]


def list_of(rows: list[dict[str, str]]) -> ListStatus:
    """``run_list(PAYMENT, rows)``, for rows that are good: a step at a time, as the workflow takes them."""
    world = InMemory(PAYMENT)
    world.files.write("incoming/partner/list.csv", Samples(PAYMENT).file(rows))
    steps = world.list_import()
    list_id = steps.register(Upload("inbox", "incoming/partner/list.csv"), "run-1", max_bytes=1_000_000).list_id
    steps.validate(list_id, tolerated_share=PERFECT, part_rows=len(rows))
    steps.verify(list_id, PERFECT, world.checks())
    return world.lists.get(list_id).status
