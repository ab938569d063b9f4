"""Children of an aggregate: the notes of a payment, their limit, their events, their pages and their end."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from payment.context import PAYMENT
from payment.model import Payment, Status

from bounded_context import (
    Aggregates,
    BadContext,
    By,
    Change,
    Child,
    Children,
    Command,
    Context,
    Day,
    Identifier,
    IllegalMove,
    LongText,
    NotFound,
    Personal,
    PreviousVersion,
    Text,
    VersionConflict,
    WholeNumber,
    expected,
)
from bounded_context.adapters.dynamodb import AggregateTable, ChildTable, Done, attempt
from bounded_context.adapters.items import Changes, Items
from bounded_context.application.queries import BadCursor, list_children, of_aggregate
from bounded_context.domain.aggregate import TooMany
from bounded_context.handlers.commands import command_handler
from bounded_context.handlers.queries import children_handler
from bounded_context.testing import InMemoryAggregates, Samples
from bounded_context.testing.functions import LambdaContext
from bounded_context_infra.declaration.queries import is_of_others
from bounded_context_local.testing.plugin import made_table
from tests.handlers.conftest import settings

__all__ = ["settings"]

MOST = 5
_TIME = datetime(2026, 1, 31, tzinfo=UTC)


class Note(Child):
    """A note of a payment."""

    text: LongText
    author: Annotated[Text, Personal] | None = None
    weight: WholeNumber = 1


class AddNote(Change):
    """Add a note."""

    payment_id: Identifier
    text: LongText


def add_note(command: AddNote, payments: Aggregates[Payment]) -> Payment:
    """Add a note to the payment."""
    changed = expected(command, payments).adding(Note(text=command.text, author="Ada"))
    payments.save(changed)
    return changed


ADD = Command.adds(AddNote, add_note, Note, "PaymentNoteAdded", after=(Status.REGISTERED,))
CONTEXT: Context[Payment] = replace(
    PAYMENT, commands=(*PAYMENT.commands, ADD), children=(Children(Note, "notes", most=MOST),), versions={}
)
samples = Samples(CONTEXT)
ID = samples.aggregate(1).id


def _add(payments: Any, text: str = "seen") -> Payment:
    return add_note(AddNote(payment_id=ID, text=text), payments)


@pytest.fixture
def table(aws: None) -> Any:
    return made_table(CONTEXT)


@pytest.fixture
def payments(table: Any) -> AggregateTable[Payment]:
    stored = AggregateTable(Items(CONTEXT), table)
    stored.add(samples.aggregate(1))
    return stored


@pytest.fixture
def notes(table: Any) -> ChildTable:
    return ChildTable(Items(CONTEXT), table)


def test_the_names_follow_from_the_children():
    """A function and a route for the command, and for the query."""
    assert CONTEXT.routes["add_note"] == "POST /payments/{payment_id}/notes"
    assert CONTEXT.routes["list_payment_notes"] == "GET /payments/{payment_id}/notes"
    assert {"add_note", "list_payment_notes"} <= set(CONTEXT.functions)
    assert "too-many" in CONTEXT.refusals
    assert "too-many" not in PAYMENT.refusals


def test_a_child_is_a_version_of_its_aggregate(payments: AggregateTable[Payment], notes: ChildTable):
    """The status stays; the numbers count from 1."""
    for text in ("first", "second"):
        changed = _add(payments, text)
    stored = payments.get(ID)
    assert (stored.version, stored.status, stored.counts) == (3, Status.REGISTERED, {"note": 2})
    assert changed.tag == stored.tag
    children, more = notes.read(ID, "note", 0, 10)
    assert [(child["number"], child["text"], child["weight"]) for child in children] == [
        (1, "first", 1),
        (2, "second", 1),
    ]
    assert not more


def test_the_limit_and_the_statuses_hold():
    """In memory as on AWS, where the same transitions guard the table."""
    payments = InMemoryAggregates(CONTEXT)
    payments.add(samples.aggregate(1))
    for _ in range(MOST):
        _add(payments)
    with pytest.raises(TooMany):
        _add(payments)
    assert len(payments.children[ID, "note"]) == MOST
    payments.save(payments.get(ID).moved_to(Status.VERIFIED))
    with pytest.raises(IllegalMove):
        _add(payments)


def test_of_two_concurrent_children_one_is_refused(payments: AggregateTable[Payment], notes: ChildTable):
    """So no number is used twice, and the limit holds."""
    first, second = payments.get(ID), payments.get(ID)
    payments.save(first.adding(Note(text="first")))
    with pytest.raises(VersionConflict):
        payments.save(second.adding(Note(text="second")))
    assert [child["text"] for child in notes.read(ID, "note", 0, 10)[0]] == ["first"]


def test_another_attempt_detects_its_child(payments: AggregateTable[Payment], notes: ChildTable):
    """The first one ended before its answer."""
    with attempt(ID, "add_note", "key-1"):
        _add(payments)
    with attempt(ID, "add_note", "key-1"), pytest.raises(Done) as done:
        _add(payments)
    assert done.value.aggregate.last_child["note"]["text"] == "seen"
    assert len(notes.read(ID, "note", 0, 10)[0]) == 1


def test_another_attempt_detects_its_child_after_later_commands(payments: AggregateTable[Payment], notes: ChildTable):
    """The etag of the aggregate names the later command."""
    with attempt(ID, "add_note", "key-1"):
        _add(payments, "first")
    _add(payments, "second")
    with attempt(ID, "add_note", "key-1"), pytest.raises(Done) as done:
        _add(payments, "first")
    child = done.value.aggregate.last_child["note"]
    assert (child["number"], child["text"]) == (1, "first")
    assert [child["text"] for child in notes.read(ID, "note", 0, 10)[0]] == ["first", "second"]


def test_another_attempt_adds_its_child_to_a_successor(payments: AggregateTable[Payment], notes: ChildTable):
    """The first one's child was removed with its aggregate: no other command competes."""
    with attempt(ID, "add_note", "key-1"):
        _add(payments)
    gone = payments.get(ID)
    payments.remove(gone)
    notes.remove_all(gone)
    payments.add(samples.aggregate(1))
    with attempt(ID, "add_note", "key-1"):
        _add(payments)
    assert [child["text"] for child in notes.read(ID, "note", 0, 10)[0]] == ["seen"]


