"""What a type checker must accept: a context's rules, its adapters and its entry points, paired as they belong."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import assert_type

from payment.commands import DeletePayment, RegisterPayment, VerifyPayment
from payment.context import PAYMENT
from payment.model import Payment, PaymentDetails, Status
from payment.use_cases import delete_payment, register_payment, verify_payment

from bounded_context import Aggregates, Command, Context, Projection, Reaction, ReceivedEvent, Shards, aws, expected
from bounded_context.handlers import (
    PartEvent,
    VerificationEvent,
    VerificationSettings,
    command_handler,
    get_handler,
    list_handler,
    step,
)
from bounded_context.lists import Fault, ListImport, Rejection, RowsCheck, Step, TypedRow
from bounded_context.testing import InMemory, Samples, run_list

assert_type(PAYMENT, Context[Payment])


def payments() -> Aggregates[Payment]:
    """The adapters of a context have its types."""
    return aws.aggregates(PAYMENT)


def shards() -> Shards[Payment]:
    """The adapters of a context have its types."""
    return aws.shards(PAYMENT)


command_handler(PAYMENT, RegisterPayment, register_payment, payments)
command_handler(PAYMENT, VerifyPayment, verify_payment, payments)
command_handler(PAYMENT, DeletePayment, delete_payment, payments)
Command.creates(RegisterPayment, register_payment, Status.REGISTERED, "PaymentRegistered")
Command.changes(VerifyPayment, verify_payment, Status.VERIFIED, "PaymentVerified", after=(Status.REGISTERED,))
Command.deletes(DeletePayment, delete_payment, "PaymentDeleted", after=tuple(Status))
get_handler(PAYMENT, payments)
list_handler(PAYMENT, shards)


def its_adapters() -> tuple[Aggregates[Payment], Shards[Payment], ListImport, Projection]:
    """Every adapter is one of its context."""
    return aws.aggregates(PAYMENT), aws.shards(PAYMENT), aws.list_import(PAYMENT), aws.projection()


def a_rule(command: VerifyPayment, stored: Aggregates[Payment]) -> Payment:
    """A use case knows the aggregate's own fields and statuses."""
    current = expected(command, stored)
    assert_type(current, Payment)
    assert_type(current.details, PaymentDetails)
    assert_type(current.status, Status)
    assert_type(current.moved_to(Status.VERIFIED), Payment)
    return current


def payable(rows: Sequence[TypedRow[PaymentDetails]], list_id: str) -> list[Rejection]:
    """A check of a step knows the fields' types."""
    assert_type(rows[0].details.amount, Decimal)
    assert_type(rows[0].details.due_date, date)
    return [Rejection(row.line, "", list_id, Fault.RULE) for row in rows if row.details.amount > 10]


@step(PAYMENT, PartEvent)
def import_list(event: PartEvent, steps: ListImport) -> Step:
    """A step without settings of its own gets its event and the workflow's steps."""
    return steps.import_part(event.list_id, event.part)


@step(PAYMENT, VerificationEvent, VerificationSettings, needs=(payments,))
def verify_subscription(event: VerificationEvent, settings: VerificationSettings, steps: ListImport) -> Step:
    """A step gets its event, its settings and the workflow's steps."""
    checks: list[RowsCheck[PaymentDetails]] = [
        aws.known(PAYMENT, "subscription_id"),
        aws.not_taken(PAYMENT),
        aws.obeys(PAYMENT),
        payable,
    ]
    if event.part:
        return steps.verify_part(event.list_id, event.part, checks)
    return steps.verify(event.list_id, settings.tolerated_share, checks, event.outcome)


def tests_of_it() -> None:
    """What tests are made of is of the context too."""
    world, samples = InMemory(PAYMENT), Samples(PAYMENT)
    assert_type(samples.aggregate(1), Payment)
    verify_payment(VerifyPayment(payment_id="p-1"), world.aggregates)
    assert_type(PaymentDetails.of(RegisterPayment.model_validate(samples.values())), PaymentDetails)
    assert_type(run_list(PAYMENT, [samples.values()]).aggregates, list[Payment])


def a_reaction(event: ReceivedEvent, payment: Payment) -> VerifyPayment | None:
    """The rule of a reaction knows the event's members and the aggregate's own fields."""
    assert_type(event.subject, str)
    assert_type(event.time, datetime | None)
    assert_type(payment.status, Status)
    return VerifyPayment(payment_id=payment.id) if event.data.get("verified") else None


REACTIONS: tuple[Reaction[Payment], ...] = (Reaction("registry", "PayerVerified", a_reaction, by="payer"),)
