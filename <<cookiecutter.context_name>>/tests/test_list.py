"""Lists of partners, through all steps of the workflow."""

import typing
from collections import Counter
from fractions import Fraction

from bounded_context import BusinessError
from bounded_context.testing import Samples, run_list

from <<cookiecutter.__package>>.context import <<cookiecutter.__constant>>
from <<cookiecutter.__package>>.use_cases import <<(cookiecutter.commands | creates).snake>>

if typing.TYPE_CHECKING:
    from bounded_context_local.testing.running import Running

samples = Samples(<<cookiecutter.__constant>>)
ROWS = [samples.values(n) for n in range(30)]


def test_each_subscriber_receives_an_event_for_each_row_and_for_the_list(running: "Running"):
    """Run by `uv run context e2e`, on the embedded AWS."""
    done = running.upload(running.rows(30))
    assert (done.outcome, running.list_item(done.list_id)["status"]) == ("IMPORTED", "IMPORTED")
    expected = {
        "<<(cookiecutter.commands | creates).event>>": 30,
        "<<cookiecutter.context_name>>ListImported": 1,
    }
    for events in done.events.values():
        assert Counter(event["type"] for event in events) == expected


def test_good_rows_are_imported():
    run = run_list(<<cookiecutter.__constant>>, ROWS)
    assert run.outcome == "IMPORTED"
    assert {imported.id for imported in run.aggregates} == {row["<<cookiecutter.__package>>_id"] for row in ROWS}
    assert run.report == []


def test_a_row_that_exists_already_rejects_the_whole_list():
    run = run_list(<<cookiecutter.__constant>>, ROWS, existing=[samples.aggregate(0)])
    assert run.outcome == "REJECTED"
    identity = ROWS[0]["<<cookiecutter.__package>>_id"]
    rejected, _ = run.report
    assert (rejected["line"], rejected["reason"]) == ("2", f"{identity!r} already exists")


def test_a_tolerated_share_of_bad_rows_is_left_out():
    bad = samples.values(30, <<cookiecutter.__package>>_id="=1+1")
    run = run_list(<<cookiecutter.__constant>>, [*ROWS, bad], tolerated_share=Fraction("0.05"))
    assert run.outcome == "IMPORTED"
    assert len(run.aggregates) == 30
    assert [row["line"] for row in run.report] == ["32"]


def test_a_row_that_breaks_a_rule_is_rejected_with_its_code():
    def refused(command, <<cookiecutter.__plural_snake>>):
        if command.id == ROWS[3]["<<cookiecutter.__package>>_id"]:
            raise BusinessError("not this one")
        return <<(cookiecutter.commands | creates).snake>>(command, <<cookiecutter.__plural_snake>>)

    run = run_list(<<cookiecutter.__constant>>, ROWS, rule=refused)
    assert run.outcome == "REJECTED"
    rejected, _ = run.report
    assert (rejected["line"], rejected["code"]) == ("5", BusinessError.code)