def _image(table: Any) -> dict[str, Any]:
    return table.get_item(Key=Items(CONTEXT).key(ID))["Item"]


def test_the_event_has_the_child_and_the_next_one_has_not(payments: AggregateTable[Payment], table: Any):
    """It is in the sequence of the aggregate, and of its type."""
    changes = Changes(CONTEXT)
    before = changes._event(_image(table), _TIME, "1", event_id="a")
    _add(payments)
    added = changes._event(_image(table), _TIME, "1", event_id="a")
    assert added["type"] == "PaymentNoteAdded"
    assert added["dataschema"].endswith(":PaymentNoteAdded:1.0")
    assert added["data"]["note"]["text"] == "seen"
    CONTEXT.models["PaymentNoteAdded"].model_validate(added["data"])
    payments.save(payments.get(ID).moved_to(Status.VERIFIED))
    verified = changes._event(_image(table), _TIME, "2", event_id="b")
    assert verified["type"] == "PaymentVerified"
    assert verified["data"].keys() == before["data"].keys()


def test_a_version_without_the_children_publishes_their_events(payments: AggregateTable[Payment], table: Any):
    """Both run during a release; and it does not take the child of an earlier write for its own."""
    _add(payments)
    event = Changes(PAYMENT)._event(_image(table), _TIME, "1", event_id="a")
    assert event["type"] == "PaymentNoteAdded"
    before = AggregateTable(Items(PAYMENT), table)
    before.save(before.get(ID).moved_to(Status.VERIFIED))
    assert "last-child" in _image(table)
    verified = Changes(CONTEXT)._event(_image(table), _TIME, "2", event_id="b")
    assert verified["type"] == "PaymentVerified"
    assert "note" not in verified["data"]
    assert payments.get(ID).counts == {"note": 1}


