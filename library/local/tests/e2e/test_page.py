"""The page of the dashboards in a browser: every plot is drawn, and nothing goes wrong."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.testing import browser
from bounded_context_cli.testing.browser import Seen
from bounded_context_lab.dashboards import MEASURED
from bounded_context_lab.dashboards.page import bodies as deployed_bodies
from bounded_context_lab.dashboards.page import draw
from bounded_context_local.observation.logs import Sample as Observed
from bounded_context_local.observation.metric_checks import OF_AWS
from bounded_context_local.running.context import RunningContext, api_owner, collect, settled
from tests.local.dashboards import board
from tests.local.dashboards.reading import is_drawn_or_explained, plots, widgets

from .api import request
from .facts import CONTEXT, ROUTES
from .lists import Sample, import_list
from .neighbours import standing, until

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def chromium() -> str:
    """A browser."""
    return browser.found_or_skip()


def _seen(chromium: str, folder: Path, html: str) -> Seen:
    page = folder / "page.html"
    page.write_text(html, encoding="utf-8")
    return browser.look(chromium, page, folder / "browser")


def _assert_drawn(seen: Seen) -> None:
    """As many traces as a widget has series, with all of their values, at each width by day and in the dark."""
    for view in seen.shown:
        for plot in plots(view.html):
            assert len(plot.traces) == plot.series > 0, plot
            assert sum(trace.points for trace in plot.traces) == plot.points > 0, plot
            assert all(trace.paths for trace in plot.traces), plot
    assert seen.flaws() == []


def test_every_plot_draws_its_series_without_clipping(chromium: str, tmp_path: Path) -> None:
    """A page with every kind of widget, and with many more alarms than its tile has room for."""
    seen = _seen(chromium, tmp_path, board.html(alarms=90))
    assert len(widgets(seen.wide.html)) == len(board.BODY["widgets"]) + 1
    assert [plot.widget for plot in plots(seen.wide.html)] == ["d0-w1", "d0-w2", "d0-w5"]
    for view in seen.shown:
        assert all(f"alarm-{number}" in view.text.split() for number in range(90))
    _assert_drawn(seen)


def _published(deployed: RunningContext) -> Sequence[Observed]:
    """All samples, once the relay has published: on a busy machine it reads the stream after all else is quiet."""
    for function in deployed.outputs["functions"]:
        deployed.read_late_lines(function)
    end, samples = time.monotonic() + 60, settled(deployed)
    while not any(sample.metric == "EventsPublished" for sample in samples):
        assert time.monotonic() < end, "the relay published nothing"
        samples = settled(deployed)
    return samples


def test_the_deployed_dashboards_are_drawn_of_a_run(
    deployed: RunningContext, sample: Callable[[int], Sample], chromium: str, tmp_path: Path
) -> None:
    """Each widget of each deployed dashboard is there, each graph has data, and nothing is beyond the arithmetic."""
    started, page = time.time(), tmp_path / "page.html"
    _work(deployed, sample)
    samples = _published(deployed)
    draw(deployed, samples, started, "lists and a command", page)
    seen, bodies = browser.look(chromium, page, tmp_path / "browser"), deployed_bodies(deployed.aws)
    assert len(widgets(seen.wide.html)) == sum(len(body["widgets"]) for body in bodies.values()) > 0
    assert _graphs(bodies) - {plot.widget for plot in plots(seen.wide.html)} == set()
    assert "Not calculated here" not in seen.wide.text
    assert [metric for metric in _metrics(bodies) if not is_drawn_or_explained(seen.wide.html, metric)] == []
    measured = {(sample.namespace, sample.metric) for sample in samples if sample.namespace.startswith(OF_AWS)}
    assert measured <= {(namespace, name) for namespace, names in MEASURED.items() for name in names}
    for view in seen.shown:
        assert _alarms(bodies) - set(view.text.split()) == set()
    _assert_drawn(seen)


def _metrics(bodies: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The properties of the widgets that show metrics, by the page's names of them."""
    return {
        f"d{board}-w{number}": widget["properties"]
        for board, body in enumerate(bodies.values())
        for number, widget in enumerate(body["widgets"])
        if widget["type"] == "metric"
    }


def _alarms(bodies: Mapping[str, Any]) -> set[str]:
    """The names of the alarms whose states the dashboards show."""
    alarm_widgets = [
        widget["properties"] for body in bodies.values() for widget in body["widgets"] if widget["type"] == "alarm"
    ]
    return {arn.rpartition(":")[2] for properties in alarm_widgets for arn in properties["alarms"]}


def _work(deployed: RunningContext, sample: Callable[[int], Sample]) -> None:
    """Let something happen for every graph: good rows and bad ones, a rejected list, a refused command, requests."""
    _knock(deployed)
    _hear(deployed)
    import_list(deployed, sample(30).with_ragged(1), expected=30)
    import_list(deployed, sample(30).with_ragged(30), expected=1)
    deployed.invoke(CONTEXT.command_functions[0], {"idempotency_key": "refused", "payload": {}})
    # The schedule's minutes are real ones.
    for scheduled in ("watch_lists", "sweep_uploads"):
        deployed.invoke(scheduled, {})
    until(lambda: "EventsPublished" in {sample.metric for sample in collect(deployed).samples}, every=1)


def _knock(deployed: RunningContext) -> None:
    """Send a request to each route: some are answered well, others are refused."""
    for function in ROUTES:
        method, path = request(function)
        api_owner(deployed).send(method, path, body={} if method == "POST" else None)


def _hear(deployed: RunningContext) -> None:
    """Let another context tell of one thing, and say what is no event."""
    [neighbour] = deployed.neighbours
    known = neighbour.consumes.created_by[0]
    neighbour.publish_event(known, "", 1)
    neighbour.publish_event(known, "drawn", 1)
    until(lambda: standing(deployed, "drawn") == "KNOWN")


def _graphs(bodies: Mapping[str, Any]) -> set[str]:
    """The page's names of the widgets that are graphs."""
    return {name for name, properties in _metrics(bodies).items() if properties["view"] == "timeSeries"}
