"""Lists that partners send, through the whole workflow in one call: imported as a whole, or not at all."""

from bounded_context.testing import Samples, run_list

from payment.context import PAYMENT

samples = Samples(PAYMENT)
ROWS = [samples.values(n) for n in range(30)]


def test_good_rows_are_imported():
    run = run_list(PAYMENT, ROWS)
    assert run.outcome == "IMPORTED"
    assert {one.id for one in run.aggregates} == {row["payment_id"] for row in ROWS}
    assert run.report == []


def test_a_row_that_exists_already_is_rejected_and_the_others_are_imported():
    run = run_list(PAYMENT, ROWS, existing=[samples.aggregate(0)])
    assert run.outcome == "IMPORTED"
    identity = ROWS[0]["payment_id"]
    [rejected] = run.report
    assert (rejected["line"], rejected["reason"]) == ("2", f"{identity!r} already exists")


def test_a_list_of_too_many_bad_rows_is_rejected_as_a_whole():
    bad = [samples.values(n, payment_id="=1+1") for n in range(30, 60)]
    run = run_list(PAYMENT, [*ROWS, *bad])
    assert run.outcome == "REJECTED"
    assert run.aggregates == []
    assert len(run.report) == 31
