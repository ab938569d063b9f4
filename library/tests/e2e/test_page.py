"""The page of the dashboards in a browser: every plot is drawn, and nothing goes wrong."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bounded_context.local.api import owner
from bounded_context.local.dashboards import stored
from bounded_context.local.dashboards.run import draw
from bounded_context.local.observation.observation import collect
from bounded_context.local.observation.settled import settled
from bounded_context.local.running import RunningContext
from tests.local.dashboards import board

from . import browser
from .api import request
from .browser import Seen
from .facts import CONTEXT, ROUTES
from .lists import Sample, import_list
from .neighbours import standing, until

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def chromium() -> str:
    """A browser."""
    found = browser.find()
    if found is None:
        pytest.skip(f"none of {', '.join(browser.NAMES)} is on the PATH")
    return found


def _seen(chromium: str, folder: Path, html: str) -> Seen:
    page = folder / "page.html"
    page.write_text(html)
    return browser.look(chromium, page, folder / "profile")


def _assert_drawn(seen: Seen) -> None:
    """As many traces as a widget has series, and a mark for each of their values."""
    for plot in seen.plots:
        assert plot.drawn["trace"] == plot.traces > 0, plot
        assert plot.drawn["point"] >= plot.points > 0, plot
    assert seen.console == []


def test_every_plot_draws_its_series_and_the_console_is_silent(chromium: str, tmp_path: Path) -> None:
    """A page with every kind of widget."""
    seen = _seen(chromium, tmp_path, board.html())
    assert len(seen.widgets) == len(board.BODY["widgets"])
    assert [plot.widget for plot in seen.plots] == ["d0-w1", "d0-w2", "d0-w4", "d0-w5"]
    _assert_drawn(seen)


def test_the_deployed_dashboards_are_drawn_of_a_run(
    deployed: RunningContext, sample: Callable[[int], Sample], chromium: str, tmp_path: Path
) -> None:
    """Each widget of each deployed dashboard is there, each graph has data, and nothing is beyond the arithmetic."""
    started, page = time.time(), tmp_path / "page.html"
    _work(deployed, sample)
    draw(deployed, settled(deployed), started, "lists and a command", page)
    seen, bodies = browser.look(chromium, page, tmp_path / "profile"), stored.bodies(deployed.aws)
    assert len(seen.widgets) == sum(len(body["widgets"]) for body in bodies.values()) > 0
    assert _graphs(bodies) - {plot.widget for plot in seen.plots} == set()
    assert "Not calculated here" not in page.read_text()
    _assert_drawn(seen)


def _work(deployed: RunningContext, sample: Callable[[int], Sample]) -> None:
    """Let something happen for every graph: good rows and bad ones, a rejected list, a refused command, requests."""
    _knock(deployed)
    _hear(deployed)
    import_list(deployed, sample(30).with_ragged(1), expected=30)
    import_list(deployed, sample(30).with_ragged(30), expected=1)
    deployed.invoke(CONTEXT.command_functions[0], {"idempotency_key": "refused", "payload": {}})
    # The schedule's minutes are real ones.
    deployed.invoke("watch_lists", {"time": datetime.now(UTC).replace(minute=0).isoformat()})
    until(lambda: "EventsPublished" in {one.metric for one in collect(deployed).samples}, every=1)


def _knock(deployed: RunningContext) -> None:
    """Send a request to each route: some are answered well, others are refused."""
    for function in ROUTES:
        method, path = request(function)
        owner(deployed).send(method, path, body={} if method == "POST" else None)


def _hear(deployed: RunningContext) -> None:
    """Let another context tell of one thing, and say what is no event."""
    [neighbour] = deployed.neighbours
    known = neighbour.consumes.known[0]
    neighbour.says(known, "", 1)
    neighbour.says(known, "drawn", 1)
    until(lambda: standing(deployed, "drawn") == "KNOWN")


def _graphs(bodies: Mapping[str, Any]) -> set[str]:
    """The page's names of the widgets that are graphs."""
    return {
        f"d{board}-w{number}"
        for board, body in enumerate(bodies.values())
        for number, widget in enumerate(body["widgets"])
        if widget["type"] == "metric" and widget["properties"]["view"] == "timeSeries"
    }


WRONG = {
    "console.error('one is wrong')": "one is wrong",
    "nobody.knows()": "nobody is not defined",
    "fetch('https://example.invalid/')": "Content Security Policy",
}


def test_what_goes_wrong_in_a_page_is_seen(chromium: str, tmp_path: Path) -> None:
    """An error, an exception, and a page that wants something from elsewhere."""
    scripts = "".join(f"<script>{script}</script>" for script in WRONG)
    seen = _seen(chromium, tmp_path, board.html().replace("</body>", f"{scripts}</body>"))
    for line in WRONG.values():
        assert any(line in written for written in seen.console), line


def test_a_plot_that_is_not_drawn_is_seen(chromium: str, tmp_path: Path) -> None:
    """Without Plotly there is no trace, and the console says why."""
    seen = _seen(chromium, tmp_path, board.html().replace("Plotly.newPlot", "Plotly.noPlot"))
    assert {plot.drawn["trace"] for plot in seen.plots} == {0}
    assert seen.console != []


def test_a_run_without_dashboards_does_not_wait_for_plotly() -> None:
    """It takes a while to import."""
    code = "import sys, bounded_context.local.cli; sys.exit('plotly' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603
