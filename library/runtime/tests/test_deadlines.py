"""The declaration of deadlines, and the time at which an item is due."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context import BadContext, Context, Deadline
from bounded_context.adapters.dynamodb import AggregateTable
from bounded_context.adapters.items import Items, concerns_deadline_alone
from bounded_context.declaration import measures
from bounded_context.declaration.entry_points import entry_point
from bounded_context.domain.deadlines import due_at, due_before, due_text
from bounded_context.domain.fields import now, today
from bounded_context.testing import Samples, on
from bounded_context_cli.contracts.samples import version_of
from bounded_context_local.testing.plugin import made_table
from tests.contexts import ORDER, Order, PackOrder, PlaceOrder, Progress, ShipOrder
from tests.deadlines import DUE_ORDER, PACKED, PLACED, pack_late

DAY = timedelta(days=1)
ENTERED = date(2026, 11, 1)


def late(_order: Order) -> "ShipOrder | None":
    """Ship an order that is not packed."""


def anew(_order: Order) -> PlaceOrder:
    """Create an order."""
    raise NotImplementedError


def _bad(**fields: Any) -> Deadline[Order]:
    return replace(PLACED, **fields)


BAD: dict[str, tuple[Any, str]] = {
    "no tuple": (PLACED, f"deadlines is {PLACED!r}: write (Deadline(...),), with a comma."),
    "no deadline": (
        (pack_late,),
        f"deadlines is {(pack_late,)!r}: write (Deadline(...),), with a comma.",
    ),
    "unknown status": (
        (replace(PLACED, status="approved"),),
        "deadlines: 'approved' is not a status of Order: write one of PLACED, PACKED, SHIPPED.",
    ),
    **{
        f"after {after}": (
            (_bad(after=after),),
            f"deadlines: PLACED is due after {after}: write a time above 0 of at most 36525 days, such as "
            "timedelta(days=30).",
        )
        for after in (timedelta(), -DAY, 40_000 * DAY, 30)
    },
    "two for a status": (
        (PLACED, replace(PLACED, status="PLACED", after=DAY)),
        "deadlines: PLACED has 2: write one deadline for a status.",
    ),
    "a model in place of the rule": (
        (_bad(command=PackOrder),),
        f"deadlines: PLACED has the command {PackOrder!r}: write a function of the aggregate that returns a command.",
    ),
    "a command of another status": (
        (replace(PLACED, command=late),),
        "deadlines: PLACED: late returns ShipOrder, which does not start after it: add the status to after of "
        "ShipOrder.",
    ),
    "a command that creates": (
        (_bad(command=anew),),
        "deadlines: PLACED: anew returns PlaceOrder, which is no command that changes or deletes: name it in commands.",
    ),
}


@pytest.mark.parametrize(("deadlines", "sentence"), BAD.values(), ids=BAD)
def test_a_bad_deadline_is_refused(deadlines: Any, sentence: str):
    with pytest.raises(BadContext) as refused:
        replace(ORDER, deadlines=deadlines)
    assert str(refused.value) == sentence


def test_a_rule_without_an_annotation_is_accepted():
    """The commands that it returns are unknown before the function runs."""
    assert replace(ORDER, deadlines=(replace(PLACED, status="PLACED", command=lambda _: None),)).deadlines


def test_the_function_the_index_and_the_metrics_follow_from_deadlines():
    """A context without deadlines has none of them."""
    assert "meet_deadlines" in DUE_ORDER.functions
    assert entry_point(DUE_ORDER, "meet_deadlines") == "bounded_context.handlers.meet_deadlines.lambda_handler"
    assert DUE_ORDER.indexes == {**ORDER.indexes} | {"by_due": "status_shard"}
    assert set(DUE_ORDER.measures.all) - set(ORDER.measures.all) == measures.OF_DEADLINES
    assert "meet_deadlines" not in ORDER.functions
    assert not measures.OF_DEADLINES & {*PAYMENT.measures.all}


def test_a_time_is_rounded_up():
    """No aggregate is due before its time."""
    at = datetime(2026, 12, 1, 12, 0, 0, 1, UTC)
    assert due_text(at, 3) == "2026-12-01T12:00:01Z#3"
    assert due_at(due_text(at, 3)) == datetime(2026, 12, 1, 12, 0, 1, tzinfo=UTC)
    assert due_text(at, 3) > due_before(at)
    assert due_text(at, 3) < due_before(at + timedelta(seconds=1))


def test_the_clock_of_tests_begins_at_midnight():
    with on(ENTERED):
        assert (today(), now()) == (ENTERED, datetime(2026, 11, 1, tzinfo=UTC))


def item_of(context: Context[Any], status: Progress, version: int = 1) -> dict[str, Any]:
    """Return the item of an order that enters a status."""
    with on(ENTERED):
        return Items(context).from_aggregate(Samples(context).aggregate(1, status=status, version=version))


def test_each_write_has_the_time_of_its_status():
    """Of commands and of imported rows; a status without a deadline has none."""
    assert item_of(DUE_ORDER, Progress.PLACED)["status-due"] == "2026-12-01T00:00:00Z#1"
    assert item_of(DUE_ORDER, Progress.PACKED, 2)["status-due"] == "2026-11-03T00:00:00Z#2"
    assert "status-due" not in item_of(DUE_ORDER, Progress.SHIPPED, 3)
    values = Samples(DUE_ORDER).aggregate(1).values
    with on(ENTERED):
        row = Items(DUE_ORDER).from_values(values, Progress.PLACED, 1, "l-1")
    assert row["status-due"] == "2026-12-01T00:00:00Z#1"


def test_items_of_contexts_without_deadlines_stay():
    item = item_of(ORDER, Progress.PLACED)
    assert "status-due" not in item
    assert "status-due" not in Items(ORDER).attributes
    assert Items(ORDER).beyond(item | {"status-due": "2026-12-01T00:00:00Z#1"}) == {}


@pytest.mark.parametrize(
    ("stored", "renewed"), [("2026-12-01T00:00:00Z#1", "2026-12-01T00:00:00Z#2"), ("released#1", "released#2")]
)
def test_a_change_within_the_status_keeps_the_time(stored: str, renewed: str):
    """As a command that adds a child: the version is another one, and the stay is the same."""
    item = item_of(DUE_ORDER, Progress.PLACED) | {"status-due": stored}
    order = Items(DUE_ORDER).to_aggregate(item)
    assert Items(DUE_ORDER).from_aggregate(replace(order, version=2))["status-due"] == renewed
    assert Items(DUE_ORDER).from_aggregate(order.moved_to(Progress.PACKED))["status-due"] not in (stored, renewed)


@pytest.mark.usefixtures("aws")
def test_a_change_replaces_and_removes_the_time():
    orders = AggregateTable(Items(DUE_ORDER), table := made_table(DUE_ORDER))
    orders.add(order := Samples(DUE_ORDER).aggregate(1))
    times = []
    for status in (Progress.PACKED, Progress.SHIPPED):
        with on(ENTERED):
            orders.save(order := orders.get(order.id).moved_to(status))
        times.append(table.get_item(Key=Items(DUE_ORDER).key(order.id))["Item"].get("status-due"))
    assert times == ["2026-11-03T00:00:00Z#2", None]


class Record:
    """A stream record with two images."""

    def __init__(self, old: Any, new: Any) -> None:
        self.raw_event = {"dynamodb": {"OldImage": old, "NewImage": new}}


@pytest.mark.parametrize(
    ("old", "new", "alone"),
    [
        ({"pk": "1", "status-due": "a"}, {"pk": "1"}, True),
        ({"pk": "1"}, {"pk": "1", "status-due": "a"}, True),
        ({"pk": "1", "status-due": "a"}, {"pk": "1", "status-due": "a"}, False),
        ({"pk": "1", "status-due": "a", "version": "1"}, {"pk": "1", "version": "2"}, False),
        (None, {"pk": "1", "status-due": "a"}, False),
        ({"pk": "1", "status-due": "a"}, None, False),
    ],
)
def test_only_a_change_of_the_time_alone_has_no_event(old: Any, new: Any, alone: bool):
    assert concerns_deadline_alone(Record(old, new)) is alone  # pyrefly: ignore[bad-argument-type]


def test_the_deadline_is_a_public_name():
    assert Deadline(Progress.PACKED, after=timedelta(days=2), command=PACKED.command) == PACKED


def test_the_recorded_samples_do_not_depend_on_the_day():
    """The repository compares its released samples with those of the code."""
    first, later = [], []
    for day, samples in ((ENTERED, first), (date(2027, 1, 1), later)):
        with on(day):
            samples.append(version_of(DUE_ORDER))
    assert first == later
