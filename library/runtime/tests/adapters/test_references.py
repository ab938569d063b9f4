"""The projection of what lists refer to."""

from types import SimpleNamespace
from typing import Any

import pytest
from pydynox import DynamoDBClient

from bounded_context import aws
from bounded_context.adapters.conditional import ProjectionTable
from bounded_context.adapters.dynamodb_bulk import ReferenceTable
from bounded_context.adapters.reactions import CopyTable
from bounded_context.application.staging import TypedRow
from bounded_context.application.verification import copied_in
from bounded_context.domain.events import ForeignEvent, Standing
from bounded_context.domain.faults import Fault
from bounded_context.domain.rows import Rejection
from bounded_context.testing import InMemoryCopies
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


def test_a_rule_reads_no_copies_in_a_test_without_an_account(request: pytest.FixtureRequest):
    """A test with an account reads its table."""
    assert aws.copies(THING).get("ref-1") is None
    request.getfixturevalue("table").put_item(Item={"pk": "ORDER_LINE#ref-1", "status": "KNOWN"})
    assert CopyTable(THING, request.getfixturevalue("table")).get("ref-1") == {}


def test_rows_are_checked_with_the_copied_fields(table: Any):
    """Of the aggregates that exist; the check needs no read for each row."""
    for subject, standing, copied in (
        ("ref-1", Standing.KNOWN, '{"limit": "7.00"}'),
        ("ref-2", Standing.GONE, "{}"),
        ("ref-3", Standing.KNOWN, None),
    ):
        event = ForeignEvent(THING, subject, standing, "1", "event-1", "Type", "source", copied)
        ProjectionTable(table).apply(event)
    copies = ReferenceTable(THING, DynamoDBClient(), TABLE)
    fields = {"ref-1": {"limit": "7.00"}, "ref-3": {}}
    assert copies.copies(["ref-1", "ref-2", "ref-3", "ref-4"]) == fields
    details: Any = SimpleNamespace(stored_names={"line_id": "line_id"})
    rows = [TypedRow(line, details, {"line_id": f"ref-{line}"}) for line in (1, 2, 3)]
    rows.append(TypedRow(4, details, {"line_id": None}))
    for source in (copies, InMemoryCopies(fields)):
        check = copied_in(source, "line_id", lambda _, copy: None if copy.get("limit") else "it has no limit")
        assert check(rows, "list-1") == [Rejection(3, "line_id", "it has no limit", Fault.RULE)]
