"""The dashboards as CloudWatch takes them: their form, their limits, and what is left out."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from bounded_context.declaration.measures import LIST_DURATION, OLDEST_UNFINISHED
from bounded_context_infra.dashboards.widgets import (
    MOST_ALARMS,
    MOST_METRICS,
    MOST_METRICS_OF_ALL,
    MOST_WIDGETS,
    WIDTH,
    body,
    graph,
    metric,
    section,
    text,
)

from .contexts import AMOUNTS, OTHER
from .dashboards import (
    ARN,
    LARGEST,
    LEAST,
    SCHEMA,
    VALIDATOR,
    Body,
    bodies,
    both,
    drawn,
    metrics,
    searches,
    titles,
    widgets,
)
from .graph import PARTNERS, REGION, Graph, run

MOST_SEARCHES = 100
"""Search expressions of one graph; each of at most 1,024 characters (CloudWatch, "Search expression limits")."""

VERSIONS = 2
"""As many as an alias can have, and a search finds."""

SHAPES: dict[str, Callable[[], list[Body]]] = {
    "local": lambda: list(bodies(run("local")).values()),
    "without SFTP": lambda: list(bodies(run("dev")).values()),
    "a server of its own": lambda: list(bodies(run("prod", sftp="dedicated", partners=PARTNERS)).values()),
    "the least": lambda: both(LEAST),
    "a heading without functions": lambda: both(replace(LEAST, functions={"Commands": []})),
    "a shared server without partners": lambda: both(replace(LEAST, server=LARGEST.server)),
    "the largest": lambda: both(LARGEST),
}


@pytest.fixture(params=SHAPES)
def dashboards(request: pytest.FixtureRequest) -> list[Body]:
    """Both dashboards of a stack or a context."""
    return SHAPES[request.param]()


def test_cloudwatch_accepts_the_body(dashboards: list[Body]) -> None:
    """It is what the published structure allows."""
    assert len(dashboards) == 2
    for dashboard in dashboards:
        assert [error.message for error in VALIDATOR.iter_errors(dashboard)] == []


def test_widgets_fill_the_width_without_overlap(dashboards: list[Body]) -> None:
    """Each row is as wide as the dashboard, and begins where the one above ends."""
    for dashboard in dashboards:
        assert all(widget["x"] + widget["width"] <= WIDTH for widget in dashboard["widgets"])
        assert not [pair for pair in combinations(dashboard["widgets"], 2) if _overlap(*pair)]
        area = sum(widget["width"] * widget["height"] for widget in dashboard["widgets"])
        assert area == WIDTH * max(widget["y"] + widget["height"] for widget in dashboard["widgets"])


def _overlap(first: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(
        first[start] < other[start] + other[size] and other[start] < first[start] + first[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


def test_the_limits_hold(dashboards: list[Body]) -> None:
    """CloudWatch draws no more than so many."""
    for dashboard in dashboards:
        assert len(dashboard["widgets"]) <= MOST_WIDGETS
        assert _series(dashboard) <= MOST_METRICS_OF_ALL
        for widget in widgets(dashboard, "metric"):
            alone = {"widgets": [widget]}
            assert _series(alone) <= MOST_METRICS
            assert len(list(searches(alone))) <= MOST_SEARCHES
        assert all(len(search) <= 1024 for search in searches(dashboard))


def _series(dashboard: Body) -> int:
    return len(list(drawn(dashboard))) + (VERSIONS - 1) * len(list(searches(dashboard)))


def test_no_graph_is_too_full_to_read() -> None:
    """With 20 commands there are more graphs, not longer legends; only a release has a line for each function."""
    for dashboard in both(LARGEST):
        for widget in widgets(dashboard, "metric"):
            entries = widget["properties"]["metrics"]
            assert len(entries) <= 16 or "expression" in entries[0][0], widget["properties"]["title"]


def test_both_name_the_stack_and_link_to_the_other_views(prod: Graph) -> None:
    """The first widget names the stack and links to the other dashboard, logs, traces and executions."""
    (machine,) = prod.of("sfn/stateMachine")
    for name, other in (("business", "technical"), ("technical", "business")):
        first = bodies(prod)[name]["widgets"][0]["properties"]["markdown"]
        prefix = prod.one("cloudwatch/dashboard", name).inputs["dashboardName"].removesuffix(f"-{name}")
        assert first.startswith("# ")
        assert prefix in first.splitlines()[0]
        assert f"#dashboards/dashboard/{prefix}-{other})" in first
        assert f"#/statemachines/view/{machine.arn})" in first
        assert f"?region={REGION}#logsV2:logs-insights$3FqueryDetail$3D$257E$2528" in first
        assert f"#/traces?timeRange=PT1H&filter=annotation.stack%20%3D%20%22{prefix}%22)" in first


def test_links_survive_markdown() -> None:
    """A blank or a bracket within a link would end it."""
    for dashboard in both(LARGEST):
        links = dashboard["widgets"][0]["properties"]["markdown"].split("](")[1:]
        assert len(links) == 5
        for link in links:
            url, _, rest = link.partition(")")
            assert not set(" ()[]'\"") & set(url)
            assert rest == "" or rest.startswith(" | ")


def test_a_runbook_that_has_no_url_is_named() -> None:
    """A link to a file of the repository would lead nowhere from the console; without one it is the library's."""
    for runbook, says in (("docs/runbook.md", "docs/runbook.md"), ("", "uv run context docs runbook")):
        (first, _) = both(replace(LEAST, runbook=runbook))
        assert f"Runbook: `{says}`" in first["widgets"][0]["properties"]["markdown"]


