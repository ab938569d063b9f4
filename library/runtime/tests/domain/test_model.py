"""How an aggregate changes, and what its events say."""

from typing import Any

from bounded_context import Context, Details, Text, WholeNumber
from bounded_context.domain import events
from bounded_context.testing import Samples
from tests.contexts import ORDER, over_contexts
from tests.things import model_of


@over_contexts
def test_a_change_makes_the_next_version(context: Context[Any]):
    """Versions count changes; the details stay."""
    before = Samples(context).aggregate()
    for status in set(context.statuses) - {before.status}:
        after = before.moved_to(status)
        assert (after.status, after.version, after.details) == (status, 2, before.details)
        assert type(after) is context.aggregate


@over_contexts
def test_every_status_has_its_event(context: Context[Any]):
    """The relay can name what happened, whatever happened."""
    assert set(context.event_by_status) == set(context.statuses)


@over_contexts
def test_an_event_carries_the_aggregate_as_json_values(context: Context[Any]):
    """Subscribers read text where precision matters."""
    sample = Samples(context).aggregate(3, list_id="l-1")
    standing = {"status": context.initial_status, "version": 1, "list_id": "l-1"}
    state = {"packed_by": None, "parcels": 0} if context is ORDER else {}
    assert events.payload(sample) == sample.details.model_dump(mode="json") | state | standing


def test_a_commands_details_have_the_callers_values():
    """As if they were read anew: of their own type, with the same values, and what was left out is known."""
    details = model_of("ThingDetails", Details, {"size": (WholeNumber, ...), "note": (Text | None, None)})
    wider = model_of("MakeThing", details, {"channel": (Text, "list")})
    said = {"thing_id": "t-1", "size": 5}
    for command in (model_of("MakeThing", details, {}), wider):
        instance = details.of(command.model_validate(said))
        assert type(instance) is details
        assert instance == details.model_validate(said)
        assert instance.model_dump(exclude_unset=True) == said
        assert instance.model_dump_json() == details.model_validate(said).model_dump_json()
