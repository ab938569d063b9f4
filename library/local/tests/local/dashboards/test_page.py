"""The page: every widget in its place, with what there is to see or to say."""

import re
from typing import Any

import pytest

from bounded_context_lab.dashboards.page import page, widget
from bounded_context_lab.metric_math import Recorded
from bounded_context_local.observation.logs import Sample

from .board import ABOUT, BODY, OURS, STARTED, STATES, html, metric, recorded, sample


@pytest.fixture(scope="module")
def whole() -> str:
    return html()


def _widget(definition: dict[str, Any]) -> str:
    return widget(definition, "w", recorded(), STATES)


def test_every_widget_has_its_place_on_the_grid(whole: str) -> None:
    places = re.findall(r'<section class="widget [\w ]+" id="d0-w(\d+)" style="([^"]*)"', whole)
    assert [int(number) for number, _ in places] == list(range(len(BODY["widgets"])))
    assert places[2] == ("2", "grid-column: 13 / span 12; grid-row: 3 / span 6")


def test_a_widget_without_a_position_gets_the_next_one() -> None:
    placed = _widget({"type": "text", "width": 8, "properties": {"markdown": "x"}})
    assert "grid-column: span 8; grid-row: span 6" in placed


def test_the_page_loads_no_resources(whole: str) -> None:
    """The browser is told so, and there is nothing to load."""
    assert "default-src 'none'" in whole
    assert re.findall(r"<(?:script|img|link|iframe)", whole) == []


def test_text_is_markdown_and_no_markup_of_its_own() -> None:
    text = _widget({"type": "text", "properties": {"markdown": "# T\n|a|b|\n|-|-|\n|1|2|\n\n<script>x</script>"}})
    assert "<h3>T</h3>" in text
    assert "<td>1</td>" in text
    assert "<script>" not in text


def test_names_from_outside_are_text() -> None:
    bad = "</script><script>alert(1)</script>"
    definition = metric(0, 0, [[OURS, "Done", "service", "it", {"label": bad}]], title=bad)
    assert "<script>alert" not in _widget(definition)
    assert "<script>alert" not in page(ABOUT, {bad: BODY}, recorded(), {bad: "ALARM"})


def test_a_metric_without_a_sample_is_named_and_draws_no_plot() -> None:
    markup = _widget(metric(0, 0, [[OURS, "Never", "service", "it"]]))
    assert "<b>No data. No activity:</b> Never" in markup
    assert 'class="plot"' not in markup


def test_numbers_have_their_units_and_their_labels() -> None:
    markup = _widget(BODY["widgets"][3])
    assert re.findall(r"<strong>([^<]*)</strong><span>([^<]*)", markup) == [
        ("80.40", "Done"),
        ("12,345.67", "Money EUR"),
        ("4.25 s", "Age"),
    ]


def test_alarms_have_their_states_and_quiet_ones_come_last() -> None:
    markup = _widget(BODY["widgets"][7])
    assert re.findall(r'<li class="(\w+)"><b>([^<]*)</b> (\w)', markup) == [
        ("alarm", "ALARM", "b"),
        ("not_deployed", "NOT DEPLOYED", "c"),
        ("ok", "OK", "a"),
    ]


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        ({"type": "log", "properties": {"query": "fields @message | limit 5"}}, "fields @message | limit 5"),
        ({"type": "explorer", "properties": {}}, "A widget of type explorer is not drawn here."),
        (metric(0, 0, [[OURS, "Done", "service", "it"]], view="gauge"), "The view gauge is not drawn here"),
        (metric(0, 0, [[{"expression": "RATE(m1)", "label": "rate"}]]), "Not calculated here: rate (RATE(...))."),
    ],
)
def test_a_widget_that_is_not_drawn_has_a_note(definition: dict[str, Any], sentence: str) -> None:
    assert sentence in _widget(definition)


def test_the_head_has_the_run_and_its_differences_from_aws(whole: str) -> None:
    for text in (
        "a list of 10 rows",
        "1 ALARM, 1 OK: b (ALARM)",
        "Duration: measured by the run",
        "1 to 5 minutes on AWS are 1 s here",
    ):
        assert text in whole


def test_metrics_without_a_measured_value_are_named() -> None:
    """A metric that is measured for one topic is not named."""
    samples = [
        Sample("AWS/SNS", name, {"TopicName": topic}, "Count", STARTED + 1, 0, assumed=assumed)
        for name, topic, assumed in (("Failed", "a", True), ("Sent", "a", True), ("Sent", "b", False))
    ]
    markup = page(ABOUT, {}, Recorded(samples, STARTED, STARTED + 2), {})
    assert "shown as 0: AWS/SNS Failed." in markup
    assert "<nav" not in markup


def _plotted(*metrics: list[Any], over: Recorded | None = None, **properties: Any) -> str:
    definition = metric(0, 0, list(metrics), **properties)
    return widget(definition, "w", over or recorded(), STATES)


def _scale(markup: str, side: str = "left") -> list[str]:
    [marks] = re.findall(rf'<div class="{side}">(.*?)</div>', markup)
    return re.findall("<span>([^<]*)", marks)


DONE = [OURS, "Done", "service", "it"]
AGE = [OURS, "Age", "service", "it", {"yAxis": "right"}]


def test_a_line_has_its_gap_and_each_axis_its_label_or_unit() -> None:
    markup = _plotted(DONE, AGE, yAxis={"left": {"label": "a minute"}})
    lines = re.findall(r'<path class="line" d="([^"]*)"', markup)
    assert [line.count("M") + line.count("L") for line in lines] == [4, 4]
    marks = re.findall(r'<path class="marks" d="([^"]*)"', markup)
    assert [mark.count("M") for mark in marks] == [5, 5]
    assert "<span>a minute</span><span>s</span>" in markup