def test_every_alarm_with_an_action_is_on_both(any_stack: Graph) -> None:
    """Whoever is told of one finds it here."""
    names = {_alarm_name(node.inputs) for node in _telling(any_stack)}
    for dashboard in bodies(any_stack).values():
        arns = [arn for widget in widgets(dashboard, "alarm") for arn in widget["properties"]["alarms"]]
        assert sorted(arn.rsplit(":", 1)[1] for arn in arns) == sorted(names)


def _telling(graph: Graph) -> list[Any]:
    alarms = [*graph.of("cloudwatch/metricAlarm"), *graph.of("cloudwatch/compositeAlarm")]
    return [node for node in alarms if node.inputs.get("alarmActions")]


def _alarm_name(inputs: Any) -> str:
    return inputs.get("name") or inputs["alarmName"]


def test_the_most_urgent_alarms_come_first() -> None:
    """By severity; a widget takes a hundred."""
    for dashboard in both(LARGEST):
        headings = [
            (widget["properties"]["title"], len(widget["properties"]["alarms"]))
            for widget in widgets(dashboard, "alarm")
        ]
        assert headings == [("Critical", MOST_ALARMS), ("Critical", 50), ("Warning", 60)]
        assert dashboard["widgets"][2]["type"] == "alarm"


def test_graphs_without_data_are_omitted() -> None:
    """No queues without subscribers, no uploads without SFTP, and no heading without graphs."""
    business, technical = both(LEAST)
    assert "Alarms" not in titles(business)
    graph_titles = titles(technical)
    assert "Waiting for subscribers" not in graph_titles
    aged = [sample for sample in metrics(technical) if sample.name == "ApproximateAgeOfOldestMessage"]
    assert {sample.dimensions["QueueName"] for sample in aged} == {LEAST.inbound}
    assert not [title for title in graph_titles if "SFTP" in title or "started by uploads" in title]
    assert {"Dead letters", "Uploads"} <= set(graph_titles)
    assert "NumberOfNotificationsDelivered" not in str(technical)


def test_a_context_without_amounts_has_no_graph_of_amounts() -> None:
    """There is neither a graph nor a gap."""
    (business, _) = both(replace(LEAST, context=OTHER))
    assert "currency" not in str(business)
    assert business["widgets"][-1]["type"] == "metric"


def test_each_amount_has_its_graph() -> None:
    """However many there are, and in no other currencies than the context's."""
    (business, _) = both(replace(LEAST, context=AMOUNTS))
    assert titles(business)[-3:] == [f"Kind{number}Imported, by currency" for number in range(3)]
    assert [error.message for error in VALIDATOR.iter_errors(business)] == []


def test_the_target_is_drawn_where_lists_are_measured_against_it(prod: Graph) -> None:
    """Over the duration of lists, and over the age of the oldest."""
    graphs = [widget["properties"] for widget in widgets(bodies(prod)["business"], "metric")]
    marked = {entry[1] for properties in graphs if "annotations" in properties for entry in properties["metrics"]}
    assert marked == {LIST_DURATION.name, OLDEST_UNFINISHED.name}


