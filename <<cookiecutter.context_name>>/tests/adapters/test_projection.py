"""The projection in the table: newer events win, whatever comes when."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydynox import DynamoDBClient

from <<cookiecutter.__package>>.adapters.dynamodb_bulk import ReferenceTable
from <<cookiecutter.__package>>.adapters.items import REFERRED
from <<cookiecutter.__package>>.adapters.projection import TOMBSTONE_SECONDS, ProjectionTable
from <<cookiecutter.__package>>.application.inbound import apply, read

from tests.conftest import TABLE
from tests.foreign import CONSUMES, HISTORIES, REMOVED, Event, arrivals, sequenced, told

NOW = 1_800_000_000


@pytest.fixture
def projection(table: Any) -> Iterator[ProjectionTable]:
    """The projection, at a time that stands still."""
    yield ProjectionTable(table, lambda: NOW)


def _tell(projection: ProjectionTable, events: list[Event]) -> list[str]:
    return [apply(read(json.dumps(event), CONSUMES), projection).value for event in events]


def _item(table: Any, subject: str = "thing-1") -> dict[str, Any]:
    return table.get_item(Key={"pk": REFERRED + subject}, ConsistentRead=True)["Item"]


def _known(*identities: str) -> set[str]:
    return ReferenceTable(DynamoDBClient(), TABLE).known(identities)


def test_what_an_event_tells_is_known_until_another_says_that_it_is_gone(table: Any, projection: ProjectionTable):
    """A list is verified against exactly that."""
    _tell(projection, [sequenced(1), sequenced(2, subject="thing-2")])
    assert _known("thing-1", "thing-2", "thing-3") == {"thing-1", "thing-2"}
    _tell(projection, [sequenced(3, REMOVED)])
    assert _known("thing-1", "thing-2") == {"thing-2"}


def test_a_late_event_does_not_bring_back_what_is_gone(table: Any, projection: ProjectionTable):
    """What is gone is kept for as long as such an event can be on its way."""
    outcomes = _tell(projection, [sequenced(2, REMOVED), sequenced(1), sequenced(2, REMOVED)])
    assert outcomes == ["applied", "stale", "stale"]
    assert _known("thing-1") == set()
    assert _item(table)["expires_at"] == NOW + TOMBSTONE_SECONDS
    fourteen_days = 14 * 24 * 3600
    assert 4 * fourteen_days < TOMBSTONE_SECONDS


def test_what_exists_again_does_not_expire(table: Any, projection: ProjectionTable):
    """The end of the tombstone is not the end of the thing."""
    _tell(projection, [sequenced(1, REMOVED), sequenced(2)])
    assert "expires_at" not in _item(table)
    assert _known("thing-1") == {"thing-1"}


def test_an_item_without_an_order_is_known_and_older_than_any_event(table: Any, projection: ProjectionTable):
    """An operator put it there, or the local run."""
    table.put_item(Item={"pk": f"{REFERRED}thing-1", "status": "ACTIVE"})
    assert _known("thing-1") == {"thing-1"}
    assert _tell(projection, [sequenced(1, REMOVED)]) == ["applied"]
    assert _known("thing-1") == set()


def test_an_error_of_aws_is_no_stale_event(table: Any, projection: ProjectionTable):
    """The message has to come again."""
    table.delete()
    with pytest.raises(Exception, match="ResourceNotFoundException"):
        _tell(projection, [sequenced(1)])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_order_and_number_leave_the_same_item(table: Any, projection: ProjectionTable, data: st.DataObject):
    """Two things with the same history: one hears of it in order, the other as it comes."""
    history = data.draw(HISTORIES)
    for subject in ("in-order", "as-it-comes"):
        table.delete_item(Key={"pk": REFERRED + subject})
    _tell(projection, told(history, "in-order"))
    _tell(projection, data.draw(arrivals(told(history, "as-it-comes"))))
    one, other = (_item(table, subject) for subject in ("in-order", "as-it-comes"))
    assert {**one, "pk": ""} == {**other, "pk": ""}
