"""What a metric widget shows of what was measured."""

from typing import Any

import pytest

from bounded_context_lab.dashboards import NO_ACTIVITY, Drawing, drawing
from bounded_context_lab.metric_math import Recorded

from .board import OURS, SERVICE, STARTED, recorded, sample

DONE: list[Any] = [OURS, "Done", "service", "it", {"id": "m1"}]
AGE: list[Any] = [OURS, "Age", "service", "it", {"id": "m2"}]


def _drawn(*metrics: list[Any], over: Recorded | None = None, **properties: Any) -> Drawing:
    return drawing({"metrics": metrics, "stat": "Sum", "period": 60, **properties}, over or recorded())


def _points(drawing: Drawing) -> list[dict[int, float]]:
    return [dict(trace.series.points) for trace in drawing.traces]


def _labels(drawing: Drawing) -> list[str]:
    return [trace.label for trace in drawing.traces]


@pytest.mark.parametrize(
    ("stat", "value"),
    [
        ("Sum", 10),
        ("Average", 2.5),
        ("Minimum", 1),
        ("Maximum", 4),
        ("SampleCount", 4),
        ("p50", 2.5),
        ("p99", 3.97),
        ("p100", 4),
    ],
)
def test_a_statistic_of_the_samples_of_a_minute(stat: str, value: float) -> None:
    over = Recorded([sample("Done", 0.2 * number, number) for number in (1, 2, 3, 4)], STARTED, STARTED + 5)
    assert _points(_drawn(DONE, over=over, stat=stat))[0] == {0: pytest.approx(value)}


def test_up_to_five_minutes_are_a_second_and_six_are_six() -> None:
    chart = _drawn(DONE, [*DONE[:4], {"period": 300}], [*DONE[:4], {"period": 360}], [*DONE[:4], {"period": 86400}])
    assert [list(points) for points in _points(chart)] == [[1, 2, 3, 4, 7], [1, 2, 3, 4, 7], [0, 6], [0]]


def test_a_widget_on_the_whole_time_has_one_value() -> None:
    [points] = _points(_drawn(DONE, setPeriodToTimeRange=True))
    assert points == {0: pytest.approx(80.4)}


def test_samples_before_the_run_are_omitted() -> None:
    over = Recorded([sample("Done", -1, 5), sample("Done", 1, 2)], STARTED, STARTED + 5)
    assert _points(_drawn(DONE, over=over)) == [{1: 2}]


def test_a_metric_is_its_dimensions_exactly() -> None:
    """As in CloudWatch, a metric with another set of dimensions is another metric."""
    chart = _drawn([OURS, "Refused", "service", "it"], [OURS, "Refused", "service", "it", "reason", "late"])
    assert (chart.without_data, len(chart.traces)) == ({NO_ACTIVITY: ["Refused"]}, 1)


def test_shorthands_repeat_the_entry_before() -> None:
    chart = _drawn(
        [OURS, "Refused", "service", "it", "reason", "late"],
        ["...", "double"],
        [".", "Done", ".", "."],
    )
    assert _labels(chart) == ["Refused late", "Refused double", "Done"]


