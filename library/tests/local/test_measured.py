"""What dashboards and alarms ask for, checked against what the code defines and writes."""

import json
from typing import Any

import pytest

from bounded_context.context import Context
from bounded_context.local import measured
from bounded_context.local.defined import Defined, defined_by
from bounded_context.local.measured import problems, undeclared
from bounded_context.local.observation.samples import Sample

SERVICE = {"service": frozenset({"it"})}
DEFINED = [
    Defined("ours", "Done", SERVICE, "Count"),
    Defined("ours", "Refused", {**SERVICE, "reason": frozenset({"late", "double"})}, "Count"),
]
DONE = ["ours", "Done", "service", "it"]
REFUSED = "SEARCH('{ours,service,reason} MetricName=\"Refused\" service=\"it\"', 'Sum', 60)"


def _board(*metrics: list[Any]) -> dict[str, Any]:
    return {"board": {"widgets": [{"type": "metric", "properties": {"title": "T", "metrics": list(metrics)}}]}}


GOOD = _board(DONE, [{"expression": REFUSED}])


def test_what_is_defined_and_asked_for_is_well() -> None:
    assert problems(GOOD, {}, DEFINED) == []


def test_metrics_of_aws_are_not_ours_to_check() -> None:
    aws = {"errors": {"namespace": "AWS/Lambda", "metricName": "Errors", "dimensions": {"FunctionName": "f"}}}
    assert problems(GOOD, aws, DEFINED) == []


@pytest.mark.parametrize(
    ("metrics", "sentence"),
    [
        ([["ours", "Dome", "service", "it"]], "'T' of the dashboard board asks for Dome (ours: service it), which"),
        ([["ours", "Done"]], "Done (ours), which the code does not define; it defines Done (ours: service it)"),
        ([["ours", "Refused", "service", "it", "reason", "ugly"]], "Refused (ours: reason ugly, service it), which"),
        ([["theirs", "Done", "service", "it"]], "Done (theirs: service it), which"),
        ([[{"expression": REFUSED.replace("Refused", "Refuse")}]], "asks for what a search does not find: {ours,"),
        ([[{"expression": REFUSED.replace(",reason", "")}]], "asks for what a search does not find: {ours,"),
        ([[{"expression": REFUSED.replace('"it"', '("it" OR "us")')}]], "asks for service us, which a search does"),
        ([[{"expression": f"100 * SUM({REFUSED.replace('it', 'us')}) / m1"}]], "what a search does not find"),
        ([[{"expression": "SEARCH('{ours,service} Done', 'Sum')"}]], "what cannot be checked here, SEARCH("),
        ([[{"expression": 'SELECT SUM(Done) FROM SCHEMA("ours", service)'}]], "what cannot be checked here, SELECT"),
    ],
)
def test_a_dashboard_that_asks_for_the_unknown(metrics: list[Any], sentence: str) -> None:
    [problem] = problems(_board(DONE, [{"expression": REFUSED}], *metrics), {}, DEFINED)
    assert sentence in problem


@pytest.mark.parametrize(
    "alarm",
    [
        {"namespace": "ours", "metricName": "Dome", "dimensions": {"service": "it"}},
        {
            "metricQueries": [
                {"id": "m", "metric": {"namespace": "ours", "metricName": "Dome", "dimensions": {"service": "it"}}},
                {"id": "e", "expression": "100 * m"},
            ]
        },
    ],
)
def test_an_alarm_that_asks_for_the_unknown(alarm: dict[str, Any]) -> None:
    [problem] = problems(GOOD, {"rate": alarm}, DEFINED)
    assert problem == "The alarm rate asks for Dome (ours: service it), which the code does not define."


def test_what_is_defined_must_be_seen_somewhere() -> None:
    """Each value of a dimension counts."""
    board = _board(DONE, ["ours", "Refused", "service", "it", "reason", "late"])
    unseen = "Refused (ours: reason double, service it) is on no dashboard and in no alarm."
    assert problems(board, {}, DEFINED) == [unseen]
    dimensions = {"service": "it", "reason": "double"}
    alarm = {"namespace": "ours", "metricName": "Refused", "dimensions": dimensions}
    assert problems(board, {"doubles": alarm}, DEFINED) == []


def test_a_stack_without_dashboards_need_show_nothing() -> None:
    assert problems({}, {}, DEFINED) == []


def _written(metric: str, unit: str = "Count", namespace: str = "ours", **more: str) -> Sample:
    return Sample(namespace, metric, {"service": "it", **more}, unit, 0.0, 1.0)


def test_what_is_written_as_it_is_defined_is_well() -> None:
    samples = [_written("Done"), _written("Refused", reason="late"), _written("Any", namespace="AWS/SQS")]
    assert undeclared(samples, DEFINED) == []


@pytest.mark.parametrize(
    ("sample", "sentence"),
    [
        (_written("Dome"), "Dome (ours: service it) was written, and the code does not define it."),
        (_written("Done", reason="late"), "Done (ours: reason late, service it) was written, and"),
        (_written("Refused", reason="ugly"), "Refused (ours: reason ugly, service it) was written, and"),
        (_written("Done", "Seconds"), "Done (ours: service it) was written in Seconds, and is defined in Count."),
    ],
)
def test_what_is_written_otherwise_is_said_once(sample: Sample, sentence: str) -> None:
    [problem] = undeclared([sample, sample], DEFINED)
    assert sentence in problem


def test_what_is_defined_has_the_service_and_its_own_dimension(context: Context[Any]) -> None:
    known = {one.name: one for one in defined_by(context, "stack")}
    assert known.keys() == {one.name for one in context.measures.all}
    assert all(one.dimensions["service"] == {context.name} for one in known.values())
    assert known["RowsRejected"].dimensions["reason"] == set(context.faults)


def test_a_run_is_held_against_what_its_program_asks_for_and_its_functions_write(
    context: Context[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The namespace is the one that its functions are told."""
    monkeypatch.setattr(measured, "defined_by", lambda _, namespace: {"ours": DEFINED}[namespace])
    inputs = {
        "aws:lambda/function:Function f": {"environment": {"variables": {measured.NAMESPACE: "ours"}}},
        "aws:cloudwatch/dashboard:Dashboard b": {"dashboardName": "board", "dashboardBody": json.dumps(GOOD["board"])},
        "aws:cloudwatch/metricAlarm:MetricAlarm a": {"name": "a", "namespace": "ours", "metricName": "Dome"},
        "aws:cloudwatch/compositeAlarm:CompositeAlarm c": {"alarmName": "c"},
    }
    assert measured.problems_of_run(context, inputs, [_written("Wrong")]) == [
        "The alarm a asks for Dome (ours), which the code does not define.",
        "Wrong (ours: service it) was written, and the code does not define it.",
    ]
