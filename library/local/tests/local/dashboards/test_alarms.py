"""What alarms that calculate are at the end of a run."""

from typing import Any

import pytest

from bounded_context_cli.programs.recording import run
from bounded_context_lab.metric_math import Recorded, notified, states
from bounded_context_local.observation.logs import Sample

STARTED = 1_760_000_000.0
SECONDS = 20
"""How long the run lasts: of its minutes, each is a second."""


def sample_of(metric: str, dimension: str, value: str, at: float, number: float = 1) -> Sample:
    return Sample("AWS", metric, {dimension: value}, "Count", STARTED + at, number)


def recorded(*samples: Sample) -> Recorded:
    return Recorded(samples, STARTED, STARTED + SECONDS - 0.5)


def alarm(expression: str = "SUM([a, b])", **differs: Any) -> dict[str, Any]:
    queries = [
        {"id": name, "metric": {"namespace": "AWS", "metricName": "Errors", "dimensions": {"of": name}, **over}}
        for name, over in (("a", {"period": 60.0, "stat": "Sum"}), ("b", {"period": 60.0, "stat": "Sum"}))
    ]
    return {
        "name": "fails",
        "metricQueries": [*queries, {"id": "result", "expression": expression, "returnData": True}],
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 0.0,
        "evaluationPeriods": 3.0,
        "datapointsToAlarm": 2.0,
        "treatMissingData": "notBreaching",
        **differs,
    }


def state(definition: dict[str, Any], *samples: Sample) -> str | None:
    return states([definition], recorded(*samples)).get("fails")


def test_two_bad_minutes_of_three_are_enough_whichever_of_both_it_was() -> None:
    assert state(alarm(), sample_of("Errors", "of", "a", 18.1), sample_of("Errors", "of", "b", 19.2)) == "ALARM"
    assert state(alarm(), sample_of("Errors", "of", "a", 18.1), sample_of("Errors", "of", "b", 18.2)) == "OK"


def test_earlier_breaches_expire() -> None:
    before = [sample_of("Errors", "of", "a", at) for at in (10.1, 11.1, 12.1)]
    assert state(alarm(), *before, sample_of("Errors", "of", "a", 19.1, 0)) == "OK"


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("notBreaching", "OK"), ("breaching", "ALARM"), ("missing", "INSUFFICIENT_DATA"), ("ignore", "OK")],
)
def test_an_alarm_without_data_follows_its_own_setting(missing: str, expected: str) -> None:
    assert state(alarm(treatMissingData=missing)) == expected


def test_values_below_a_lower_limit_breach() -> None:
    few = alarm("FILL(SUM([a, b]), 0)", comparisonOperator="LessThanThreshold", threshold=1.0)
    assert state(few, sample_of("Errors", "of", "a", 3)) == "ALARM"
    assert state(few, *(sample_of("Errors", "of", "a", at) for at in (17.5, 18.5, 19.2))) == "OK"


def test_an_expression_that_cannot_be_calculated_stays_with_the_emulator() -> None:
    assert states([alarm("ANOMALY_DETECTION_BAND(a)")], recorded()) == {}


def test_an_alarm_on_one_metric_stays_with_the_emulator() -> None:
    assert states([{"name": "plain", "metricName": "Errors"}], recorded()) == {}


def notifying(**differs: Any) -> dict[str, Any]:
    return alarm(alarmActions=["critical"], insufficientDataActions=["warning"], **differs)


def test_an_alarm_that_is_over_has_notified() -> None:
    before = [sample_of("Errors", "of", "a", at) for at in (10.1, 11.1, 12.1)]
    assert notified([notifying()], recorded(*before, sample_of("Errors", "of", "a", 19.1, 0))) == {"fails": "ALARM"}
    assert notified([alarm()], recorded(*before)) == {}
    assert notified([notifying()], recorded(before[0])) == {}


def test_an_alarm_on_one_metric_notifies_too() -> None:
    plain = {"namespace": "AWS", "metricName": "Errors", "dimensions": {"of": "a"}, "period": 60.0, "statistic": "Sum"}
    watching = {key: value for key, value in notifying(**plain).items() if key != "metricQueries"}
    assert notified([watching], recorded(*(sample_of("Errors", "of", "a", at) for at in (10.1, 11.1)))) == {
        "fails": "ALARM"
    }


@pytest.mark.parametrize(("last", "expected"), [(19.1, {}), (4.1, {"fails": "INSUFFICIENT_DATA"})])
def test_an_alarm_notifies_when_its_data_end(last: float, expected: dict[str, str]) -> None:
    good = [sample_of("Errors", "of", "a", at, 0) for at in range(20) if at < last]
    assert notified([notifying(treatMissingData="missing")], recorded(*good)) == expected


def test_every_alarm_of_a_stack_that_calculates_is_calculated_here() -> None:
    """With all that a context has, and nothing measured: all is well."""
    alarms = [node.inputs for node in run("prod").of("cloudwatch/metricAlarm") if "metricQueries" in node.inputs]
    by_name = states(alarms, recorded())
    assert set(by_name) == {definition["name"] for definition in alarms}
    assert set(by_name.values()) == {"OK"}
