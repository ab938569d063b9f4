"""Events of another context: one, and histories of one thing whose events arrive in any order."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from bounded_context.domain.events import Consumed

SOURCE = "somewhere_else"
CREATED, CHANGED, REMOVED = "OrderLineCreated", "OrderLineChanged", "OrderLineRemoved"
THING = "foreign_thing"
CONSUMES = {
    "somewhere-else": Consumed(
        aggregate=THING, created_by=frozenset({CREATED, CHANGED}), deleted_by=frozenset({REMOVED})
    )
}
CONSUMES_JSON = json.dumps(
    {"somewhere-else": {"aggregate": THING, "created_by": [CREATED, CHANGED], "deleted_by": [REMOVED]}}
)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

Event = dict[str, Any]
Fact = tuple[str, int, str]
"""How the place of an event is told (`sequence` or `time`), which it is, and the event's type."""


def event(number: int = 1, event_type: str = CREATED, subject: Any = "thing-1", **members: Any) -> Event:
    """Return an event that has a time, and no sequence unless it is given; a member that is None is left out."""
    attributes = {
        "specversion": "1.0",
        "id": f"event-{number}",
        "source": SOURCE,
        "type": event_type,
        "subject": subject,
        "time": (NOON + timedelta(seconds=number)).isoformat(),
        "data": {"of": "no interest"},
    }
    return {name: value for name, value in (attributes | members).items() if value is not None}


def sequenced(number: int, event_type: str = CREATED, subject: str = "thing-1", **members: Any) -> Event:
    """Return an event as this template's contexts send it."""
    return event(number, event_type, subject, **{"sequence": f"{number:040d}", **members})


def record(body: str | Event, message_id: str = "message-1", **attributes: Any) -> dict[str, Any]:
    """Return a message as Lambda hands it over, with message attributes in its form."""
    text = body if isinstance(body, str) else json.dumps(body)
    return {"messageId": message_id, "receiptHandle": "r", "body": text, "messageAttributes": attributes}


def text(value: str) -> dict[str, Any]:
    """Return a message attribute that holds text."""
    return {"dataType": "String", "stringValue": value, "stringListValues": [], "binaryListValues": []}


TYPES = st.sampled_from((CREATED, CHANGED, REMOVED))
_SEQUENCED: st.SearchStrategy[Fact] = st.builds(
    lambda number, kind: ("sequence", number, kind), st.integers(0, 10**40 - 1), TYPES
)
_TIMED: st.SearchStrategy[Fact] = st.builds(lambda second, kind: ("time", second, kind), st.integers(0, 5), TYPES)
HISTORIES: st.SearchStrategy[list[Fact]] = st.lists(_SEQUENCED | _TIMED, min_size=1, max_size=8)
"""What happened to one thing: by a producer with sequences, by one with clocks that stand still at times, or both."""


def events_of(history: list[Fact], subject: str = "thing-1") -> list[Event]:
    """Return the events of a history; each has an id of its own."""
    return [_told(number, *fact, subject) for number, fact in enumerate(history)]


def _told(number: int, how: str, place: int, event_type: str, subject: str) -> Event:
    if how == "sequence":
        return event(number, event_type, subject, sequence=f"{place:040d}")
    return event(number, event_type, subject, time=(NOON + timedelta(seconds=place)).isoformat())


@st.composite
def arrivals(draw: st.DrawFn, events: list[Event]) -> list[Event]:
    """Return events as a queue may deliver them: each at least once, some again, in any order."""
    again = draw(st.lists(st.sampled_from(events), max_size=len(events)))
    return draw(st.permutations(events + again))
