"""Lists that wait for a person's approval: who waits, who decides, and what happens to a list that is not approved."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context import BadContext, ListApproval, ListTotals
from bounded_context.application.importing import compensate
from bounded_context.domain.faults import ListFault
from bounded_context.domain.lists import NOT_APPROVED, NOT_IN_TIME, ListStatus, ReceivedList
from tests.application.world import World

LIMIT = Decimal(250)
PERSON = "arn:aws:iam::111122223333:user/approver"


def _over_the_limit(totals: ListTotals) -> bool:
    return totals.highest("amount") > LIMIT


CONTEXT = replace(PAYMENT, approval=ListApproval(_over_the_limit), versions={})


def _verified(amount: str, context: Any = CONTEXT) -> tuple[World, ReceivedList]:
    """Return a world with a verified list of two rows of an amount, and its record."""
    world = World(context)
    rows = [{**world.samples.values(number), "amount": amount, "currency": "EUR"} for number in range(2)]
    list_id = world.register(world.samples.file(rows)).list_id
    world.validate(list_id)
    world.verify(list_id)
    return world, world.lists.get(list_id)


@pytest.mark.parametrize(("amount", "waits"), [("125.00", False), ("125.01", True)])
def test_a_list_over_the_limit_waits(amount: str, waits: bool) -> None:
    """The sum of its rows decides, exactly."""
    _, received = _verified(amount)
    assert (received.status, received.awaits_approval) == (ListStatus.IMPORTING, waits)


def test_a_context_without_an_approval_records_nothing_more() -> None:
    """Also for the largest list."""
    assert _verified("900000000.00", PAYMENT)[1].waits_since == 0


def test_the_rule_gets_the_counts_the_partner_and_the_sums() -> None:
    """Before a row is written."""
    given: list[ListTotals] = []
    _verified("10.00", replace(CONTEXT, approval=ListApproval(lambda totals: given.append(totals) or False)))
    amounts = {"amount": {"EUR": Decimal("20.00")}}
    assert given[1:] == [ListTotals(rows=2, valid=2, rejected=0, partner="acme", amounts=amounts)]


def test_the_first_decision_counts() -> None:
    """And a list that does not wait gets none."""
    world, received = _verified("900.00")
    assert world.lists.decide(received.list_id, PERSON, 9)[0]
    assert not world.lists.decide(received.list_id, "other", 10, "too late")[0]
    decided = world.lists.get(received.list_id)
    assert (decided.decided_by, decided.decided_at, decided.status) == (PERSON, 9, ListStatus.IMPORTING)
    other, small = _verified("1.00")
    assert not other.lists.decide(small.list_id, PERSON, 9)[0]


def test_a_rejected_list_has_the_reason_and_its_code() -> None:
    """No row is imported, also if the state machine goes on to the import."""
    world, received = _verified("900.00")
    assert world.lists.decide(received.list_id, PERSON, 9, "twice the usual total")[0]
    assert {*world.import_parts(received.list_id)} == {"REFUSED"}
    closed = compensate(world.steps, received.list_id, NOT_APPROVED)
    assert (closed.status, closed.reason, closed.code) == (
        ListStatus.REJECTED,
        "twice the usual total",
        ListFault.NOT_APPROVED,
    )
    assert world.aggregates.stored == {}


def test_a_list_that_nobody_approves_is_rejected() -> None:
    """It is no technical failure: nobody is paged."""
    world, received = _verified("900.00")
    closed = compensate(world.steps, received.list_id, NOT_APPROVED)
    assert (closed.status, closed.reason, closed.code) == (ListStatus.REJECTED, NOT_IN_TIME, ListFault.NOT_APPROVED)


def test_another_error_of_the_waiting_state_is_a_technical_failure() -> None:
    """Such as a lost permission."""
    world, received = _verified("900.00")
    assert compensate(world.steps, received.list_id, "DynamoDb.AccessDeniedException").status is ListStatus.FAILED


def test_the_wait_ends_with_the_decision() -> None:
    """Objectives and ages leave it out."""
    _, received = _verified("900.00")
    since = received.waits_since
    assert received.waited(since + 60) == 60
    assert replace(received, decided_at=since + 5).waited(since + 60) == 5
    assert _verified("1.00")[1].waited(since + 60) == 0


def _rows(totals: ListTotals) -> Any:
    return totals.rows


@pytest.mark.parametrize(
    ("approval", "verification", "fault"),
    [
        (ListApproval(_over_the_limit), None, "approval is declared, and the context has no lists"),
        (
            ListApproval(_over_the_limit, days=0),
            "verify_list",
            "days is 0: write a whole number from 1 to 14",
        ),
        (ListApproval(_over_the_limit, days=15), "verify_list", "approval: days is 15"),
        (
            ListApproval(lambda totals: totals.highest("amuont") > 1),
            "verify_list",
            "raised KeyError: 'amuont'",
        ),
        (ListApproval(lambda totals: totals.amounts["amount"]["EUR"] > 1), "verify_list", "raised KeyError: 'EUR'"),
        (ListApproval(_rows), "verify_list", "its rule returned 0: let it return True or False"),
    ],
    ids=["no lists", "no day", "too many days", "unknown field", "a currency without rows", "no answer"],
)
def test_a_bad_approval_is_refused(approval: Any, verification: str | None, fault: str) -> None:
    """With the field, the fault and the remedy."""
    with pytest.raises(BadContext, match=fault):
        replace(PAYMENT, approval=approval, verification=verification, queried_by=(), versions={})
