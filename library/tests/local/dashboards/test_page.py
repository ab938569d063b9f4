"""The page: every widget in its place, with what there is to see or to say."""

import re
from typing import Any

import pytest

from bounded_context.local.dashboards.drawing import drawing
from bounded_context.local.dashboards.figures import over_time
from bounded_context.local.dashboards.page import page
from bounded_context.local.dashboards.series import Recorded
from bounded_context.local.dashboards.widgets import widget
from bounded_context.local.observation.samples import Sample

from .board import ABOUT, BODY, OURS, STARTED, STATES, html, metric, recorded


@pytest.fixture(scope="module")
def whole() -> str:
    return html()


def _widget(given: dict[str, Any]) -> str:
    return widget(given, "w", recorded(), STATES)


def test_every_widget_has_its_place_on_the_grid(whole: str) -> None:
    places = re.findall(r'<section class="widget [\w ]+" id="d0-w(\d+)" style="([^"]*)"', whole)
    assert [int(number) for number, _ in places] == list(range(len(BODY["widgets"])))
    assert places[2] == ("2", "grid-column: 13 / span 12; grid-row: 3 / span 6")


def test_a_widget_without_a_place_takes_the_next() -> None:
    placed = _widget({"type": "text", "width": 8, "properties": {"markdown": "x"}})
    assert "grid-column: span 8; grid-row: span 6" in placed


def test_the_page_loads_nothing(whole: str) -> None:
    """The browser is told so, and there is nothing to load."""
    assert "default-src 'none'" in whole
    assert re.findall(r"<(?:script|img|link|iframe)[^>]+(?:src|href)=", whole) == []
    assert whole.count("plotly.js v") == 1


def test_text_is_markdown_and_no_markup_of_its_own() -> None:
    text = _widget({"type": "text", "properties": {"markdown": "# T\n|a|b|\n|-|-|\n|1|2|\n\n<script>x</script>"}})
    assert "<h1>T</h1>" in text
    assert "<td>1</td>" in text
    assert "<script>" not in text


def test_names_from_outside_are_text() -> None:
    bad = "</script><script>alert(1)</script>"
    given = metric(0, 0, [[OURS, "Done", "service", "it", {"label": bad}]], title=bad)
    assert "<script>alert" not in _widget(given)
    assert "<script>alert" not in page(ABOUT, {bad: BODY}, recorded(), {bad: "ALARM"})


def test_a_metric_without_a_sample_is_named_and_draws_no_plot() -> None:
    shown = _widget(metric(0, 0, [[OURS, "Never", "service", "it"]]))
    assert "<b>No data:</b> Never" in shown
    assert 'class="plot"' not in shown


def test_numbers_have_their_units_and_their_labels() -> None:
    shown = _widget(BODY["widgets"][3])
    assert re.findall(r"<strong>([^<]*)</strong><span>([^<]*)", shown) == [
        ("80.40", "Done"),
        ("12,345.67", "Money EUR"),
        ("4.25 s", "Age"),
    ]


def test_alarms_have_their_states_and_those_that_are_well_come_last() -> None:
    shown = _widget(BODY["widgets"][7])
    assert re.findall(r'<li class="(\w+)"><b>([^<]*)</b> (\w)', shown) == [
        ("alarm", "ALARM", "b"),
        ("not_deployed", "NOT DEPLOYED", "c"),
        ("ok", "OK", "a"),
    ]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"type": "log", "properties": {"query": "fields @message | limit 5"}}, "fields @message | limit 5"),
        ({"type": "explorer", "properties": {}}, "A widget of type explorer is not drawn here."),
        (metric(0, 0, [[OURS, "Done", "service", "it"]], view="gauge"), "The view gauge is not drawn here"),
        (metric(0, 0, [[{"expression": "RATE(m1)", "label": "rate"}]]), "Not calculated here: rate (RATE(...))."),
    ],
)
def test_what_is_not_drawn_is_said(given: dict[str, Any], sentence: str) -> None:
    assert sentence in _widget(given)


def test_the_head_tells_what_was_run_and_what_stands_in(whole: str) -> None:
    for text in (
        "a list of 10 rows",
        "1 ALARM, 1 OK: b (ALARM)",
        "Duration: measured by the run",
        "1 to 5 minutes on AWS is one over 1 s",
    ):
        assert text in whole


def test_what_nobody_measures_is_said() -> None:
    """A metric that is measured for one topic is not among it."""
    samples = [
        Sample("AWS/SNS", name, {"TopicName": topic}, "Count", STARTED + 1, 0, assumed=assumed)
        for name, topic, assumed in (("Failed", "a", True), ("Sent", "a", True), ("Sent", "b", False))
    ]
    shown = page(ABOUT, {}, Recorded(samples, STARTED, STARTED + 2), {})
    assert "they are shown as 0: AWS/SNS Failed." in shown
    assert "No dashboard is deployed." in shown


def _figure(**properties: Any) -> Any:
    given = {"metrics": [[OURS, "Done", "service", "it"], [".", "Age", ".", ".", {"yAxis": "right"}]], **properties}
    given = {"stat": "Sum", "period": 60} | given
    return over_time(given, drawing(given, recorded()).drawn, recorded().seconds)


def test_a_line_has_its_gaps_and_each_axis_its_label_and_unit() -> None:
    figure = _figure(yAxis={"left": {"label": "a minute", "min": 0, "max": 50}})
    assert list(figure.data[0].x) == list(range(1, 8))
    assert figure.data[0].y[4:6] == (None, None)
    assert (figure.layout.yaxis.title.text, figure.layout.yaxis2.title.text) == ("a minute", "Seconds")
    assert tuple(figure.layout.yaxis.range) == (0, 50)
    assert (figure.data[0].yaxis, figure.data[1].yaxis) == ("y", "y2")


def test_stacked_series_lie_on_each_other_by_their_axis() -> None:
    assert [trace.stackgroup for trace in _figure(stacked=True).data] == ["left", "right"]


def test_fixed_values_are_lines_with_their_labels() -> None:
    horizontal = [{"value": 5, "label": "objective", "color": "#123456"}, [{"value": 1}, {"value": 2}]]
    shapes = _figure(annotations={"horizontal": horizontal}).layout.shapes
    assert [(shape.y0, shape.y1) for shape in shapes] == [(5, 5), (1, 1), (2, 2)]
    assert (shapes[0].label.text, shapes[0].line.color) == ("objective", "#123456")


def test_small_counts_have_no_halves_on_their_axis() -> None:
    """Unless a fixed value, which may be large, makes the axis long."""
    calls = {"metrics": [["AWS/Lambda", "Invocations", "FunctionName", "one"]]}
    assert _figure(**calls).layout.yaxis.dtick == 1
    limit = {"annotations": {"horizontal": [{"value": 900}]}}
    assert _figure(**calls, **limit).layout.yaxis.dtick is None
