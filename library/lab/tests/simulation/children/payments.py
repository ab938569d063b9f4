"""The context of the schedules: payments with notes."""

from dataclasses import replace
from typing import Any, Final

from payment.context import PAYMENT
from payment.model import Payment, Status

from bounded_context import Aggregates, Change, Child, Children, Command, Context, Identifier, Text, expected

from .scenario import MOST


class Note(Child):
    """A note; its text names the call that added it."""

    text: Text


class AddNote(Change):
    """Add a note."""

    payment_id: Identifier
    text: Text


def add_note(command: AddNote, payments: Aggregates[Payment]) -> Payment:
    """Add a note to a registered payment."""
    changed = expected(command, payments).adding(Note(text=command.text))
    payments.save(changed)
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