def test_children_are_read_page_by_page(payments: AggregateTable[Payment], notes: ChildTable):
    """In the order of their numbers; another query's cursor is refused."""
    for number in range(MOST):
        _add(payments, f"note {number}")
    query: Any = of_aggregate(CONTEXT)
    texts, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = list_children(query(payment_id=ID, limit=2, cursor=cursor), "note", notes)
        texts += [child["text"] for child in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1
    assert (texts, pages) == ([f"note {number}" for number in range(MOST)], 3)
    first = list_children(query(payment_id=ID, limit=2), "note", notes)["next_cursor"]
    with pytest.raises(BadCursor):
        list_children(query(payment_id="another", cursor=first), "note", notes)
    with pytest.raises(NotFound):
        list_children(query(payment_id="another"), "note", notes)


def test_the_children_of_a_removed_aggregate_are_removed(
    payments: AggregateTable[Payment], notes: ChildTable, table: Any
):
    """And those of its successor stay: each incarnation has its own."""
    _add(payments)
    gone = payments.get(ID)
    payments.remove(gone)
    payments.add(samples.aggregate(1))
    assert notes.read(ID, "note", 0, 10) == ([], False)
    _add(payments, "new")
    for _ in range(2):
        notes.remove_all(gone)
    assert [child["text"] for child in notes.read(ID, "note", 0, 10)[0]] == ["new"]
    assert table.scan()["Count"] == 2


@pytest.mark.usefixtures("settings")
def test_the_functions_answer(payments: AggregateTable[Payment], notes: ChildTable):
    """The answer to the command contains the new child."""
    add = command_handler(CONTEXT, AddNote, add_note, lambda: payments)
    message = {"idempotency_key": "key-1", "payload": {"payment_id": ID, "text": "seen"}}
    answers = [add(message, LambdaContext()) for _ in range(2)]
    assert answers[0] == answers[1]
    assert (answers[0]["payment"]["version"], answers[0]["payment"]["note"]["number"]) == (2, 1)
    listed = children_handler(CONTEXT, "list_payment_notes", lambda: notes)
    page = listed({"payload": {"payment_id": ID}}, LambdaContext())
    assert [child["text"] for child in page["items"]] == ["seen"]
    assert page["next_cursor"] is None


WITH_OTHERS: dict[str, tuple[Any, str]] = {
    "no limit": ((Children(Note, "notes"),), "children: Note has the limit 0: write most, a number from 1 to 1000."),
    "too high a limit": (
        (Children(Note, "notes", most=1001),),
        "children: Note has the limit 1001: write most, a number from 1 to 1000.",
    ),
    "a bad plural": (
        (Children(Note, "Notes", most=5),),
        "children: the plural of Note is 'Notes': write it in snake_case.",
    ),
    "twice": ((Children(Note, "notes", most=5),) * 2, "children has 'note' twice: name each once."),
    "none for a command": ((), "commands: AddNote adds a child that is not in children: name its class there."),
}


@pytest.mark.parametrize("case", WITH_OTHERS)
def test_contradictions_are_refused(case: str):
    children, sentence = WITH_OTHERS[case]
    with pytest.raises(BadContext) as refused:
        replace(CONTEXT, children=children)
    assert str(refused.value) == sentence


class Numbered(Child):
    """A child with a member of every child."""

    number: WholeNumber


class Passing(Child):
    """A child that DynamoDB would remove by its time to live."""

    expires_at: WholeNumber


class Subscribed(Child):
    """A child with the names of two fields and of an index's key."""

    subscription_id: Identifier
    due_date: Day
    status_shard: Text


class Payer(Child):
    """A child with the name of a field."""

    text: Text


class Remark(Child):
    """A child whose author has the name of a personal field, and is not personal."""

    payer: Text


class Sum(Child):
    """A child with a person's data under the name of a field without any."""

    currency: Annotated[Text, Personal]


_SAME = "the same value: rename one, or write the same type and mark."


@pytest.mark.parametrize(
    ("child", "sentence"),
    [
        (Remark, f"children: an erasure gives PaymentDetails.payer and Remark.payer {_SAME}"),
        (Sum, f"children: an erasure gives PaymentDetails.currency and Sum.currency {_SAME}"),
        (Numbered, "children: Numbered has a field 'number', which is a reserved name: rename it."),
        (Passing, "children: Passing has a field 'expires_at', which is a reserved name: rename it."),
        (Payer, "children: Payer has the name of a field, 'payer': rename it."),
    ],
)
def test_bad_fields_of_children_are_refused(child: type[Child], sentence: str):
    add = Command.adds(AddNote, add_note, child, "PaymentNoteAdded", after=(Status.REGISTERED,))
    with pytest.raises(BadContext) as refused:
        replace(CONTEXT, commands=(*PAYMENT.commands, add), children=(Children(child, "notes", most=5),))
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        (("subscription_id",), "subscription_id"),
        ((By("payer", order="due_date"),), "due_date"),
        (("status",), "status_shard"),
        ((), None),
    ],
)
def test_a_child_with_the_key_of_an_index_is_refused(keys: tuple[str | By, ...], field: str | None):
    """The index would contain it, and a query would read it as an aggregate."""
    add = Command.adds(AddNote, add_note, Subscribed, "PaymentNoteAdded", after=(Status.REGISTERED,))
    commands, children = (*PAYMENT.commands, add), (Children(Subscribed, "notes", most=5),)
    context = replace(CONTEXT, queried_by=(), commands=commands, children=children)
    with pytest.raises(BadContext, match=f"'{field}'") if field else nullcontext():
        replace(context, queried_by=keys)


def test_the_attributes_of_a_feature_are_reserved_with_the_feature():
    """A context of 0.4.0 keeps the keys of its queries."""
    assert not is_of_others(PAYMENT, "number")
    assert is_of_others(CONTEXT, "number")


def test_the_version_before_a_major_version_has_the_child_too():
    """In the event of its addition alone."""
    added, changed = "PaymentNoteAdded", "PaymentVerified"
    previous = PreviousVersion(data=CONTEXT.data, versions={added: "1.0", changed: "1.0"}, convert=dict)
    context = replace(CONTEXT, previous_version=previous, versions={added: "2.0", changed: "2.0"})
    for version in ("1.0", "2.0"):
        assert "note" in context.model(added, version).model_fields
        assert "note" not in context.model(changed, version).model_fields
