"""The HTML page: facts of the run, and each dashboard in CloudWatch's layout. It works offline."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from bounded_context_cli.views.pages import facts
from bounded_context_cli.views.pages import page as framed
from bounded_context_local.metric_math.series import Recorded

from .widgets import widget

_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_SHORTENED = (
    "Periods are shortened: 1 to 5 minutes on AWS are {tick} s here, and a day is the whole run. "
    "Times are seconds since the start of the run."
)


@dataclass(frozen=True)
class About:
    """The head of the page. `stand_ins` has a sentence for each difference from AWS."""

    title: str
    what: str
    stand_ins: Sequence[str] = ()


def page(about: About, bodies: Mapping[str, Any], recorded: Recorded, states: Mapping[str, str]) -> str:
    """Return the page as HTML.

    Args:
        about: the head of the page.
        bodies: the dashboards' bodies by their names.
        recorded: the samples of the run.
        states: the state of each alarm at the end, by its name.
    """
    body = [_about(about, recorded, states), *_contents(bodies)]
    for number, (name, dashboard) in enumerate(bodies.items()):
        body += _dashboard(name, dashboard, number, recorded, states)
    return framed(about.title, body, _STYLE)


def _about(about: About, recorded: Recorded, states: Mapping[str, str]) -> str:
    started = datetime.fromtimestamp(recorded.started, UTC)
    return facts(
        {
            "Run": escape(about.what),
            "Started": f"{started:%Y-%m-%d %H:%M:%S} UTC, {recorded.seconds} s shown",
            "Measured": f"{len(recorded):,} values of {len(recorded.metrics):,} metrics",
            "Alarms": escape(_count(states)),
            "Time": escape(_SHORTENED.format(tick=recorded.tick)),
        }
    ) + _unlike_aws([*about.stand_ins, *_assumed(recorded.assumed)])


def _count(states: Mapping[str, str]) -> str:
    counted = Counter(states.values())
    others = sorted(f"{name} ({state})" for name, state in states.items() if state != "OK")
    numbers = ", ".join(f"{count} {state}" for state, count in sorted(counted.items()))
    return f"{numbers}: {', '.join(others)}" if others else numbers


def _assumed(names: Sequence[str]) -> list[str]:
    return [f"Not measured in this run, and shown as 0: {', '.join(names)}."] if names else []


def _unlike_aws(sentences: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    summary = f"<summary>Known differences from AWS: {len(sentences)}</summary>"
    return f"<details>{summary}<ul>{items}</ul></details>" if items else ""


def _contents(bodies: Mapping[str, Any]) -> Iterator[str]:
    links = [f'<a href="#d{number}">{escape(name)}</a>' for number, name in enumerate(bodies)]
    yield f'<nav aria-label="Dashboards">{"".join(links)}</nav>' if links else "<p>No dashboard is deployed.</p>"


def _dashboard(name: str, body: Any, number: int, recorded: Recorded, states: Mapping[str, str]) -> Iterator[str]:
    yield f'<h2 id="d{number}">{escape(name)}</h2>\n<div class="grid">'
    for index, given in enumerate(body.get("widgets", [])):
        yield widget(given, f"d{number}-w{index}", recorded, states)
    yield "</div>"