def test_the_outputs_name_the_dashboards(prod: Graph) -> None:
    """Their URLs are outputs."""
    urls = prod.outputs["dashboards"]
    assert set(urls) == {"business", "technical"}
    for name, url in urls.items():
        assert url.endswith(f"#dashboards/dashboard/{prod.one('cloudwatch/dashboard', name).inputs['dashboardName']}")


def test_a_section_of_empty_graphs_is_omitted() -> None:
    """A heading over nothing would be noise."""
    assert section("Nothing", [graph("Nothing", [])]) == []
    assert len(section("One", [graph("Nothing", []), graph("One", [metric("A", "B", {})])])[1]) == 1


Change = Callable[[dict[str, Any]], Any]


def _good() -> dict[str, Any]:
    """A body with one widget of each kind: graph, text, log, alarm."""
    pictures = [graph("One", [metric("AWS/SQS", "One", {"QueueName": "q"}, stat="p99")]), text("## Two")]
    dashboard = body(REGION, "-PT3H", [pictures])
    query = {"region": REGION, "query": "SOURCE 'a' | fields @message"}
    dashboard["widgets"] += [
        {"type": "log", "x": 0, "y": 9, "width": 24, "height": 3, "properties": query},
        {"type": "alarm", "properties": {"alarms": [ARN]}},
    ]
    return dashboard


def _widget(number: int, **changed: Any) -> Change:
    return lambda dashboard: dashboard["widgets"][number].update(changed)


def _graph(**changed: Any) -> Change:
    return lambda dashboard: dashboard["widgets"][0]["properties"].update(changed)


def _drawn(**changed: Any) -> Change:
    return lambda dashboard: dashboard["widgets"][0]["properties"]["metrics"][0][-1].update(changed)


BROKEN: dict[str, Change] = {
    "no widgets": lambda dashboard: dashboard.pop("widgets"),
    "a start in words": lambda dashboard: dashboard.update(start="3 hours"),
    "an unknown property": lambda dashboard: dashboard.update(refresh=60),
    "a widget off the grid": _widget(0, x=24),
    "a widget too wide": _widget(0, width=25),
    "x without y": lambda dashboard: dashboard["widgets"][0].pop("y"),
    "an unknown widget": _widget(0, type="graph"),
    "a text without words": _widget(1, properties={}),
    "a text with a title": _widget(1, properties={"markdown": "Two", "title": "Two"}),
    "a graph without a region": lambda dashboard: dashboard["widgets"][0]["properties"].pop("region"),
    "a graph of nothing": lambda dashboard: dashboard["widgets"][0]["properties"].pop("metrics"),
    "half a minute": _graph(period=30),
    "a minute and a half": _graph(period=90),
    "an unknown statistic": _graph(stat="Mean"),
    "an unknown view": _graph(view="line"),
    "a gauge without ends": _graph(view="gauge"),
    "a line without a value": _graph(annotations={"horizontal": [{"label": "a"}]}),
    "an alarm within a graph": _graph(annotations={"alarms": [ARN]}),
    "a colour in words": _drawn(color="red"),
    "a third axis": _drawn(yAxis="top"),
    "a metric without a name": _graph(metrics=[["AWS/SQS"]]),
    "a dimension without a value": _graph(metrics=[["AWS/SQS", "One", "QueueName"]]),
    "a dimension that is a number": _graph(metrics=[["AWS/SQS", "One", "QueueName", 1]]),
    "the shorthand of dots": _graph(metrics=[["AWS/SQS", "One", "QueueName", "."]]),
    "an expression with a metric": _graph(metrics=[[{"expression": "1"}, "One"]]),
    "too many metrics": _graph(metrics=[["A", "B"]] * (MOST_METRICS + 1)),
    "a query without a source": _widget(2, properties={"region": REGION, "query": "fields @message"}),
    "no alarm": _widget(3, properties={"alarms": []}),
    "an alarm by its name": _widget(3, properties={"alarms": ["a"]}),
    "an order of its own": _widget(3, properties={"alarms": [ARN], "sortBy": "severity"}),
}


def test_the_schema_is_valid_and_accepts_a_good_body() -> None:
    """Otherwise what it refuses would say nothing."""
    VALIDATOR.check_schema(SCHEMA)
    assert VALIDATOR.is_valid(_good())


@pytest.mark.parametrize("broken", BROKEN)
def test_the_schema_refuses_a_broken_body(broken: str) -> None:
    """One thing is wrong in each."""
    dashboard = _good()
    BROKEN[broken](dashboard)
    assert not VALIDATOR.is_valid(dashboard)
