"""What a month without traffic costs."""

from importlib import import_module
from typing import Any

import pytest

from bounded_context_cli.programs.recording import Graph, Node
from bounded_context_cli.views.cost import prices
from bounded_context_cli.views.cost.cli import IDLE, Estimate, Line, lines
from bounded_context_cli.views.cost.per_million import WRITTEN, idle
from tests.emf import emitted
from tests.handlers.test_sweep_uploads import inbox as inbox  # (a fixture)
from tests.handlers.test_watch_lists import under_way as under_way  # (a fixture)

from .small import function, graph, node, schedule

MINUTES = 730 * 60


def idle_lines(whole: Graph) -> list[Line]:
    """The lines of a month without traffic."""
    return lines(IDLE, idle(whole))


def month(*nodes: Node) -> float:
    """USD of a month without traffic."""
    return Estimate(tuple(idle_lines(graph(*nodes)))).idle_month


def counted(*nodes: Node) -> dict[str, float]:
    """How much there is of what is paid for."""
    return {line.what: line.quantity for line in idle_lines(graph(*nodes))}


def priced(*nodes: Node) -> dict[str, float]:
    """The quantities by the names of their prices, of which each has one line."""
    names = {price: name for name, price in prices().by_name.items()}
    costs = idle_lines(graph(*nodes))
    assert len({line.price for line in costs}) == len(costs)
    return {names[line.price]: line.quantity for line in costs}


def calculated(metrics: int) -> Node:
    """An alarm on what is calculated of so many metrics."""
    queries: list[dict[str, Any]] = [{"id": f"m{number}", "metric": {}} for number in range(metrics)]
    return node("cloudwatch/metricAlarm", metricQueries=[*queries, {"id": "result", "expression": "m0"}])


STANDING = [
    (node("cloudwatch/metricAlarm", metricName="Errors"), 0.10),
    (calculated(3), 0.30),
    (node("cloudwatch/compositeAlarm"), 0.50),
    (node("cloudwatch/dashboard"), 3.00),
    (node("kms/key"), 1.00),
    (node("transfer/server"), 219.00),
    (node("ec2/eip"), 3.65),
]


@pytest.mark.parametrize(("resource", "usd"), STANDING, ids=[resource.kind for resource, _ in STANDING])
def test_idle_resources_have_a_monthly_price(resource: Node, usd: float) -> None:
    """An alarm counts as often as it has metrics."""
    assert month(resource) == pytest.approx(usd)


def test_an_alarm_more_costs_a_tenth_more(dev: Graph) -> None:
    """In a whole stack too, and nothing else changes."""
    more = graph(*dev.nodes, node("cloudwatch/metricAlarm", metricName="Errors"))
    assert Estimate(tuple(idle_lines(more))).idle_month - Estimate(tuple(idle_lines(dev))).idle_month == pytest.approx(
        0.10
    )


def test_an_empty_graph_costs_nothing() -> None:
    """There is no line without a quantity."""
    assert idle_lines(graph()) == []


@pytest.mark.parametrize(
    ("rate", "calls"),
    [("rate(1 minute)", MINUTES), ("rate(15 minutes)", MINUTES / 15), ("rate(1 day)", MINUTES / 1440)],
)
def test_a_schedule_is_paid_for_by_its_calls(rate: str, calls: float) -> None:
    """Each is a call, a duration by the function's memory, a trace, and lines in the log."""
    quantities = counted(function("tidy", 512), schedule("tidy", rate))
    assert quantities["calls of tidy"] == pytest.approx(calls)
    assert quantities["duration of tidy"] == pytest.approx(calls * 0.1 * 0.5)
    assert quantities["traces of tidy"] == pytest.approx(calls)
    assert quantities["log of tidy"] > 0


def test_a_log_costs_storage_for_its_retention() -> None:
    """Ninety days are three months."""
    group = node("cloudwatch/logGroup", name="/tidy", retentionInDays=90.0)
    quantities = priced(function("tidy"), schedule("tidy"), group)
    assert quantities["log_storage"] == pytest.approx(3 * quantities["log_ingestion"])


@pytest.mark.usefixtures("aws", "inbox", "under_way")
@pytest.mark.parametrize("name", WRITTEN)
def test_functions_of_schedules_write_their_metrics(
    name: str, context: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as the function does: it is run."""
    monkeypatch.setenv("FORMATS", "{}")
    import_module(f"bounded_context.handlers.{name}").lambda_handler({}, context)
    written = {metric.name for metric in emitted(capsys.readouterr().out)}
    assert written == {measure.name for measure in WRITTEN[name]}
    assert counted(function(name), schedule(name))[f"metrics that {name} writes"] == len(written)


def test_the_sweep_lists_the_inbox_each_time() -> None:
    """A request for 1,000 versions."""
    quantities = priced(function("sweep_uploads"), schedule("sweep_uploads", "rate(15 minutes)"))
    assert quantities["s3_put"] == MINUTES / 15


@pytest.mark.parametrize(("settings", "pollers"), [({"scalingConfig": {"maximumConcurrency": 10.0}}, 5), ({}, 2)])
def test_lambda_polls_an_empty_queue(settings: dict[str, Any], pollers: int) -> None:
    """Every 20 seconds, with five pollers if a maximum concurrency is set, else with two."""
    quantities = priced(node("lambda/eventSourceMapping", "inbound", **settings))
    assert quantities == {"queue_request": pollers * 3 * MINUTES}


def test_reading_a_stream_is_free() -> None:
    """What Lambda reads of it."""
    assert counted(node("lambda/eventSourceMapping", startingPosition="TRIM_HORIZON")) == {}


def test_each_price_names_its_source() -> None:
    """A page of AWS, and what it was compared with."""
    for name, price in prices().by_name.items():
        assert price.page.startswith("https://aws.amazon.com/"), name
        assert price.seen, name
        assert price.each > 0, name
