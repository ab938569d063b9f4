"""What a type checker must refuse: each marked line mixes two contexts, or takes one thing for another."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from payment.commands import DeletePayment, RegisterPayment, VerifyPayment
from payment.context import PAYMENT
from payment.model import Payment, PaymentDetails, Status
from payment.use_cases import delete_payment, register_payment, verify_payment

from bounded_context import (
    Aggregate,
    Aggregates,
    Change,
    Command,
    Context,
    Details,
    Identifier,
    Reaction,
    ReceivedEvent,
    Shards,
    aws,
    expected,
)
from bounded_context.handlers import (
    ListSettings,
    PartEvent,
    StepEvent,
    VerificationSettings,
    command_handler,
    get_handler,
    step,
)
from bounded_context.lists import ListImport, Rejection, RowsCheck, StagedRow, Step, TypedRow


class Progress(StrEnum):
    """Where a parcel stands."""

    SENT = "SENT"


class ParcelDetails(Details):
    """Another context's."""

    parcel_id: Identifier


class Parcel(Aggregate[ParcelDetails, Progress]):
    """Another context's."""


class SendParcel(ParcelDetails):
    """Another context's."""


class TrackParcel(Change):
    """Another context's."""

    parcel_id: Identifier


def track_parcel(command: TrackParcel, parcels: Aggregates[Parcel]) -> Parcel:
    """Another context's."""
    return expected(command, parcels)


def payments() -> Aggregates[Payment]:
    """This context's."""
    return aws.aggregates(PAYMENT)


def shards() -> Shards[Payment]:
    """This context's."""
    return aws.shards(PAYMENT)


def parcels() -> Aggregates[Parcel]:
    """Another context's."""
    return aws.aggregates(PAYMENT)  # refused: another context's adapters


def parcel_shards() -> Shards[Parcel]:
    """Another context's."""
    return aws.shards(PAYMENT)  # refused: another context's adapters


command_handler(PAYMENT, VerifyPayment, track_parcel, payments)  # refused: another aggregate's use case
command_handler(PAYMENT, TrackParcel, track_parcel, parcels)  # refused: another context's command
command_handler(PAYMENT, TrackParcel, verify_payment, payments)  # refused: another command's use case
command_handler(PAYMENT, VerifyPayment, register_payment, payments)  # refused: another command's use case
command_handler(PAYMENT, RegisterPayment, register_payment, parcels)  # refused: another aggregate's adapters
command_handler(PAYMENT, RegisterPayment, register_payment, shards)  # refused: no aggregates
get_handler(PAYMENT, parcels)  # refused: another aggregate's adapters

verify_payment(TrackParcel(parcel_id="x"), payments())  # refused: another context's command
verify_payment(VerifyPayment(payment_id="x"), parcels())  # refused: another aggregate's adapters
verify_payment(VerifyPayment(parcel_id="x"), payments())  # refused: no field of the command

START = (Status.REGISTERED,)
FIRST, NEXT = Status.REGISTERED, Status.VERIFIED
Command.creates(VerifyPayment, verify_payment, FIRST, "PaymentRegistered")  # refused: a change creates nothing
Command.changes(RegisterPayment, register_payment, NEXT, "E", after=START)  # refused: details change nothing
Command.deletes(RegisterPayment, register_payment, "E", after=START)  # refused: details delete nothing
Command.changes(VerifyPayment, verify_payment, NEXT, "PaymentVerified")  # refused: it starts from somewhere
Command.deletes(DeletePayment, delete_payment, "PaymentDeleted")  # refused: it starts from somewhere
Command.changes(VerifyPayment, verify_payment, NEXT, "PaymentVerified", after=FIRST)  # refused: no tuple
Command.creates(RegisterPayment, verify_payment, FIRST, "PaymentRegistered")  # refused: another command's rule
Command.changes(VerifyPayment, delete_payment, NEXT, "E", after=START)  # refused: another command's rule
Command.deletes(DeletePayment, register_payment, "PaymentDeleted", after=START)  # refused: another command's rule
Command.changes(VerifyPayment, VerifyPayment, NEXT, "E", after=START)  # refused: a model is no rule
Command.creates(RegisterPayment, FIRST, "PaymentRegistered")  # refused: no rule
Command.deletes(DeletePayment, "PaymentDeleted", after=START)  # refused: no rule


