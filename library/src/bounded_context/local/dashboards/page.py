"""The page: what was run, and each dashboard as CloudWatch lays it out. It needs no server and no network."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from plotly.offline import get_plotlyjs

from .series import Recorded
from .widgets import widget

# The browser itself makes sure of it: nothing is loaded from anywhere.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; font-src data:"
)
STYLE = Path(__file__).with_name("page.css")
SHORTENED = (
    "A run lasts seconds: a statistic over 1 to 5 minutes on AWS is one over 1 s here, "
    "and one over a day is one over the whole run. The time is counted from the start of the run."
)


@dataclass(frozen=True)
class About:
    """What the head of the page tells. `stand_ins` has a sentence for each thing that is not as on AWS."""

    title: str
    what: str
    stand_ins: Sequence[str] = ()


def page(about: About, bodies: Mapping[str, Any], recorded: Recorded, states: Mapping[str, str]) -> str:
    """Return the page as HTML.

    Args:
        about: what was run.
        bodies: the dashboards' bodies by their names.
        recorded: what was measured.
        states: the state of each alarm at the end, by its name.
    """
    sections = [_dashboard(name, body, number, recorded, states) for number, (name, body) in enumerate(bodies.items())]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(about.title)}</title><style>{STYLE.read_text()}</style>"
        f"<script>{get_plotlyjs()}</script></head><body><h1>{escape(about.title)}</h1>"
        f"{_about(about, recorded, states)}{_contents(bodies)}{''.join(sections)}</body></html>\n"
    )


def _about(about: About, recorded: Recorded, states: Mapping[str, str]) -> str:
    started = datetime.fromtimestamp(recorded.started, UTC)
    rows = {
        "Run": escape(about.what),
        "Started": f"{started:%Y-%m-%d %H:%M:%S} UTC, {recorded.seconds} s shown",
        "Measured": f"{len(recorded):,} values of {len(recorded.metrics):,} metrics",
        "Alarms": escape(_count(states)),
        "Time": escape(SHORTENED),
        "Stand-ins": _list(about.stand_ins),
        "Assumed": escape(_assumed(recorded.assumed)),
    }
    body = "".join(f"<tr><th>{name}</th><td>{content}</td></tr>" for name, content in rows.items() if content)
    return f'<table class="about">{body}</table>'


def _count(states: Mapping[str, str]) -> str:
    counted = Counter(states.values())
    others = sorted(f"{name} ({state})" for name, state in states.items() if state != "OK")
    numbers = ", ".join(f"{count} {state}" for state, count in sorted(counted.items()))
    return f"{numbers}: {', '.join(others)}" if others else numbers


def _assumed(names: Sequence[str]) -> str:
    return f"Nobody measures these here, they are shown as 0: {', '.join(names)}." if names else ""


def _list(sentences: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(one)}</li>" for one in sentences)
    return f"<ul>{items}</ul>" if items else ""


def _contents(bodies: Mapping[str, Any]) -> str:
    links = [f'<a href="#d{number}">{escape(name)}</a>' for number, name in enumerate(bodies)]
    return f"<nav>{''.join(links)}</nav>" if links else "<p>No dashboard is deployed.</p>"


def _dashboard(name: str, body: Any, number: int, recorded: Recorded, states: Mapping[str, str]) -> str:
    drawn = [widget(one, f"d{number}-w{index}", recorded, states) for index, one in enumerate(body.get("widgets", []))]
    return f'<h2 id="d{number}">{escape(name)}</h2><div class="grid">{"".join(drawn)}</div>'
