"""MeetDeadlines: the commands of aggregates that are due, once each, in the order of their times."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bounded_context import (
    BadContext,
    BusinessError,
    Change,
    Child,
    Children,
    Command,
    Context,
    Deadline,
    Identifier,
    Text,
    Unavailable,
    aws,
    expected,
)
from bounded_context.adapters.items import Items
from bounded_context.testing import Samples, on
from bounded_context.testing.functions import LambdaContext
from bounded_context_local.testing.plugin import made_table
from tests.contexts import ORDER, Order, PackOrder, Progress, pack_order
from tests.deadlines import DUE_ORDER, PACKED, PLACED, WAITS
from tests.emf import totals

ENTERED = date(2026, 10, 1)
DUE = ENTERED + WAITS
SAMPLES = Samples(DUE_ORDER)


@pytest.fixture
def table(settings: None, aws: None) -> Iterator[Any]:
    yield made_table(DUE_ORDER)


def stored(identity: str) -> Order:
    return aws.aggregates(DUE_ORDER).get(identity)


def entered(day: date, *numbers: int, context: Context[Order] = DUE_ORDER, **changes: Any) -> list[str]:
    """Add orders that enter their status on a day, and return their identities."""
    orders = [SAMPLES.aggregate(number, **changes) for number in numbers]
    for order in orders:
        with on(day):
            aws.aggregates(context).add(order)
    return [order.id for order in orders]


def meet(day: date, context: Context[Order] = DUE_ORDER, event: Any = None, **limits: Any) -> dict[str, Any]:
    """Run the function on a day."""
    from bounded_context.handlers.meet_deadlines import deadlines_handler

    with on(day):
        return deadlines_handler(context)(event or {}, LambdaContext(**limits))


SINGLE, PLAIN = 1, range(2, 20)
"""The numbers of samples: the order with a single piece, and others."""


def numbers(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the counts of an answer that are not 0."""
    return {name: count for name, count in answer.items() if count and name not in ("complete", "seconds")}


@pytest.mark.usefixtures("table")
def test_an_order_is_packed_when_it_is_due_and_not_before():
    (identity,) = entered(ENTERED, PLAIN[0])
    assert numbers(meet(DUE - timedelta(days=1))) == {}
    assert stored(identity).status is Progress.PLACED
    assert numbers(meet(DUE)) == {"met": 1}
    assert stored(identity).status is Progress.PACKED
    assert stored(identity).state.parcels == 2


@pytest.mark.usefixtures("table")
def test_a_second_run_has_no_second_effect():
    (identity,) = entered(ENTERED, PLAIN[0])
    meet(DUE)
    assert numbers(meet(DUE)) == {}
    assert stored(identity).version == 2
    # The next status has a deadline of its own.
    assert numbers(meet(DUE + timedelta(days=2))) == {"met": 1}
    assert stored(identity).status is Progress.SHIPPED
    assert numbers(meet(DUE + timedelta(days=400))) == {}


@pytest.mark.usefixtures("table")
def test_an_order_stays_due_while_its_rule_makes_two_changes():
    (identity,) = entered(ENTERED, PLAIN[0])

    def packs_twice(command: PackOrder, orders: Any) -> Order:
        orders.save(expected(command, orders).moved_to(Progress.PACKED).moved_to(Progress.PACKED))
        return orders.get(command.id)

    faulty = [replace(each, rule=packs_twice) if each.model is PackOrder else each for each in DUE_ORDER.commands]
    assert numbers(meet(DUE, replace(DUE_ORDER, commands=tuple(faulty)))) == {"failed": 1}
    assert numbers(meet(DUE)) == {"met": 1}
    assert stored(identity).status is Progress.PACKED


