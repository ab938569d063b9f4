"""Which of two events counts: for any events, in any order, however often."""

from datetime import UTC, datetime, timedelta, timezone
from functools import reduce
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounded_context.domain.events import ForeignEvent, Standing, newer, order_key

TIMES = st.datetimes(timezones=st.sampled_from((UTC, timezone(timedelta(hours=-9, minutes=-30)))))
SEQUENCES = st.integers(0, 10**40 - 1).map(lambda number: f"{number:040d}")
IDS = st.text(min_size=1, max_size=4)


def _event(identity: str, sequence: str | None, time: datetime, standing: Standing) -> ForeignEvent:
    return ForeignEvent("thing", "thing-1", standing, order_key(identity, sequence, time), identity, "Type", "source")


_NEAR = st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 1, 0, 0, 3)).map(lambda time: time.replace(tzinfo=UTC))
EVENTS = st.lists(
    st.builds(_event, IDS, st.none() | SEQUENCES, _NEAR, st.sampled_from(Standing)),
    min_size=1,
    max_size=10,
    unique_by=lambda event: event.event_id,
)


def _after(events: list[ForeignEvent]) -> ForeignEvent | None:
    return reduce(lambda kept, event: newer(event, kept), events, None)


@pytest.mark.slow
@settings(max_examples=1000)
@given(st.data())
def test_any_order_and_any_repetition_of_a_history_leave_the_same(data: st.DataObject):
    """The newest counts, whatever came before or after it."""
    events = data.draw(EVENTS)
    arrived = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=10))))
    assert _after(arrived) == max(events, key=lambda event: event.order) == _after(events)


@given(SEQUENCES, SEQUENCES, IDS, IDS)
def test_the_greater_sequence_is_the_newer(sequence: str, other: str, first: str, second: str):
    """Whatever the ids are."""
    if int(sequence) != int(other):
        assert (order_key(first, sequence, None) < order_key(second, other, None)) is (int(sequence) < int(other))


@given(TIMES, TIMES, IDS, IDS)
def test_the_later_time_is_the_newer_in_every_time_zone(time: datetime, other: datetime, first: str, second: str):
    """Times of two zones are the same moment, and a time without microseconds is one with none."""
    try:
        keys = order_key(first, None, time), order_key(second, None, other)
    except ValueError:
        return
    if time != other:
        assert (keys[0] < keys[1]) is (time < other)


@given(SEQUENCES, TIMES, IDS)
def test_an_event_with_a_sequence_is_newer_than_any_without(sequence: str, time: datetime, identity: str):
    """Also one that has a time in the far future."""
    try:
        timed = order_key(identity, None, time)
    except ValueError:
        return
    assert timed < order_key(identity, sequence, time)


def test_a_sequence_that_is_written_shorter_is_the_same_number():
    """Another producer may not fill it with zeros."""
    keys = [order_key("e", sequence, None) for sequence in ("2", "10", f"{11:040d}")]
    assert all(earlier < other for earlier, other in pairwise(keys))


def test_two_events_of_one_time_are_ordered_by_their_ids():
    """So everybody keeps the same one."""
    time = datetime(2026, 1, 1, tzinfo=UTC)
    first, other = (_event(identity, None, time, Standing.KNOWN) for identity in ("a", "b"))
    assert newer(first, other) == newer(other, first) == other


@pytest.mark.parametrize("time", [None, datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))])
def test_an_event_without_an_order_is_refused(time: datetime | None):
    """Neither sequence nor time, or a time that is none in UTC."""
    with pytest.raises(ValueError, match=r"neither sequence nor time|outside the calendar"):
        order_key("e", None, time)
