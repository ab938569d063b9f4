"""Lists of partners, through all steps of the workflow."""

from bounded_context import BusinessError
from bounded_context.testing import Samples, run_list

from <<cookiecutter.__package>>.context import <<cookiecutter.__constant>>
from <<cookiecutter.__package>>.use_cases import <<(cookiecutter.commands | creates).snake>>

samples = Samples(<<cookiecutter.__constant>>)
ROWS = [samples.values(n) for n in range(30)]


def test_good_rows_are_imported():
    run = run_list(<<cookiecutter.__constant>>, ROWS)
    assert run.outcome == "IMPORTED"
    assert {found.id for found in run.aggregates} == {row["<<cookiecutter.__package>>_id"] for row in ROWS}
    assert run.report == []


def test_a_row_that_exists_already_is_rejected_and_the_others_are_imported():
    run = run_list(<<cookiecutter.__constant>>, ROWS, existing=[samples.aggregate(0)])
    assert run.outcome == "IMPORTED"
    identity = ROWS[0]["<<cookiecutter.__package>>_id"]
    [rejected] = run.report
    assert (rejected["line"], rejected["reason"]) == ("2", f"{identity!r} already exists")


def test_a_list_of_too_many_bad_rows_is_rejected_as_a_whole():
    bad = [samples.values(n, <<cookiecutter.__package>>_id="=1+1") for n in range(30, 60)]
    run = run_list(<<cookiecutter.__constant>>, [*ROWS, *bad])
    assert run.outcome == "REJECTED"
    assert run.aggregates == []
    assert len(run.report) == 31


def test_a_row_that_breaks_a_rule_is_rejected_with_its_code():
    def refused(command, <<cookiecutter.__plural_snake>>):
        if command.id == ROWS[3]["<<cookiecutter.__package>>_id"]:
            raise BusinessError("not this one")
        return <<(cookiecutter.commands | creates).snake>>(command, <<cookiecutter.__plural_snake>>)

    run = run_list(<<cookiecutter.__constant>>, ROWS, rule=refused)
    assert run.outcome == "IMPORTED"
    [found] = run.report
    assert (found["line"], found["code"]) == ("5", BusinessError.code)