def test_stacked_series_lie_on_each_other() -> None:
    """The scale goes to the top of the pile."""
    markup = _plotted(DONE, [*DONE[:4], {"stat": "SampleCount"}], stacked=True)
    assert markup.count('<path class="area"') == 2
    assert _scale(markup) == ["30", "20", "10", "0"]
    areas = re.findall(r'<path class="area" d="M([^"]*)Z"', markup)
    lower, upper = (area.split("L") for area in areas)
    edge = len(lower) // 2
    assert upper[edge:] == list(reversed(lower[:edge]))


def test_a_stack_has_nothing_where_a_period_has_no_value() -> None:
    """It falls to the ground beside each value, and has a mark for each that was measured."""
    over = Recorded([sample("Done", second, 4) for second in (2, 8)], STARTED, STARTED + 9)
    markup = _plotted(DONE, over=over, stacked=True)
    [area] = re.findall(r'<path class="area" d="M([^"]*)Z"', markup)
    assert area.split("L")[:6] == ["100 1000", "200 0", "300 1000", "700 1000", "800 0", "900 1000"]
    assert re.findall(r'<path class="marks" d="([^"]*)"', markup) == ["M200 0h0M800 0h0"]


def test_a_near_limit_is_a_line_and_a_far_limit_is_in_the_legend() -> None:
    """A count of three is not drawn on a scale to 1,000."""
    horizontal = [{"value": 1000, "label": "most", "color": "#123456"}, [{"value": 10}, {"value": 20}]]
    markup = _plotted(DONE, annotations={"horizontal": horizontal})
    assert markup.count('<path class="limit') == 2
    assert _scale(markup)[0] == "30"
    assert "most (1,000, beyond this scale)" in markup
    assert "limit (20)" in markup


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        ((3, 1), ["3", "2", "1", "0"]),
        ((1,), ["1", "0"]),
        ((0,), ["1", "0"]),
        ((0.03, 0.011), ["0.03", "0.02", "0.01", "0.00"]),
        ((1234, 7), ["1,500", "1,000", "500", "0"]),
        ((-5, 5), ["5", "0", "-5"]),
    ],
)
def test_a_scale_fits_the_drawn_values(values: tuple[float, ...], marks: list[str]) -> None:
    """Whatever the widget asks for; whole numbers have no halves between them."""
    over = Recorded([sample("Done", second + 0.5, value) for second, value in enumerate(values)], STARTED, STARTED + 9)
    assert _scale(_plotted(DONE, over=over, yAxis={"left": {"min": 0, "max": 1000}})) == marks


def test_a_long_run_has_no_more_points_than_a_tile_can_show() -> None:
    """Its periods are longer, and the page says how long."""
    over = Recorded([sample("Done", second, 1) for second in range(3600)], STARTED, STARTED + 3599)
    markup = _plotted(DONE, over=over)
    assert 'data-points="120"' in markup
    assert "max 30" in markup
    assert "are 30 s here" in page(ABOUT, {}, over, {})


def test_every_alarm_is_in_its_tile() -> None:
    definition = {"type": "alarm", "properties": {"alarms": [f"arn:aws:cloudwatch:r:1:alarm:n{n}" for n in range(80)]}}
    assert len(set(re.findall(r"</b> (n\d+)</li>", _widget(definition)))) == 80


LAMBDA = "AWS/Lambda"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ([OURS, "Never", "service", "it"], "No data. No activity:</b> Never"),
        ([LAMBDA, "Errors", "FunctionName", "idle"], "No data. No calls:</b> Errors"),
        ([LAMBDA, "ConcurrentExecutions", "FunctionName", "one"], "No data. Not emulated:</b> ConcurrentExecutions"),
        (["AWS/KMS", "Throttles", "KeyId", "k"], "No data. Not emulated:</b> Throttles"),
        (["AWS/SQS", "NumberOfMessagesSent", "QueueName", "q"], "No data. No activity:</b> NumberOfMessagesSent"),
        (
            [{"expression": """SEARCH('{AWS/Lambda,FunctionName} MetricName="Errors"', 'Sum')""", "label": "took"}],
            "No data. No calls:</b> took",
        ),
    ],
)
def test_a_series_without_data_has_a_reason(entry: list[Any], why: str) -> None:
    """Nothing happened, nobody called it, or a run does not know it."""
    assert why in _widget(metric(0, 0, [entry]))


def test_an_expression_without_data_has_the_reason_of_its_metrics() -> None:
    metrics = [[LAMBDA, "Errors", "FunctionName", "idle", {"id": "m1", "visible": False}], [{"expression": "m1 * 2"}]]
    assert "No data. No calls:</b> m1 * 2" in _widget(metric(0, 0, metrics))


@pytest.mark.parametrize(
    ("namespace", "name", "why"),
    [
        ("AWS/DynamoDB", "ReadThrottleEvents", "<b>Not emulated, so it is shown as 0:</b> ReadThrottleEvents"),
        ("AWS/ApiGateway", "Count", "<b>No calls, so it is shown as 0:</b> Count"),
    ],
)
def test_an_assumed_zero_has_a_reason(namespace: str, name: str, why: str) -> None:
    zero = Sample(namespace, name, {"of": "it"}, "Count", STARTED + 1, 0, assumed=True)
    over = Recorded([zero], STARTED, STARTED + 2)
    assert why in _plotted([namespace, name, "of", "it"], over=over)
    measured = Recorded([zero, Sample(namespace, name, {"of": "it"}, "Count", STARTED + 1, 3)], STARTED, STARTED + 2)
    assert "shown as 0" not in _plotted([namespace, name, "of", "it"], over=measured)
