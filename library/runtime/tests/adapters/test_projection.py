"""The projection in the table: newer events win, whatever comes when."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bounded_context.adapters.conditional import TOMBSTONE_SECONDS, ProjectionTable, key_of
from bounded_context.application.inbound import apply, read
from bounded_context.domain.events import Consumed
from tests.foreign import CONSUMES, CREATED, HISTORIES, REMOVED, THING, Event, arrivals, events_of, sequenced

NOW = 1_800_000_000


@pytest.fixture
def projection(table: Any) -> Iterator[ProjectionTable]:
    """The projection, at a time that stands still."""
    yield ProjectionTable(table, lambda: NOW)


def _tell(projection: ProjectionTable, events: list[Event]) -> list[str]:
    return [apply(read(json.dumps(event), CONSUMES), projection).value for event in events]


def _item(table: Any, subject: str = "thing-1") -> dict[str, Any]:
    return table.get_item(Key={"pk": key_of(THING, subject)}, ConsistentRead=True)["Item"]


def _standing(table: Any, subject: str = "thing-1") -> str:
    return _item(table, subject)["status"]


def test_a_created_subject_is_known_until_an_event_removes_it(table: Any, projection: ProjectionTable):
    """Each thing for itself."""
    _tell(projection, [sequenced(1), sequenced(2, subject="thing-2")])
    assert (_standing(table), _standing(table, "thing-2")) == ("KNOWN", "KNOWN")
    _tell(projection, [sequenced(3, REMOVED)])
    assert (_standing(table), _standing(table, "thing-2")) == ("GONE", "KNOWN")


def test_a_late_event_does_not_restore_a_removed_subject(table: Any, projection: ProjectionTable):
    """What is gone is kept for as long as such an event can be on its way."""
    outcomes = _tell(projection, [sequenced(2, REMOVED), sequenced(1), sequenced(2, REMOVED)])
    assert outcomes == ["applied", "stale", "stale"]
    assert _standing(table) == "GONE"
    assert _item(table)["expires_at"] == NOW + TOMBSTONE_SECONDS
    fourteen_days = 14 * 24 * 3600
    assert 2 * fourteen_days < TOMBSTONE_SECONDS


def test_a_subject_that_exists_again_does_not_expire(table: Any, projection: ProjectionTable):
    """The end of the tombstone is not the end of the thing."""
    _tell(projection, [sequenced(1, REMOVED), sequenced(2)])
    assert "expires_at" not in _item(table)
    assert _standing(table) == "KNOWN"


def test_an_item_without_an_order_is_older_than_any_event(table: Any, projection: ProjectionTable):
    """An operator put it there, or the local run."""
    table.put_item(Item={"pk": key_of(THING, "thing-1"), "status": "ACTIVE"})
    assert _tell(projection, [sequenced(1, REMOVED)]) == ["applied"]
    assert _standing(table) == "GONE"


def test_subjects_of_two_contexts_with_one_name_are_two_items(table: Any, projection: ProjectionTable):
    """A customer 7 and an order 7."""
    other = {
        "elsewhere": Consumed(
            aggregate="another_thing", created_by=frozenset({CREATED}), deleted_by=frozenset({REMOVED})
        )
    }
    _tell(projection, [sequenced(2)])
    apply(read(json.dumps(sequenced(1, REMOVED, source="elsewhere")), other), projection)
    assert _standing(table) == "KNOWN"
    assert table.get_item(Key={"pk": "ANOTHER_THING#thing-1"})["Item"]["status"] == "GONE"


def test_an_error_of_aws_is_no_stale_event(table: Any, projection: ProjectionTable):
    """The message has to come again."""
    table.delete()
    with pytest.raises(Exception, match="ResourceNotFoundException"):
        _tell(projection, [sequenced(1)])


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_order_and_number_leave_the_same_item(table: Any, projection: ProjectionTable, data: st.DataObject):
    """Two things with the same history: one hears of it in order, the other as it comes."""
    history = data.draw(HISTORIES)
    for subject in ("in-order", "as-it-comes"):
        table.delete_item(Key={"pk": key_of(THING, subject)})
    _tell(projection, events_of(history, "in-order"))
    _tell(projection, data.draw(arrivals(events_of(history, "as-it-comes"))))
    first, other = (_item(table, subject) for subject in ("in-order", "as-it-comes"))
    assert {**first, "pk": ""} == {**other, "pk": ""}
