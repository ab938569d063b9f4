"""The context of the schedules: payments with notes."""

from dataclasses import replace
from typing import Any, Final

from payment.context import PAYMENT
from payment.model import Payment, Status

from bounded_context import Aggregates, Change, Child, Children, Command, Context, Identifier, Text, expected

from .scenario import MOST, PARENTS, STATUS


class Note(Child):
    """A note; its text names the call that added it."""

    text: Text


class AddNote(Change):
    """Add a note."""

    payment_id: Identifier
    text: Text
    also: Text = "nothing"


def add_note(command: AddNote, payments: Aggregates[Payment]) -> Payment:
    """Add a note to a registered payment, and perhaps make another change."""
    changed = expected(command, payments).adding(Note(text=command.text))
    if command.also == STATUS:
        changed = changed.moved_to(Status.VERIFIED)
    payments.save(changed)
    if command.also in PARENTS:
        payments.save(payments.get(command.also).moved_to(Status.VERIFIED))
    return changed


CONTEXT: Final[Context[Any]] = replace(
    PAYMENT,
    commands=(
        *PAYMENT.commands,
        Command.adds(AddNote, add_note, Note, "PaymentNoteAdded", after=(Status.REGISTERED,)),
    ),
    children=(Children(Note, "notes", most=MOST),),
    versions={},
)
