"""A browser without a window: it opens a page from a file and tells what is in it, and what went wrong there."""

import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1600,2000",
    "--virtual-time-budget=10000",
    "--enable-logging=stderr",
    "--v=0",
    "--dump-dom",
)
VOID = {"br", "hr", "img", "input", "link", "meta", "source", "wbr"}
TIMEOUT_SECONDS = 120

_CONSOLE = re.compile(r":CONSOLE[:(]\d+\)?\] (.*)")


def find() -> str | None:
    """Return the path of a browser, if this machine has one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Plot:
    """What a plot should show, and what is drawn in it."""

    widget: str
    traces: int
    points: int
    drawn: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Seen:
    """The plots of a page, the ids of its widgets, and every line of the browser's console."""

    plots: list[Plot]
    widgets: list[str]
    console: list[str]


def look(browser: str, page: Path, profile: Path) -> Seen:
    """Open a page, let its scripts run to their end, and read what has become of it."""
    command = [browser, *OPTIONS, f"--user-data-dir={profile}", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True)  # noqa: S603
    reader = _Reader()
    reader.feed(done.stdout)
    return Seen(reader.plots, reader.widgets, _CONSOLE.findall(done.stderr))


class _Reader(HTMLParser):
    """Counts, in each plot, Plotly's elements of the classes `trace` and `point`."""

    def __init__(self) -> None:
        super().__init__()
        self.plots: list[Plot] = []
        self.widgets: list[str] = []
        self._open: list[str] = []
        self._plot_depth: int | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if "widget" in classes:
            self.widgets.append(given["id"])
        if "plot" in classes and "data-traces" in given:
            self.plots.append(Plot(self.widgets[-1], int(given["data-traces"]), int(given["data-points"])))
            self._plot_depth = len(self._open)
        elif self._plot_depth is not None:
            self.plots[-1].drawn.update({"trace", "point"} & set(classes))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if self._plot_depth is not None and len(self._open) <= self._plot_depth:
            self._plot_depth = None
