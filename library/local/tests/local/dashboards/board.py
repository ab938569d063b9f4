"""A dashboard with every kind of widget, and what a run of twelve seconds measured for it."""

from typing import Any

from bounded_context_lab.dashboards.page import About, page
from bounded_context_lab.metric_math import Recorded
from bounded_context_local.observation.logs import Sample

STARTED = 1_760_000_000.0
OURS = "ours"
SERVICE = {"service": "it"}
FUNCTION = "AWS/Lambda"


def sample(metric: str, second: float, value: float, unit: str = "Count", **more: str) -> Sample:
    """One of our own values, with the dimension that all have and those that are given."""
    return Sample(OURS, metric, {**SERVICE, **more}, unit, STARTED + second, value)


def samples() -> list[Sample]:
    """What was measured."""
    return [
        *(sample("Done", second, 10 + second) for second in (1.2, 1.7, 2.1, 3.5, 4.9, 7)),
        *(sample("Refused", second, 1, reason="late") for second in (2.2, 4.1)),
        sample("Refused", 2.5, 3, reason="double"),
        *(sample("Age", second, second / 4, "Seconds") for second in (1, 2, 3, 4, 7)),
        sample("Money", 6.5, 12345.67, "None", currency="EUR"),
        *(
            Sample(FUNCTION, "Duration", {"FunctionName": name}, "Milliseconds", STARTED + second, 40 + 7 * second)
            for name in ("one", "two")
            for second in range(1, 9)
        ),
        *(
            Sample(FUNCTION, "Invocations", {"FunctionName": name}, "Count", STARTED + second, 1)
            for name in ("one", "two")
            for second in range(1, 9)
        ),
    ]


def recorded() -> Recorded:
    """The run's record."""
    return Recorded(samples(), STARTED, STARTED + 12)


def metric(x: int, y: int, metrics: list[Any], **properties: Any) -> dict[str, Any]:
    """A metric widget, half as wide as the dashboard."""
    place = {"type": "metric", "x": x, "y": y, "width": 12, "height": 6}
    return place | {"properties": {"metrics": metrics, "stat": "Sum", "period": 60, **properties}}


BODY = {
    "widgets": [
        {
            "type": "text",
            "x": 0,
            "y": 0,
            "width": 24,
            "height": 2,
            "properties": {
                "markdown": "# What is done\n**Bold**, [a link](https://example.org), <script>alert(1)</script>"
            },
        },
        metric(
            0,
            2,
            [
                [OURS, "Done", "service", "it", {"id": "m1"}],
                [OURS, "Never", "service", "it", {"label": "never </script> seen"}],
                [{"expression": "FILL(m1, 0)", "label": "with nothing as 0", "yAxis": "right"}],
            ],
            title="Done & refused",
            yAxis={"left": {"label": "a second"}},
            annotations={"horizontal": [{"value": 20, "label": "objective"}]},
        ),
        metric(
            12,
            2,
            [[{"expression": """SEARCH('{ours,service,reason} service="it" MetricName="Refused"', 'Sum', 60)"""}]],
            title="Refused, by reason",
            stacked=True,
        ),
        metric(
            0,
            8,
            [[OURS, "Done", "service", "it"], [".", "Money", ".", ".", "currency", "EUR"], [".", "Age", ".", "."]],
            title="Numbers",
            view="singleValue",
            setPeriodToTimeRange=True,
        ),
        metric(
            12,
            8,
            [[FUNCTION, "Invocations", "FunctionName", "one"], ["...", "two"]],
            title="Calls",
            view="bar",
            setPeriodToTimeRange=True,
        ),
        metric(
            0,
            14,
            [[FUNCTION, "Duration", "FunctionName", "one", {"stat": "p95"}], ["...", "two", {"stat": "Maximum"}]],
            title="How long they take",
        ),
        metric(
            12,
            14,
            [[OURS, "Never", "service", "it"], [{"expression": "ANOMALY_DETECTION_BAND(m1, 2)", "label": "band"}]],
            title="Nothing",
        ),
        {
            "type": "alarm",
            "x": 0,
            "y": 20,
            "width": 12,
            "height": 3,
            "properties": {"title": "Alarms", "alarms": [f"arn:aws:cloudwatch:r:1:alarm:{n}" for n in ("a", "b", "c")]},
        },
        {
            "type": "log",
            "x": 12,
            "y": 20,
            "width": 12,
            "height": 3,
            "properties": {"title": "Errors", "query": "SOURCE 'group' | filter level = 'ERROR'"},
        },
    ]
}
STATES = {"a": "OK", "b": "ALARM"}
ABOUT = About("A run", "a list of 10 rows", ("Duration: measured by the run",))


def html(alarms: int = 0) -> str:
    """The page of it all, and of a tile with so many more alarms."""
    names = [f"alarm-{number}" for number in range(alarms)]
    tile = {
        "type": "alarm",
        "x": 0,
        "y": 23,
        "width": 12,
        "height": 3,
        "properties": {"title": "Many", "alarms": names},
    }
    body = {"widgets": [*BODY["widgets"], *([tile] if alarms else [])]}
    return page(ABOUT, {"everything": body}, recorded(), STATES | dict.fromkeys(names, "OK"))
