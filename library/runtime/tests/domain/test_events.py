"""Events as other contexts get them, and the models that their schemas are made from."""

from datetime import UTC, datetime
from typing import Any

import pytest
from payment.context import PAYMENT
from pydantic import ValidationError

from bounded_context import Context
from bounded_context.domain import events
from bounded_context.testing import Samples
from tests.contexts import ORDER, over_contexts

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def _event(context: Context[Any], event_type: str, data: dict[str, Any], **more: str) -> dict[str, Any]:
    return context.source.cloud_event("event-1", event_type, "id-1", NOON, data, TRACEPARENT, **more)


def test_an_event_is_a_cloud_event():
    """Its schema's name ends with its version; what is more stands before the data."""
    assert _event(ORDER, "OrderShipped", {"a": 1}, sequence="7") == {
        "specversion": "1.0",
        "id": "event-1",
        "source": "order",
        "type": "OrderShipped",
        "subject": "id-1",
        "time": "2026-01-31T12:00:00+00:00",
        "datacontenttype": "application/json",
        "dataschema": "urn:event-schema:order:OrderShipped:2.0",
        "traceparent": TRACEPARENT,
        "sequence": "7",
        "data": {"a": 1},
    }


def test_a_schema_can_be_named_in_any_version():
    """The one that is said, if none is named."""
    assert ORDER.schema_of("OrderPacked") == "urn:event-schema:order:OrderPacked:1.2"
    assert ORDER.schema_of("OrderPacked", "1.0") == "urn:event-schema:order:OrderPacked:1.0"


@over_contexts
def test_events_match_their_models(context: Context[Any]):
    """Of every change, in its envelope."""
    data = events.payload(Samples(context).aggregate(3))
    for event_type in context.changes:
        said = _event(context, event_type, data, sequence=events.sequence("7"))
        envelope = context.envelope.model_validate(said)
        assert context.models[event_type].model_validate(envelope.data)


@over_contexts
def test_every_event_has_a_model_and_a_version(context: Context[Any]):
    """The lists' two among them."""
    assert set(context.models) == set(context.versions) == set(context.events)


def test_an_envelope_names_its_source():
    """An event of another context is none of this one."""
    said = _event(ORDER, "OrderShipped", {})
    with pytest.raises(ValidationError, match="payment"):
        PAYMENT.envelope.model_validate(said)


def test_of_two_sequences_the_later_is_the_greater_text():
    """A stream's numbers grow in digits."""
    assert events.sequence("9") < events.sequence("10")
    assert len(events.sequence("9")) == 40
