"""The projection of what lists refer to."""

from typing import Any

from pydynox import DynamoDBClient

from bounded_context.adapters.conditional import ProjectionTable
from bounded_context.adapters.dynamodb_bulk import ReferenceTable
from bounded_context.domain.events import ForeignEvent, Standing
from bounded_context.testing.functions import TABLE

THING = "order_line"


def _known(*identities: str) -> set[str]:
    return ReferenceTable(THING, DynamoDBClient(), TABLE).known(identities)


def test_known_references_come_from_the_projection(table: Any):
    """The projection answers for many at once."""
    table.put_item(Item={"pk": "ORDER_LINE#ref-1", "status": "ACTIVE"})
    assert _known("ref-1", "ref-2") == {"ref-1"}


def test_lists_are_verified_against_events_of_another_context(table: Any):
    """What exists by its events is known, and what is gone is not, though there is a record of it."""
    for subject, standing in (("ref-1", Standing.KNOWN), ("ref-2", Standing.GONE)):
        ProjectionTable(table).apply(ForeignEvent(THING, subject, standing, "1", "event-1", "Type", "source"))
    assert _known("ref-1", "ref-2", "ref-3") == {"ref-1"}
