"""Lists of partners, through all steps of the workflow."""

import typing
from collections import Counter
from fractions import Fraction

from bounded_context import BusinessError
from bounded_context.testing import Samples, run_list

from payment.context import PAYMENT
from payment.use_cases import register_payment

if typing.TYPE_CHECKING:
    from bounded_context_local.testing.running import Running

samples = Samples(PAYMENT)
ROWS = [samples.values(n) for n in range(30)]


def test_each_subscriber_receives_an_event_for_each_row_and_for_the_list(running: "Running"):
    """Run by `uv run context e2e`, on the embedded AWS."""
    done = running.upload(running.rows(30))
    assert (done.outcome, running.list_item(done.list_id)["status"]) == ("IMPORTED", "IMPORTED")
    expected = {
        "PaymentRegistered": 30,
        "PaymentListImported": 1,
    }
    for events in done.events.values():
        assert Counter(event["type"] for event in events) == expected


def test_good_rows_are_imported():
    run = run_list(PAYMENT, ROWS)
    assert run.outcome == "IMPORTED"
    assert {imported.id for imported in run.aggregates} == {row["payment_id"] for row in ROWS}
    assert run.report == []


def test_a_row_that_exists_already_rejects_the_whole_list():
    run = run_list(PAYMENT, ROWS, existing=[samples.aggregate(0)])
    assert run.outcome == "REJECTED"
    identity = ROWS[0]["payment_id"]
    rejected, _ = run.report
    assert (rejected["line"], rejected["reason"]) == ("2", f"{identity!r} already exists")


def test_a_tolerated_share_of_bad_rows_is_left_out():
    bad = samples.values(30, payment_id="=1+1")
    run = run_list(PAYMENT, [*ROWS, bad], tolerated_share=Fraction("0.05"))
    assert run.outcome == "IMPORTED"
    assert len(run.aggregates) == 30
    assert [row["line"] for row in run.report] == ["32"]


def test_a_row_that_breaks_a_rule_is_rejected_with_its_code():
    def refused(command, payments):
        if command.id == ROWS[3]["payment_id"]:
            raise BusinessError("not this one")
        return register_payment(command, payments)

    run = run_list(PAYMENT, ROWS, rule=refused)
    assert run.outcome == "REJECTED"
    rejected, _ = run.report
    assert (rejected["line"], rejected["code"]) == ("5", BusinessError.code)
