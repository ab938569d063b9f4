"""The times of existing aggregates: after a release that added a deadline, their deadlines begin."""

from datetime import UTC, date, datetime
from typing import Any

import boto3
import pytest

from bounded_context import aws
from bounded_context.adapters.items import Items
from bounded_context.testing import Samples, on
from bounded_context.testing.functions import TABLE, LambdaContext
from bounded_context_cli.command.operation import SystemClock
from bounded_context_local.testing.plugin import made_table
from bounded_context_operations.repair.deadlines import DeadlineReport, DeadlineScreen, Times
from tests.console import context
from tests.contexts import ORDER, PackOrder, Progress, ShipOrder, pack_order, ship_order
from tests.deadlines import DUE_ORDER, WAITS
from tests.handlers.conftest import settings

__all__ = ["settings"]

NOW = date(2026, 11, 1)


class Fixed(SystemClock):
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def table(settings: None, aws: None) -> Any:
    return made_table(DUE_ORDER)


def written(*, go: bool = True) -> DeadlineReport:
    """Run the command's pass over the table."""
    report = DeadlineReport(executed=go)
    Times(DUE_ORDER, boto3.client("dynamodb"), TABLE, Fixed()).write(report)
    return report


def meet(day: date) -> dict[str, Any]:
    from bounded_context.handlers.meet_deadlines import deadlines_handler

    with on(day):
        return deadlines_handler(DUE_ORDER)({}, LambdaContext())


@pytest.mark.usefixtures("table")
def test_aggregates_from_before_the_deadline_get_its_time():
    """In a status with a deadline, once."""
    before = aws.aggregates(ORDER)
    orders = [Samples(ORDER).aggregate(number) for number in (2, 3, 4)]
    for order in orders:
        before.add(order)
    for order in orders[1:]:
        pack_order(PackOrder(order_id=order.id), before)
    ship_order(ShipOrder(order_id=orders[2].id), before)
    assert meet(date(2030, 1, 1))["met"] == 0
    assert (written(go=False).without, written(go=False).written) == (2, 0)
    report = written()
    assert (report.without, report.written, report.result) == (2, 2, "done")
    assert written().without == 0
    assert meet(date(2026, 11, 2))["met"] == 0
    assert meet(date(2026, 11, 3))["met"] == 1
    assert aws.aggregates(DUE_ORDER).get(orders[1].id).status is Progress.SHIPPED
    assert meet(NOW + WAITS)["met"] == 1
    assert aws.aggregates(DUE_ORDER).get(orders[0].id).status is Progress.PACKED


@pytest.mark.usefixtures("table")
def test_a_released_aggregate_is_not_asked_again():
    """The order with a single piece: the rule returned no command."""
    with on(NOW):
        aws.aggregates(DUE_ORDER).add(Samples(DUE_ORDER).aggregate(1))
    assert meet(NOW + WAITS)["nothing"] == 1
    assert written().without == 0
    assert meet(NOW + 2 * WAITS)["nothing"] == 0


def test_a_time_of_an_earlier_status_is_replaced(table: Any):
    """A release without deadlines changed the item, and kept its time. Others write at the same time."""
    with on(NOW):
        aws.aggregates(DUE_ORDER).add(order := Samples(DUE_ORDER).aggregate(2))
    key = Items(DUE_ORDER).key(order.id)
    item = table.get_item(Key=key)["Item"] | {"version": 2}
    table.put_item(Item=item)
    times = Times(DUE_ORDER, boto3.client("dynamodb"), TABLE, Fixed())
    assert not times._written(item | {"version": 1})
    assert not times._written({name: item[name] for name in ("pk", "status", "version")})
    assert written().written == 1
    assert table.get_item(Key=key)["Item"]["status-due"] == "2026-12-01T00:00:00Z#2"


def test_a_context_without_deadlines_is_refused(capsys: pytest.CaptureFixture[str]):
    assert context("deadlines", "prod", "--json") == 2
    assert "Payment has no deadlines: write deadlines into its context." in capsys.readouterr().out


def test_a_plan_names_the_command(capsys: pytest.CaptureFixture[str]):
    DeadlineScreen(as_json=False).show(DeadlineReport(executed=False, without=3), "prod", "context deadlines prod --go")
    shown = " ".join(capsys.readouterr().out.split())
    assert "prod: looked. 3 aggregates have no time for the deadline of their status." in shown
    assert "context deadlines prod --go" in shown
