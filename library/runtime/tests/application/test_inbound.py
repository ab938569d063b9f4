"""Messages of other contexts: what is read of them, what is poison, and what is kept."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bounded_context import Context
from bounded_context.application.inbound import LONGEST_ID, LONGEST_SUBJECT, Applied, apply, by_name, read
from bounded_context.domain.events import Consumed, Standing
from bounded_context.domain.faults import Poison, PoisonReason
from bounded_context.testing import InMemoryProjection
from tests.contexts import over_contexts
from tests.foreign import (
    CHANGED,
    CONSUMES,
    CREATED,
    HISTORIES,
    REMOVED,
    SOURCE,
    THING,
    arrivals,
    event,
    events_of,
    sequenced,
)


def _read(message: Any) -> Any:
    return read(json.dumps(message), CONSUMES)


def test_the_type_of_an_event_decides_whether_its_subject_exists():
    """By its type."""
    for event_type, standing in {CREATED: Standing.KNOWN, CHANGED: Standing.KNOWN, REMOVED: Standing.GONE}.items():
        said = _read(event(7, event_type, "thing-7")).event
        assert (said.subject, said.standing, said.event_id, said.source) == (
            "thing-7",
            standing,
            "event-7",
            "somewhere_else",
        )


def test_additions_of_a_producer_are_tolerated():
    """Members, versions of the data, data of any form or none."""
    more = event(dataschema="urn:event-schema:order-line:OrderLineCreated:9.4", newmember={"a": [1]}, data=None)
    assert _read(more).event == _read(event()).event
    assert _read(event(data="text")).event == _read(event()).event


def test_an_unsubscribed_type_is_not_poison():
    """Whatever else it lacks: it is not for us."""
    message = _read(event(event_type="OrderLinePainted", subject=None, time=None))
    assert message.event is None
    projection = InMemoryProjection()
    assert apply(message, projection) is Applied.IGNORED
    assert projection.kept == {}


def test_a_major_version_is_selected_by_its_number():
    """`OrderLineCreated.2` is what its topic's filter asks for, and what counts here: not the version before."""
    second = {
        "somewhere-else": Consumed(aggregate=THING, created_by=frozenset({f"{CREATED}.2"}), deleted_by=frozenset())
    }
    schema = f"urn:event-schema:{SOURCE}:{CREATED}"
    messages = [event(1, dataschema=f"{schema}:1.3"), event(2, dataschema=f"{schema}:2.0"), event(3)]
    events = [read(json.dumps(message), second).event for message in messages]
    assert [item is not None for item in events] == [False, True, False]


@pytest.mark.parametrize("source", ["somewhere_else", "somewhere-else"])
@pytest.mark.parametrize("setting", ["somewhere_else", "somewhere-else"])
def test_a_context_has_one_name_with_hyphens_or_underscores(source: str, setting: str):
    """Events write it as Python does, AWS names as AWS does."""
    consumes = by_name({setting: CONSUMES["somewhere-else"]})
    assert read(json.dumps(event(source=source)), consumes).event


_LONG = "x" * (max(LONGEST_ID, LONGEST_SUBJECT) + 1)

POISON: list[tuple[Any, PoisonReason]] = [
    *((body, PoisonReason.NOT_JSON) for body in ("", "no", "{", "[" * 100_000, "9" * 5000)),
    *((json.dumps(body), PoisonReason.NO_EVENT) for body in ([], "text", 7, None, {}, [event()])),
    *((event(specversion=version), PoisonReason.NO_EVENT) for version in ("0.3", "2.0", 1.0, None)),
    *((event(id=identity), PoisonReason.NO_EVENT) for identity in ("", 7, None, "\ud800", _LONG)),
    *((event(type=kind), PoisonReason.NO_EVENT) for kind in ("", [], None)),
    *((event(source=source), PoisonReason.SOURCE) for source in ("order", "Order_Line", "ORDER-LINE", "order line")),
    *((event(source=source), PoisonReason.NO_EVENT) for source in ("", 7, None)),
    *((event(subject=subject), PoisonReason.SUBJECT) for subject in ("", 7, None, ["thing"], "\ud800", _LONG)),
    *((event(time=time), PoisonReason.ORDER) for time in (None, "", "noon", 1769860800, "1769860800", "2026-01-31")),
    *((event(time=f"{time}"), PoisonReason.ORDER) for time in ("2026-01-31T12:00:00", "2026-02-30T12:00:00Z")),
    (event(time="0001-01-01T00:00:00+01:00"), PoisonReason.ORDER),
    *((event(sequence=number), PoisonReason.ORDER) for number in ("", "-1", "1.5", "abc", 7, "9" * 41, "٣", "1\n")),
]


@pytest.mark.parametrize(("message", "reason"), POISON)
def test_an_invalid_event_is_poison(message: Any, reason: PoisonReason):
    """For one of few reasons, and without a word of what it says."""
    body = message if isinstance(message, str) else json.dumps(message)
    with pytest.raises(Poison) as raised:
        read(body, CONSUMES)
    assert (raised.value.reason, str(raised.value)) == (reason, reason.value)


def test_every_reason_has_a_message_that_is_poison_for_it():
    """A reason that nothing has would be a metric for nothing."""
    assert {reason for _, reason in POISON} == set(PoisonReason)


@given(st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_any_text_is_read_or_poison(body: str):
    """Nothing else is raised, whatever is sent."""
    with pytest.raises(Poison):
        read(body, CONSUMES)


_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=2)


@given(st.dictionaries(st.sampled_from(sorted(sequenced(1))), _VALUES))
def test_any_member_of_any_form_is_read_or_poison(members: dict[str, Any]):
    """In an event that is good otherwise."""
    try:
        read(json.dumps(sequenced(1) | members), CONSUMES)
    except Poison as poison:
        assert poison.reason in PoisonReason


@pytest.mark.slow
@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_messages_in_any_order_and_number_leave_the_newest_state(data: st.DataObject):
    """Sequences, times that are equal, and both for one thing."""
    events = events_of(data.draw(HISTORIES))
    ends = [_kept(events), _kept(data.draw(arrivals(events)))]
    assert ends[0] == ends[1]


def _kept(events: list[dict[str, Any]]) -> Any:
    projection = InMemoryProjection()
    for message in events:
        apply(_read(message), projection)
    return projection.kept


def test_a_message_without_effect_has_an_outcome_of_its_own():
    """A message that comes again, and an older one."""
    projection = InMemoryProjection()
    messages = [_read(sequenced(2)), _read(sequenced(2)), _read(sequenced(1, REMOVED)), _read(sequenced(3, REMOVED))]
    outcomes = [apply(message, projection) for message in messages]
    assert outcomes == [Applied.APPLIED, Applied.STALE, Applied.STALE, Applied.APPLIED]


def test_a_type_in_neither_list_changes_nothing():
    """What is heard of a context is its own matter."""
    assert Consumed(aggregate="a", created_by=frozenset({"A"}), deleted_by=frozenset()).standing("B") is None


@over_contexts
@pytest.mark.parametrize("thing", ["{own}", "list", "", "Order", "order#1", "order-line"])
def test_a_setting_that_would_overwrite_our_own_items_is_refused(context: Context[Any], thing: str):
    """Or whose items' keys nobody could tell apart."""
    setting = {"aggregate": thing.format(own=context.name), "created_by": ["A"], "deleted_by": []}
    with pytest.raises(ValidationError):
        Consumed.model_validate(setting, context=context)
