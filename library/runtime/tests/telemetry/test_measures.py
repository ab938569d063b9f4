"""How measures are written."""

import json
from decimal import Decimal

import pytest

from bounded_context.declaration import measures
from bounded_context.declaration.measures import NO_UNIT, Measure
from bounded_context.telemetry.traces import count, flush
from tests.emf import emitted

PLAIN = Measure("Boxes")
BY_COLOUR = Measure("Balls", NO_UNIT, "colour", ("red", "blue"))


def test_the_measures_of_a_call_are_written_at_its_end_as_one_record(capsys: pytest.CaptureFixture[str]):
    """A record is a log line that costs."""
    count(PLAIN, 2)
    count(PLAIN)
    count(measures.LIST_DURATION, 1.5)
    assert capsys.readouterr().out == ""
    flush()
    [line] = capsys.readouterr().out.splitlines()
    assert [(metric.name, metric.values) for metric in emitted(line)] == [("Boxes", [2, 1]), ("ListDuration", [1.5])]
    assert all(set(metric.dimensions) == {"service"} for metric in emitted(line))


def test_a_measure_with_a_dimension_is_a_record_of_its_own(capsys: pytest.CaptureFixture[str]):
    """Its dimension does not spread to what else the call counts."""
    count(PLAIN)
    count(BY_COLOUR, Decimal("3.25"), colour="red")
    flush()
    by_name = {metric.name: metric for metric in emitted(capsys.readouterr().out)}
    assert by_name["Balls"].dimensions == {"service": "tests", "colour": "red"}
    assert (by_name["Balls"].values, by_name["Balls"].unit) == ([3.25], "None")
    assert by_name["Boxes"].dimensions == {"service": "tests"}


@pytest.mark.parametrize(
    ("measure", "extra"),
    [
        (BY_COLOUR, {"colour": "green"}),
        (BY_COLOUR, {"size": "red"}),
        (BY_COLOUR, {"colour": "red", "size": "red"}),
        (BY_COLOUR, {}),
        (PLAIN, {"colour": "red"}),
    ],
)
def test_no_value_that_is_not_foreseen_becomes_a_metric(measure: Measure, extra: dict[str, str]):
    """Each would cost every month."""
    with pytest.raises(ValueError, match=measure.name):
        count(measure, 1, **extra)


def test_a_call_without_measures_writes_nothing(capsys: pytest.CaptureFixture[str]):
    """Most calls of most functions do."""
    flush()
    assert capsys.readouterr().out == ""


def test_a_test_may_import_the_library_before_its_fixtures_set_the_variables(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """As `from bounded_context import aws` at the top of a test file does: the record has the variables of the call."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "loan-test")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "loan")
    count(PLAIN)
    flush()
    record = json.loads(capsys.readouterr().out)
    assert (record["_aws"]["CloudWatchMetrics"][0]["Namespace"], record["service"]) == ("loan-test", "loan")
