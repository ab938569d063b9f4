"""The check of the metrics that dashboards and alarms query, and that functions write."""

import json
import re
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context.declaration.context import Context
from bounded_context_local.observation import metric_checks
from bounded_context_local.observation.logs import Sample
from bounded_context_local.observation.metric_checks import MetricDefinition, defined_by, problems, undeclared
from tests.own_routes import Write, deprecated, write

__all__ = ["write"]

SERVICE = {"service": frozenset({"it"})}
DEFINED = [
    MetricDefinition("ours", "Done", SERVICE, "Count"),
    MetricDefinition("ours", "Refused", {**SERVICE, "reason": frozenset({"late", "double"})}, "Count"),
]
DONE = ["ours", "Done", "service", "it"]
REFUSED = "SEARCH('{ours,service,reason} MetricName=\"Refused\" service=\"it\"', 'Sum', 60)"


def _board(*metrics: list[Any]) -> dict[str, Any]:
    return {"board": {"widgets": [{"type": "metric", "properties": {"title": "T", "metrics": list(metrics)}}]}}


GOOD = _board(DONE, [{"expression": REFUSED}])


def test_a_defined_and_queried_metric_is_no_problem() -> None:
    assert problems(GOOD, {}, DEFINED) == []


def test_metrics_of_aws_are_not_checked() -> None:
    aws = {"errors": {"namespace": "AWS/Lambda", "metricName": "Errors", "dimensions": {"FunctionName": "f"}}}
    assert problems(GOOD, aws, DEFINED) == []


@pytest.mark.parametrize(
    ("metrics", "sentence"),
    [
        ([["ours", "Dome", "service", "it"]], " Dome (ours: service it)"),
        ([["ours", "Done"]], " Done (ours), "),
        ([["ours", "Done"]], " Done (ours: service it)."),
        ([["ours", "Refused", "service", "it", "reason", "ugly"]], " Refused (ours: reason ugly, service it)"),
        ([["theirs", "Done", "service", "it"]], " Done (theirs: service it)"),
        ([[{"expression": REFUSED.replace("Refused", "Refuse")}]], ': {ours,service,reason} MetricName="Refuse" '),
        ([[{"expression": REFUSED.replace(",reason", "")}]], ': {ours,service} MetricName="Refused" '),
        ([[{"expression": REFUSED.replace('"it"', '("it" OR "us")')}]], " service us "),
        ([[{"expression": f"100 * SUM({REFUSED.replace('it', 'us')}) / m1"}]], ' service="us"'),
        ([[{"expression": "SEARCH('{ours,service} Done', 'Sum')"}]], " SEARCH('{ours,service} Done', 'Sum')"),
        ([[{"expression": 'SELECT SUM(Done) FROM SCHEMA("ours", service)'}]], " SELECT SUM(Done) "),
    ],
)
def test_an_undefined_metric_on_a_dashboard_is_a_problem(metrics: list[Any], sentence: str) -> None:
    """The problem names the widget, the dashboard, and the metric or search."""
    [problem] = problems(_board(DONE, [{"expression": REFUSED}], *metrics), {}, DEFINED)
    assert sentence in problem
    assert re.search(r"'T' .*\bboard\b", problem)


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
def test_an_undefined_metric_in_an_alarm_is_a_problem(alarm: dict[str, Any]) -> None:
    """The problem names the alarm and the metric."""
    [problem] = problems(GOOD, {"rate": alarm}, DEFINED)
    assert re.search(r"\brate\b.* Dome \(ours: service it\)", problem)


def test_a_defined_metric_must_be_queried() -> None:
    """With each value of its dimensions."""
    board = _board(DONE, ["ours", "Refused", "service", "it", "reason", "late"])
    [problem] = problems(board, {}, DEFINED)
    assert re.match(r"Refused \(ours: reason double,", problem)
    dimensions = {"service": "it", "reason": "double"}
    alarm = {"namespace": "ours", "metricName": "Refused", "dimensions": dimensions}
    assert problems(board, {"doubles": alarm}, DEFINED) == []


def test_the_calls_of_deprecated_own_routes_are_defined(write: Write) -> None:
    """Without a deprecation, the metric has no value."""
    assert _contracts() == set()
    write(deprecated())
    assert _contracts() == {"policy_summary", "policy_count"}


def _contracts() -> set[str]:
    metrics = (metric for definition in defined_by(PAYMENT, "ours") for metric in definition.metrics())
    return {dict(metric.dimensions)["contract"] for metric in metrics if metric.name == "DeprecatedUses"}


def test_a_stack_without_dashboards_need_not_query_metrics() -> None:
    assert problems({}, {}, DEFINED) == []


def _written(metric: str, unit: str = "Count", namespace: str = "ours", **more: str) -> Sample:
    return Sample(namespace, metric, {"service": "it", **more}, unit, 0.0, 1.0)


def test_metrics_that_are_written_as_defined_are_no_problem() -> None:
    samples = [_written("Done"), _written("Refused", reason="late"), _written("Any", namespace="AWS/SQS")]
    assert undeclared(samples, DEFINED) == []


@pytest.mark.parametrize(
    ("sample", "metric", "units"),
    [
        (_written("Dome"), "Dome (ours: service it)", []),
        (_written("Done", reason="late"), "Done (ours: reason late, service it)", []),
        (_written("Refused", reason="ugly"), "Refused (ours: reason ugly, service it)", []),
        (_written("Done", "Seconds"), "Done (ours: service it)", ["Seconds", "Count"]),
    ],
)
def test_a_metric_that_differs_from_its_definition_is_one_problem(
    sample: Sample, metric: str, units: list[str]
) -> None:
    """The problem names the metric; for another unit, also the written and the defined unit."""
    [problem] = undeclared([sample, sample], DEFINED)
    assert problem.startswith(f"{metric} ")
    assert re.findall(r"\b(?:Seconds|Count)\b", problem) == units


def test_a_definition_has_the_service_and_its_own_dimension(context: Context[Any]) -> None:
    known = {definition.name: definition for definition in defined_by(context, "stack")}
    assert known.keys() == {measure.name for measure in context.measures.all}
    assert all(definition.dimensions["service"] == {context.name} for definition in known.values())
    assert known["RowsRejected"].dimensions["reason"] == set(context.faults)


def test_a_run_is_checked_by_its_programs_queries_and_its_functions_metrics(
    context: Context[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The namespace is that of its functions' variable."""
    monkeypatch.setattr(metric_checks, "defined_by", lambda _, namespace: {"ours": DEFINED}[namespace])
    inputs = {
        "aws:lambda/function:Function f": {"environment": {"variables": {metric_checks.NAMESPACE: "ours"}}},
        "aws:cloudwatch/dashboard:Dashboard b": {"dashboardName": "board", "dashboardBody": json.dumps(GOOD["board"])},
        "aws:cloudwatch/metricAlarm:MetricAlarm a": {"name": "a", "namespace": "ours", "metricName": "Dome"},
        "aws:cloudwatch/compositeAlarm:CompositeAlarm c": {"alarmName": "c"},
    }
    queried, written = metric_checks.problems_of_run(context, inputs, [_written("Wrong")])
    assert re.search(r"\balarm a\b.* Dome \(ours\)", queried)
    assert written.startswith("Wrong (ours: service it) ")
