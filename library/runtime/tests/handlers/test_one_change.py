"""A rule makes one change of one aggregate. Another change is refused before anything is written."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from payment.context import PAYMENT
from payment.model import Payment, PaymentDetails, Status

from bounded_context import Aggregates, BusinessError, Change, Child, Children, Command, Context, Identifier, Text
from bounded_context.handlers._requests import Refused
from bounded_context.handlers.commands import CommandHandler
from bounded_context.testing import InMemoryAggregates, Samples
from tests.handlers.conftest import settings

__all__ = ["settings"]
pytestmark = pytest.mark.usefixtures("settings")


class Note(Child):
    """A note of a payment."""

    text: Text


class AddNote(Change):
    """Add a note."""

    payment_id: Identifier


class Settle(Change):
    """Move the payment."""

    payment_id: Identifier


class Register(PaymentDetails):
    """Create the payment."""


Rule = Callable[[Any, Aggregates[Payment]], Payment]
NOTE = Note(text="seen")


def _saves(*changes: Callable[[Payment, Payment], Payment]) -> Rule:
    """Return a rule that reads two payments, and saves each change of them."""

    def rule(command: Any, payments: Aggregates[Payment]) -> Payment:
        own, other = payments.get(command.id), payments.get("id-000002")
        changed = [change(own, other) for change in changes]
        for each in changed:
            payments.save(each)
        return changed[0]

    return rule


def _adds_with_a_note(command: Register, payments: Aggregates[Payment]) -> Payment:
    created = Payment(PaymentDetails.of(command), Status.REGISTERED).adding(NOTE)
    payments.add(created)
    return created


def _adds_two(command: Register, payments: Aggregates[Payment]) -> Payment:
    created = Payment(PaymentDetails.of(command), Status.REGISTERED)
    payments.add(created)
    payments.add(Payment(created.details.model_copy(update={"payment_id": "another"}), Status.REGISTERED))
    return created


def _ignores_the_refusal(command: Any, payments: Aggregates[Payment]) -> Payment:
    changed = payments.get(command.id).moved_to(Status.VERIFIED)
    payments.save(changed)
    with suppress(BusinessError):
        payments.save(payments.get("id-000002").moved_to(Status.VERIFIED))
    return changed


def _saves_and_removes(command: Any, payments: Aggregates[Payment]) -> Payment:
    changed = payments.get(command.id).moved_to(Status.VERIFIED)
    payments.save(changed)
    payments.remove(payments.get("id-000002"))
    return changed


def _moves_what_it_saved(command: Any, payments: Aggregates[Payment]) -> Payment:
    payments.save(payments.get(command.id).adding(NOTE))
    changed = payments.get(command.id).moved_to(Status.VERIFIED)
    payments.save(changed)
    return changed


def _settles(rule: Rule) -> Command[Any, Any]:
    return Command.changes(Settle, rule, Status.VERIFIED, "PaymentVerified", after=(Status.REGISTERED,))


def _adds(rule: Rule) -> Command[Any, Any]:
    return Command.adds(AddNote, rule, Note, "PaymentNoteAdded", after=(Status.REGISTERED,))


def _creates(rule: Rule) -> Command[Any, Any]:
    return Command.creates(Register, rule, Status.REGISTERED, "PaymentRegistered")


def _moved(own: Payment, _: Payment) -> Payment:
    return own.moved_to(Status.VERIFIED)


def _other_moved(_: Payment, other: Payment) -> Payment:
    return other.moved_to(Status.VERIFIED)


SEVERAL: dict[str, Command[Any, Any]] = {
    "two aggregates": _settles(_saves(_moved, _other_moved)),
    "an aggregate twice": _settles(_saves(_moved, _moved)),
    "an aggregate, and the removal of another": _settles(_saves_and_removes),
    "two aggregates, and the refusal is ignored": _settles(_ignores_the_refusal),
    "a child, then a status": _adds(_moves_what_it_saved),
    "two children": _adds(_saves(lambda own, _: own.adding(NOTE).adding(NOTE))),
    "a child and a status": _settles(_saves(lambda own, _: own.adding(NOTE).moved_to(Status.VERIFIED))),
    "a status and a child": _adds(_saves(lambda own, _: own.moved_to(Status.VERIFIED).adding(NOTE))),
    "two statuses": _settles(_saves(lambda own, _: own.moved_to(Status.VERIFIED).moved_to(Status.VERIFIED))),
    "a creation with a child": _creates(_adds_with_a_note),
    "two creations": _creates(_adds_two),
}


def _context(command: Command[Any, Any]) -> Context[Payment]:
    """Return a context of two more commands, with the given command in place of its own kind."""
    others = (_adds(_saves(lambda own, _: own.adding(NOTE))), _settles(_saves(_moved)), *PAYMENT.commands)
    kinds = {each.kind: each for each in (*others[::-1], command)}
    return replace(PAYMENT, commands=tuple(kinds.values()), children=(Children(Note, "notes", most=5),), versions={})


def _world(context: Context[Payment]) -> InMemoryAggregates[Payment]:
    payments = InMemoryAggregates(context)
    for number in (1, 2):
        payments.add(Samples(context).aggregate(number))
    return payments


def _answer(command: Command[Any, Any], payments: InMemoryAggregates[Payment]) -> dict[str, Any]:
    """Run the command without an idempotency key. Raises Refused."""
    values = Samples(PAYMENT).values(3 if command.kind == "creates" else 1)
    payload = values if command.kind == "creates" else {"payment_id": values["payment_id"]}
    handler = CommandHandler(_context(command), command, command.model, command.rule, lambda: payments)
    return handler.perform(command.model.model_validate(payload), None, payload, None)


@pytest.mark.parametrize("case", SEVERAL)
def test_a_rule_with_several_changes_is_refused_and_writes_nothing(case: str):
    command = SEVERAL[case]
    payments = _world(_context(command))
    before = (dict(payments.stored), dict(payments.children))
    with pytest.raises(Refused) as refused:
        _answer(command, payments)
    assert refused.value.code == "several-changes"
    assert (payments.stored, payments.children) == before


ONE: dict[str, Command[Any, Any]] = {
    "a status": _settles(_saves(_moved)),
    "a child": _adds(_saves(lambda own, _: own.adding(NOTE))),
    "another aggregate": _settles(_saves(_other_moved)),
    "nothing": _settles(lambda command, payments: payments.get(command.id)),
}


@pytest.mark.parametrize("case", ONE)
def test_a_rule_with_one_change_is_accepted(case: str):
    payments = _world(_context(ONE[case]))
    assert _answer(ONE[case], payments)["ok"]


def test_a_refusal_after_the_change_leaves_nothing():
    def refuses(command: Any, payments: Aggregates[Payment]) -> Payment:
        payments.save(payments.get(command.id).moved_to(Status.VERIFIED))
        raise BusinessError("too late")

    payments = _world(_context(_settles(refuses)))
    with pytest.raises(Refused):
        _answer(_settles(refuses), payments)
    assert {payment.status for payment in payments.stored.values()} == {Status.REGISTERED}


def test_a_rule_reads_its_change():
    def reads(command: Any, payments: Aggregates[Payment]) -> Payment:
        payments.save(payments.get(command.id).moved_to(Status.VERIFIED))
        return payments.get(command.id)

    payments = _world(_context(_settles(reads)))
    answer = _answer(_settles(reads), payments)
    assert (answer["payment"]["status"], answer["etag"]) == ("VERIFIED", payments.stored["id-000001"].tag)
