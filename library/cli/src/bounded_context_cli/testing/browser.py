"""Render pages in a headless browser: on a wide screen and on a phone, in the light and the dark colour scheme."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
"""The executables to look for on the PATH, in this order."""

MOST_BYTES: Final = 1_000_000
"""The largest size of a page, which people open on a phone and send by mail."""

PHONE: Final = 360
WIDE: Final = 1280
"""Widths in pixels."""

OPTIONS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-file-access-from-files",
    "--window-size=1600,2000",
    "--virtual-time-budget=10000",
    "--enable-logging=stderr",
    "--v=0",
    "--dump-dom",
)
"""Options that print the document after its scripts have run."""

_MEASURE: Final = (Path(__file__).parent / "browser.js").read_text(encoding="utf-8")
_SECONDS: Final = 120
_CONSOLE: Final = re.compile(r":CONSOLE[:(]\d+\)?\] (.*)")
_BODY: Final = re.compile(r"<body>(.*)</body>", re.DOTALL)


@dataclass(frozen=True)
class Rendering:
    """A rendered page at one width and in one colour scheme.

    `html` is the resulting document, `text` its visible text. `sideways` is the number of pixels beyond the screen's
    width, `paper` the background colour. `faint` lists texts with too little contrast (WCAG 2.2, AA), `spilled` the
    beginnings of elements whose content overflows, `cut` the beginnings of tables that are wider than their place.
    `unnamed` lists the beginnings of pictures without a text alternative.
    `headings` lists the levels of the headings, `loaded` the resources that were loaded from other addresses.
    """

    width: int
    dark: bool
    text: str
    sideways: int
    paper: str
    faint: Sequence[str]
    spilled: Sequence[str]
    cut: Sequence[str]
    unnamed: Sequence[str]
    headings: Sequence[int]
    title: str
    lang: str
    scripts: int
    loaded: Sequence[str]
    html: str


@dataclass(frozen=True)
class Seen:
    """A page in all four renderings, with its size in bytes and the browser's console output."""

    shown: Sequence[Rendering]
    size: int
    console: Sequence[str]

    @property
    def wide(self) -> Rendering:
        """The rendering on a wide screen in the light scheme."""
        return next(rendering for rendering in self.shown if rendering.width == WIDE and not rendering.dark)

    def flaws(self) -> list[str]:
        """Return a sentence for each violated rule that applies to every page."""
        flaws = [f"The console says: {line}" for line in self.console]
        if self.size > MOST_BYTES:
            flaws.append(f"The page has {self.size:,} bytes.")
        if len({rendering.paper for rendering in self.shown}) < 2:
            flaws.append("The page is as bright in the dark as by day.")
        return flaws + [f"{_where(rendering)}: {flaw}" for rendering in self.shown for flaw in _flaws(rendering)]


def find() -> str | None:
    """Return the path of the first browser that is on the PATH, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def found_or_skip() -> str:
    """Return the path of a browser, or skip the test if this machine has none."""
    return find() or pytest.skip(f"none of {', '.join(NAMES)} is on the PATH: there is nothing to open a page with")


def look(browser: str, page: Path, folder: Path) -> Seen:
    """Render a page at two widths and in two colour schemes; `folder` holds the browser's profile."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = "".join(_frame(page, width, scheme) for width in (WIDE, PHONE) for scheme in ("light", "dark"))
    around = folder / "around.html"
    around.write_text(f"<!doctype html><body>{frames}<script>{_MEASURE}</script></body>", encoding="utf-8")
    command = [browser, *OPTIONS, f"--user-data-dir={folder / 'profile'}", around.as_uri()]
    process = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)  # noqa: S603
    [body] = _BODY.findall(process.stdout)
    renderings = [Rendering(**values) for values in json.loads(html.unescape(body))]
    return Seen(renderings, page.stat().st_size, _CONSOLE.findall(process.stderr))


def _frame(page: Path, width: int, scheme: str) -> str:
    style = f"border: 0; height: 800px; width: {width}px; color-scheme: {scheme}"
    return f'<iframe src="{html.escape(page.as_uri())}" style="{style}"></iframe>'


def _where(rendering: Rendering) -> str:
    return f"{rendering.width} px wide, {'in the dark' if rendering.dark else 'by day'}"


def _flaws(rendering: Rendering) -> Iterator[str]:
    if rendering.sideways > 0:
        yield f"{rendering.sideways} px are beyond the screen's edge."
    if not (rendering.title and rendering.lang):
        yield "the page has no title or no language."
    if rendering.headings.count(1) != 1 or any(after > before + 1 for before, after in pairwise(rendering.headings)):
        yield f"headings leave out a level, or there is not one of the first: {rendering.headings}."
    if rendering.scripts:
        yield f"{rendering.scripts} scripts."
    for kind in ("faint", "spilled", "cut", "unnamed", "loaded"):
        yield from (f"{kind}: {entry}" for entry in getattr(rendering, kind))
