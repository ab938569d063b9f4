"""Pages as a browser without a window shows them: on a wide screen and on a phone, by day and in the dark."""

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
"""What browsers are called that can be asked here."""

MOST_BYTES: Final = 1_000_000
"""Of a page: it is opened on a phone, and sent by mail."""

PHONE: Final = 360
WIDE: Final = 1280
"""Widths in pixels."""

_OPTIONS: Final = (
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
_LOOKING: Final = (Path(__file__).parent / "browser.js").read_text(encoding="utf-8")
_SECONDS: Final = 120
_CONSOLE: Final = re.compile(r":CONSOLE[:(]\d+\)?\] (.*)")
_BODY: Final = re.compile(r"<body>(.*)</body>", re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """A page at one width, in one scheme of colours.

    `html` is what the browser made of it, `text` what can be read. `sideways` is by how many pixels the page is wider
    than the screen, `paper` its background. `faint` has texts that stand out too little from what is behind them (WCAG
    2.2, AA), `spilled` the beginnings of elements that do not show all that is in them, `unnamed` those of pictures
    without a word for who cannot see them. `headings` are their levels, `loaded` what came from elsewhere.
    """

    width: int
    dark: bool
    text: str
    sideways: int
    paper: str
    faint: Sequence[str]
    spilled: Sequence[str]
    unnamed: Sequence[str]
    headings: Sequence[int]
    title: str
    lang: str
    scripts: int
    loaded: Sequence[str]
    html: str


@dataclass(frozen=True)
class Seen:
    """A page as it was shown: wide and on a phone, by day and in the dark; its bytes, and the browser's console."""

    shown: Sequence[Shown]
    size: int
    console: Sequence[str]

    @property
    def wide(self) -> Shown:
        """The page on a wide screen by day."""
        return next(one for one in self.shown if one.width == WIDE and not one.dark)

    def flaws(self) -> list[str]:
        """Return one sentence for each thing that no page may have; none if all is well."""
        found = [f"The console says: {line}" for line in self.console]
        if self.size > MOST_BYTES:
            found.append(f"The page has {self.size:,} bytes.")
        if len({one.paper for one in self.shown}) < 2:
            found.append("The page is as bright in the dark as by day.")
        return found + [f"{_where(one)}: {flaw}" for one in self.shown for flaw in _flaws(one)]


def find() -> str | None:
    """Return the path of a browser, if this machine has one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def found_or_skip() -> str:
    """Return the path of a browser; without one, skip the test that asks."""
    return find() or pytest.skip(f"none of {', '.join(NAMES)} is on the PATH: there is nothing to open a page with")


def look(browser: str, page: Path, folder: Path) -> Seen:
    """Open a page four times and return what there is to see; `folder` keeps what the browser wants to keep."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = "".join(_frame(page, width, scheme) for width in (WIDE, PHONE) for scheme in ("light", "dark"))
    around = folder / "around.html"
    around.write_text(f"<!doctype html><body>{frames}<script>{_LOOKING}</script></body>", encoding="utf-8")
    command = [browser, *_OPTIONS, f"--user-data-dir={folder / 'profile'}", around.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)  # noqa: S603
    [body] = _BODY.findall(done.stdout)
    shown = [Shown(**told) for told in json.loads(html.unescape(body))]
    return Seen(shown, page.stat().st_size, _CONSOLE.findall(done.stderr))


def _frame(page: Path, width: int, scheme: str) -> str:
    style = f"border: 0; height: 800px; width: {width}px; color-scheme: {scheme}"
    return f'<iframe src="{html.escape(page.as_uri())}" style="{style}"></iframe>'


def _where(shown: Shown) -> str:
    return f"{shown.width} px wide, {'in the dark' if shown.dark else 'by day'}"


def _flaws(shown: Shown) -> Iterator[str]:
    if shown.sideways > 0:
        yield f"{shown.sideways} px are beyond the screen's edge."
    if not (shown.title and shown.lang):
        yield "the page says no title or no language."
    if shown.headings.count(1) != 1 or any(after > before + 1 for before, after in pairwise(shown.headings)):
        yield f"headings leave out a level, or there is not one of the first: {shown.headings}."
    if shown.scripts:
        yield f"{shown.scripts} scripts."
    for kind in ("faint", "spilled", "unnamed", "loaded"):
        yield from (f"{kind}: {one}" for one in getattr(shown, kind))