def wrong_rule(command: VerifyPayment, _stored: Aggregates[Parcel]) -> Parcel:
    """A rule that returns another aggregate."""
    raise NotImplementedError(command)


OTHERS: tuple[Command[Any, Payment], ...]
OTHERS = (Command.changes(VerifyPayment, wrong_rule, NEXT, "E", after=START),)  # refused: another aggregate's rule

CONTEXT = Context(
    name="payment",
    plural="payments",
    display_name="Payment",
    owner="payments",
    aggregate=Payment,
    commands=(
        Command.creates(RegisterPayment, register_payment, FIRST, "PaymentRegistered"),
        Command.changes(VerifyPayment, register_payment, NEXT, "E", after=START),  # refused: another command's rule
        Command.deletes(DeletePayment, delete_payment, "PaymentDeleted", after=START),
    ),
)


def wrong_status(payment: Payment) -> Payment:
    """A status of another aggregate."""
    return payment.moved_to(Progress.SENT)  # refused: another aggregate's status


def wrong_answer(command: VerifyPayment, stored: Aggregates[Payment]) -> Parcel:
    """An aggregate of another context."""
    return expected(command, stored)  # refused: another aggregate


@step(PAYMENT, StepEvent, ListSettings)  # refused: other settings than the step gets
def verify_subscription(event: StepEvent, settings: VerificationSettings, steps: ListImport) -> Step:
    """A step with the settings of another."""
    raise NotImplementedError(event, settings, steps)


@step(PAYMENT, StepEvent)  # refused: another event than the step gets
def import_list(event: PartEvent, steps: ListImport) -> Step:
    """A step with the event of another."""
    raise NotImplementedError(event, steps)


@step(PAYMENT, PartEvent)  # refused: settings that the step does not name
def compensate_error(event: PartEvent, settings: ListSettings, steps: ListImport) -> Step:
    """A step with settings that nothing reads."""
    raise NotImplementedError(event, settings, steps)


PaymentDetails.of(ParcelDetails(parcel_id="x"))  # refused: another context's details


def of_texts(rows: Sequence[TypedRow[PaymentDetails]], _list_id: str) -> list[Rejection]:
    """A check that takes a row's values for texts."""
    early = [row for row in rows if row.details.due_date < "2026-01-31"]  # refused: a day is no text
    large = [row for row in rows if row.details.amount > date(2026, 1, 31)]  # refused: an amount is no day
    raise NotImplementedError(early, large)


def of_staged_rows(rows: list[StagedRow], _list_id: str) -> list[Rejection]:
    """A check as it was before rows had types."""
    raise NotImplementedError(rows)


def of_parcels(rows: Sequence[TypedRow[ParcelDetails]], _list_id: str) -> list[Rejection]:
    """Another context's."""
    raise NotImplementedError(rows)


STAGED: RowsCheck[PaymentDetails] = of_staged_rows  # refused: rows without types
PARCELS: RowsCheck[PaymentDetails] = of_parcels  # refused: another context's rows


def of_text(event: ReceivedEvent, payment: Payment) -> str:
    """A reaction that returns no command."""
    raise NotImplementedError(event, payment)


def of_parcel(event: ReceivedEvent, parcel: Parcel) -> None:
    """A reaction of another context's aggregate."""
    raise NotImplementedError(event, parcel)


TEXT: Reaction[Payment] = Reaction("registry", "PayerVerified", of_text, by="payer")  # refused: no command
OTHER: Reaction[Payment] = Reaction("registry", "PayerVerified", of_parcel, by="payer")  # refused: another aggregate
