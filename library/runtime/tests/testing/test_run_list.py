"""The whole list workflow in one call."""

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context import Aggregate, Change, Command, Context, Details, EventData, Identifier
from bounded_context.lists import Fault, Rejection, TypedRow
from bounded_context.testing import KNOWN, Samples, run_list
from tests.contexts import ORDER, OrderDetails, over_contexts

rows = Samples(PAYMENT).values


@over_contexts
def test_a_good_list_is_imported(context: Context[Any]):
    """Each row is an aggregate, just created."""
    samples = Samples(context)
    known = dict.fromkeys(context.references, KNOWN)
    run = run_list(context, [samples.values(n) for n in range(25)], known=known)
    assert (run.outcome, run.report) == ("IMPORTED", [])
    assert [aggregate.id for aggregate in run.aggregates] == [samples.aggregate(n).id for n in range(25)]
    assert {(aggregate.status, aggregate.version) for aggregate in run.aggregates} == {(context.initial_status, 1)}


def test_a_row_of_an_unknown_reference_is_rejected_and_the_others_are_imported():
    """The partner reads which, and why."""
    good = [rows(n, subscription_id="s-1") for n in range(30)]
    sent, known = [*good, rows(30, subscription_id="s-2")], {"subscription_id": ["s-1"]}
    run = run_list(PAYMENT, sent, known=known, tolerated_share=Fraction(1, 20))
    assert run.outcome == "IMPORTED"
    said = {"line": "32", "field": "subscription_id", "reason": "'s-2' is not known here", "code": "unknown"}
    [line] = run.report
    assert line.items() >= said.items()
    assert len(run.aggregates) == 30


def test_one_bad_row_rejects_the_list_by_default():
    """What was there before stays."""
    there = Samples(PAYMENT).aggregate(0)
    run = run_list(PAYMENT, [rows(n) for n in range(100)], known={"subscription_id": KNOWN}, existing=[there])
    assert run.outcome == "REJECTED"
    row, whole = (line["reason"] for line in run.report)
    assert "'id-000000'" in row
    assert {"1 of 100 rows", " 0 %"} == {part for part in ("1 of 100 rows", " 0 %") if part in whole}
    assert run.aggregates == [there]


def test_an_own_check_joins_the_others():
    """It gets the rows of a part, and says what is wrong with them."""

    def light(rows: Sequence[TypedRow[OrderDetails]], _list_id: str) -> list[Rejection]:
        heavy = [row for row in rows if row.details.weight > 2]
        return [Rejection(row.line, "weight", "too heavy", Fault.RULE) for row in heavy]

    sent, known = [Samples(ORDER).values(n) for n in (1, 2)], {"customer_id": KNOWN}
    run = run_list(ORDER, sent, known=known, checks=[light], tolerated_share=Fraction(1, 2))
    assert run.outcome == "IMPORTED"
    assert [line["reason"] for line in run.report] == ["too heavy"]


class Mixed(StrEnum):
    """Where a paint stands."""

    MIXED = "MIXED"


class PaintDetails(Details):
    """Has a field of none of the library's types."""

    paint_id: Identifier
    colour: str


class Paint(Aggregate[PaintDetails, Mixed]):
    """A paint as it stands."""


class MixPaint(PaintDetails):
    """Create the paint."""


class PourAway(Change):
    """Remove the paint."""

    paint_id: Identifier


def _mixed(command: MixPaint, paints: Any) -> Paint:
    raise NotImplementedError(command, paints)


def _poured(command: PourAway, paints: Any) -> Paint:
    raise NotImplementedError(command, paints)


PAINT = Context(
    name="paint",
    plural="paints",
    display_name="Paint",
    owner="painters",
    aggregate=Paint,
    commands=(
        Command.creates(MixPaint, _mixed, Mixed.MIXED, "PaintMixed"),
        Command.deletes(PourAway, _poured, "PaintPoured", after=tuple(Mixed)),
    ),
    data=EventData,
    versions=dict.fromkeys(("PaintMixed", "PaintPoured", "PaintListImported", "PaintListRejected"), "1.0"),
)


def test_a_field_of_an_own_type_needs_a_value():
    """No sample can be made up for it."""
    with pytest.raises(LookupError, match=r"^colour "):
        Samples(PAINT).values(1)
    assert Samples(PAINT).values(1, colour="red") == {"paint_id": "id-000001", "colour": "red"}