@pytest.mark.usefixtures("table")
def test_orders_are_met_in_the_order_of_their_times(monkeypatch: pytest.MonkeyPatch):
    """Over all shards and pages of the index."""
    monkeypatch.setattr("bounded_context.adapters.deadlines.PAGE", 2)
    identities = [
        identity for place, number in enumerate(PLAIN) for identity in entered(ENTERED + timedelta(days=place), number)
    ]
    asked: list[str] = []

    def pack(order: Order) -> PackOrder:
        asked.append(order.id)
        return PackOrder(order_id=order.id)

    context = replace(DUE_ORDER, deadlines=(replace(PLACED, command=pack),))
    assert numbers(meet(DUE + timedelta(days=90), context)) == {"met": len(PLAIN)}
    assert asked == identities


@pytest.mark.usefixtures("table")
def test_a_rule_that_returns_nothing_is_asked_once():
    """The order leaves the index."""
    entered(ENTERED, SINGLE)
    assert numbers(meet(DUE)) == {"nothing": 1}
    assert numbers(meet(DUE)) == {}


class Sealed(BusinessError):
    """A refusal."""

    code = "sealed"
    status = 409
    title = "The order is sealed"


class Down(Unavailable):
    """A system that does not answer."""

    code = "down"


def refusing(error: Exception) -> Context[Order]:
    """Return the context whose rule of packing raises."""

    def rule(_command: Any, _orders: Any) -> Any:
        raise error

    commands = tuple(
        replace(command, rule=rule, errors=(Sealed, Down)) if command.model is PackOrder else command
        for command in ORDER.commands
    )
    return replace(DUE_ORDER, commands=commands)


@pytest.mark.usefixtures("table")
def test_a_refusal_is_final_and_counted(capsys: pytest.CaptureFixture[str]):
    (identity,) = entered(ENTERED, PLAIN[0])
    assert numbers(meet(DUE, refusing(Sealed("sealed")))) == {"refused": 1}
    assert totals(capsys.readouterr().out)[("DeadlinesRefused",)] == 1
    assert stored(identity).status is Progress.PLACED
    assert numbers(meet(DUE)) == {}


@pytest.mark.parametrize(("error", "outcome"), [(Down("the bureau"), "waiting"), (RuntimeError("a fault"), "failed")])
@pytest.mark.usefixtures("table")
def test_an_outage_or_a_fault_is_tried_at_the_next_run(error: Exception, outcome: str):
    """The others are met, and the age of the oldest is measured."""
    first, second = entered(ENTERED, *PLAIN[:2])
    answer = meet(DUE + timedelta(days=1), refusing(error))
    assert numbers(answer) == {outcome: 2}
    assert answer["seconds"] == 86_400
    assert numbers(meet(DUE)) == {"met": 2}
    assert {stored(first).status, stored(second).status} == {Progress.PACKED}


@pytest.mark.usefixtures("table")
def test_an_order_of_an_open_list_waits(table: Any):
    (identity,) = entered(ENTERED, PLAIN[0], list_id="l-1")
    record = {"pk": "LIST#l-1", "status": "IMPORTING"}
    table.put_item(Item=record)
    assert numbers(meet(DUE)) == {"waiting": 1}
    table.put_item(Item=record | {"status": "IMPORTED"})
    assert numbers(meet(DUE)) == {"met": 1}
    assert stored(identity).status is Progress.PACKED


@pytest.mark.usefixtures("table")
def test_an_order_that_has_left_the_status_is_not_asked():
    """Between the reading of the index and the command, too: the command is of the read version alone."""
    first, second = entered(ENTERED, *PLAIN[:2])
    asked: list[str] = []

    def pack(order: Order) -> PackOrder:
        asked.append(order.id)
        with on(DUE):
            for identity in (first, second):
                if stored(identity).status is Progress.PLACED:
                    pack_order(PackOrder(order_id=identity, parcels=7), aws.aggregates(DUE_ORDER))
        return PackOrder(order_id=order.id)

    assert numbers(meet(DUE, replace(DUE_ORDER, deadlines=(replace(PLACED, command=pack), PACKED)))) == {"stale": 2}
    assert len(asked) == 1
    assert (stored(first).version, stored(second).version) == (2, 2)