@pytest.mark.parametrize(
    ("expression", "points"),
    [
        ("m1 + m2", {1: 22.9 + 0.25, 2: 12.1 + 0.5, 3: 13.5 + 0.75, 4: 14.9 + 1, 7: 17 + 1.75}),
        ("100 * (m1 - m1) / m1", {1: 0, 2: 0, 3: 0, 4: 0, 7: 0}),
        ("m1 / (m1 - m1)", {}),
        ("SUM([m1, m1])", {1: 45.8, 2: 24.2, 3: 27, 4: 29.8, 7: 34}),
        ("MAX(METRICS())", {1: 22.9, 2: 12.1, 3: 13.5, 4: 14.9, 7: 17}),
        ('AVG(METRICS("2"))', {1: 0.25, 2: 0.5, 3: 0.75, 4: 1, 7: 1.75}),
        ("IF(m1 > 14, m2, -1)", {1: 0.25, 2: -1, 3: -1, 4: 1, 7: 1.75}),
        ("FILL(m1, 0) * 0 + 1", dict.fromkeys(range(13), 1.0)),
        ("m2 * SUM(m2)", {second: second / 4 * 4.25 for second in (1, 2, 3, 4, 7)}),
        (
            'SUM(SEARCH(\'{ours,service,reason} MetricName="Refused" reason=("late" OR "double")\', \'Sum\', 60))',
            {2: 4, 4: 1},
        ),
    ],
)
def test_metric_math(expression: str, points: dict[int, float]) -> None:
    hidden = [[*entry[:4], entry[4] | {"visible": False}] for entry in (DONE, AGE)]
    chart = _drawn(*hidden, [{"expression": expression, "label": "result"}])
    assert chart.not_calculated == []
    assert (_points(chart) or [{}])[0] == pytest.approx(points)


@pytest.mark.parametrize(
    "expression",
    [
        "ANOMALY_DETECTION_BAND(m1, 2)",
        'SELECT SUM(Done) FROM SCHEMA("ours", service)',
        "SEARCH('{ours,service} Don', 'Sum', 60)",
        "SEARCH('{ours,service} MetricName=\"Done\"', 'TM(10%:90%)', 60)",
        "m1 ^ 2",
        "unknown + 1",
        "e1 + 1",
        "1 + 1",
    ],
)
def test_expressions_that_are_not_calculated_are_listed(expression: str) -> None:
    chart = _drawn(DONE, [{"expression": expression, "id": "e1", "label": "clever"}])
    assert len(chart.traces) == 1
    assert len(chart.not_calculated) == 1
    assert chart.not_calculated[0].startswith("clever (")


def test_a_search_draws_each_metric_with_the_label_in_which_they_differ() -> None:
    query = "SEARCH('{ours,service,reason} service=\"it\" MetricName=\"Refused\"', 'Sum', 60)"
    assert _labels(_drawn([{"expression": query}])) == ["double", "late"]
    assert _labels(_drawn([{"expression": query, "label": "for"}])) == ["for double", "for late"]
    named = _drawn([{"expression": query, "label": "${PROP('Dim.reason')} of ${PROP('MetricName')}"}])
    assert _labels(named) == ["double of Refused", "late of Refused"]


def test_a_search_without_matches_is_without_data() -> None:
    chart = _drawn([{"expression": "SEARCH('{ours,service} MetricName=\"Never\"', 'Sum', 60)", "label": "never"}])
    assert (chart.traces, chart.without_data) == ([], {NO_ACTIVITY: ["never"]})


def test_a_label_without_a_metric_has_no_part_of_one() -> None:
    query = "SEARCH('{ours,service} MetricName=\"Never\"', 'Sum', 60)"
    assert _drawn([{"expression": query, "label": "version ${PROP('Dim.version')}"}]).without_data == {
        NO_ACTIVITY: ["version"]
    }


def test_a_search_looks_at_the_namespace_and_the_dimensions_it_names() -> None:
    chart = _drawn([{"expression": 'SEARCH(\'{"ours", service}  MetricName="Done" AND service="it"\', \'Sum\')'}])
    assert _points(chart)[0].keys() == {1, 2, 3, 4, 7}
    other = _drawn([{"expression": "SEARCH('{theirs,service} MetricName=\"Done\"', 'Sum')"}])
    assert other.traces == []


def test_dimensions_that_all_have_are_in_no_label() -> None:
    over = Recorded([sample("Done", 1, 1), sample("Age", 1, 1)], STARTED, STARTED + 2)
    assert _labels(_drawn(DONE, AGE, over=over)) == ["Done", "Age"]
    assert SERVICE["service"] not in "".join(_labels(_drawn(DONE, AGE, over=over)))
