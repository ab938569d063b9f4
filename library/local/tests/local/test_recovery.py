"""The checks of a lost region, without an emulator."""

from dataclasses import replace
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from payment.context import PAYMENT

from bounded_context.adapters.items import KEY, LIST, Items
from bounded_context_local.rehearsal.recovery import (
    BackupCopy,
    ListAgain,
    Recovered,
    expected_projection,
    projection,
)
from tests.handlers.functions import SAMPLES
from tests.test_children import CONTEXT as PAYMENTS
from tests.test_children import Note, samples

GOOD = Recovered(
    regions=("eu-west-1", "eu-central-1"),
    copied=3,
    recovery_point=5.0,
    seconds={"command": 20.0},
    acknowledged=10,
    lost=2,
    before_the_copy=0,
    missing=(),
    reported={"result": "restored", "open_lists": {"1": {}}},
    open_lists=1,
    repeated={"copied": "the same answer", "lost": "executed"},
    wrong_projections={"bi": 0},
    again=ListAgain("IMPORTED", 3, 3, 0),
)
BAD: tuple[dict[str, Any], ...] = (
    {"lost": 0},
    {"before_the_copy": 1},
    {"missing": ("PAYMENT#1",)},
    {"reported": {"result": "stopped", "open_lists": {"1": {}}}},
    {"open_lists": 2},
    {"repeated": {"copied": "executed", "lost": "executed"}},
    {"repeated": {"copied": "the same answer", "lost": "the same answer"}},
    {"wrong_projections": {"bi": 1}},
    {"again": ListAgain("FAILED", 3, 3, 0)},
    {"again": ListAgain("IMPORTED", 3, 2, 0)},
    {"again": ListAgain("IMPORTED", 3, 3, 1)},
    {"unwritten": 1},
)


def _stored(number: int, list_id: str | None = None) -> dict[str, Any]:
    values = SAMPLES.aggregate(number).details.model_dump(mode="json")
    return _dynamo(Items(PAYMENT).from_values(values, PAYMENT.initial_status, 1, list_id))


def _dynamo(item: dict[str, Any]) -> dict[str, Any]:
    return {name: TypeSerializer().serialize(value) for name, value in item.items()}


def _by_key(*items: dict[str, Any]) -> dict[str, Any]:
    return {item[KEY]["S"]: item for item in items}


def test_each_difference_is_a_problem() -> None:
    """And a good recovery has none."""
    assert GOOD.problems() == []
    assert replace(GOOD, again=None).as_json()["list"] is None
    for fault in BAD:
        assert replace(GOOD, **fault).problems(), fault


def test_an_item_of_the_copy_is_missing_unless_it_belongs_to_the_lost_stack() -> None:
    """Rows and the record of an open list are not missing, and other contents are."""
    open_list = _dynamo({KEY: f"{LIST}1", "status": "IMPORTING"})
    run, own = _dynamo({KEY: "LIST-RUN#1"}), _dynamo({KEY: "OWN#1"})
    items = _by_key(_stored(1), _stored(2), _stored(3, "1"), open_list, run, own)
    changed = {**_stored(2), "status": {"S": "VERIFIED"}}
    copy = BackupCopy(0.0, items)
    assert copy.open_lists() == {"1"}
    assert copy.missing(PAYMENT, items) == []
    assert copy.missing(PAYMENT, _by_key(_stored(1), changed)) == [changed[KEY]["S"], "OWN#1"]


def test_each_child_that_an_aggregate_of_the_copy_counts_is_expected() -> None:
    """With its contents. Another child was added during the copy."""
    items: Items[Any] = Items(PAYMENTS)
    counted = items.from_aggregate(samples.aggregate(1).adding(Note(text="first", author="Ada")))
    [key] = (child[KEY] for child in items.child_keys(items.to_aggregate(counted)))
    aggregate, child = _dynamo(counted), _dynamo({KEY: key, "text": "first"})
    copy = BackupCopy(0.0, _by_key(aggregate, child, _dynamo({KEY: f"{key}2", "text": "later"})))
    assert copy.missing(PAYMENTS, _by_key(aggregate, child)) == []
    assert copy.missing(PAYMENTS, _by_key(aggregate, _dynamo({KEY: key, "text": "second"}))) == [key]
    assert copy.missing(PAYMENTS, _by_key(aggregate)) == [key]


def test_a_subscriber_deletes_what_has_no_event_of_the_standby() -> None:
    """The aggregates that were lost with the region."""
    table = _by_key(_stored(1))
    [(identity, data)] = expected_projection(table, PAYMENT).items()
    created = PAYMENT.event_by_status[PAYMENT.initial_status]
    event = {"id": "1", "type": created, "subject": identity, "sequence": "0" * 40, "data": {}}
    lost = {**event, "subject": "lost"}
    restored = {**event, "id": "2", "sequence": f"{1:04d}".ljust(40, "0"), "data": data}
    assert projection([restored, event, lost], PAYMENT, 1) == {identity: data}
    assert projection([event, lost], PAYMENT, 1) == {}