@pytest.mark.usefixtures("table")
def test_a_run_ends_before_its_time_and_the_next_continues():
    entered(ENTERED, *PLAIN[:3])
    answer = meet(DUE + timedelta(days=1), remaining_ms=0)
    assert (answer["complete"], answer["seconds"], numbers(answer)) == (False, 86_400, {})
    assert numbers(meet(DUE)) == {"met": 3}


@pytest.mark.usefixtures("table")
def test_a_command_of_another_order_fails():
    first, _ = entered(ENTERED, *PLAIN[:2])
    other: Callable[[Any], Change] = lambda _: PackOrder(order_id=first)  # noqa: E731
    context = replace(DUE_ORDER, deadlines=(Deadline(Progress.PLACED, after=WAITS, command=other),))
    assert numbers(meet(DUE, context)) == {"met": 1, "failed": 1}


@pytest.mark.usefixtures("table")
def test_a_time_that_an_older_release_left_begins_anew(table: Any):
    """It changed the status, and did not know of deadlines."""
    (identity,) = entered(ENTERED, PLAIN[0])
    item = table.get_item(Key=Items(DUE_ORDER).key(identity))["Item"]
    suffix = item["status_shard"].removeprefix("PLACED")
    table.put_item(Item=item | {"status": "PACKED", "status_shard": f"PACKED{suffix}", "version": 2})
    assert numbers(meet(DUE)) == {"stale": 1}
    assert numbers(meet(DUE + timedelta(days=1))) == {}
    assert numbers(meet(DUE + timedelta(days=2))) == {"met": 1}


@pytest.mark.usefixtures("table")
def test_a_later_time_than_the_clocks_applies_in_the_local_stack_alone(monkeypatch: pytest.MonkeyPatch):
    entered(ENTERED, PLAIN[0])
    later = {"time": f"{DUE.isoformat()}T00:00:00Z"}
    assert numbers(meet(ENTERED, event=later)) == {}
    monkeypatch.setattr("bounded_context.handlers.meet_deadlines.local", lambda: True)
    assert numbers(meet(ENTERED, event=later)) == {"met": 1}


@pytest.mark.usefixtures("table")
def test_the_smoke_check_passes():
    assert meet(DUE, event={"smoke_check": True})["smoke_check"] == "passed"


class Reminder(Child):
    """A child that reports the delay."""

    text: Text


class Remind(Change):
    """Add a reminder."""

    order_id: Identifier


def _remind(command: Remind, orders: Any) -> Order:
    changed = expected(command, orders).adding(Reminder(text="late"))
    orders.save(changed)
    return changed


def _late(order: Order) -> Remind:
    return Remind(order_id=order.id)


@pytest.mark.usefixtures("table")
def test_a_deadline_adds_no_child_in_each_run():
    """An addition leaves the order due. The declaration refuses such a rule, or the function if its type is unknown."""
    add = Command.adds(Remind, _remind, Reminder, "OrderReminded", after=(Progress.PLACED,))
    parts: Any = {"commands": (*DUE_ORDER.commands, add), "children": (Children(Reminder, "reminders", most=5),)}
    placed = Deadline(Progress.PLACED, after=WAITS, command=_late)
    with pytest.raises(BadContext, match=r"PLACED: _late returns Remind, which adds a child and leaves the status due"):
        replace(DUE_ORDER, **parts, versions={}, deadlines=(placed,))
    untyped: Any = lambda order: _late(order)  # noqa: E731 (without an annotation)
    context = replace(DUE_ORDER, **parts, versions={}, deadlines=(replace(placed, command=untyped),))
    (identity,) = entered(ENTERED, PLAIN[0], context=context)
    for _ in range(2):
        assert numbers(meet(DUE, context)) == {"failed": 1}
    assert aws.aggregates(context).get(identity).version == 1
