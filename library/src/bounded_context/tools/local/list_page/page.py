"""The page about a list as HTML."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Final

from ...views.pages import facts, page, table
from ..observation.calls import Call
from ..result import IMPORTED, REJECTED
from .data import Part, Rejected, Step, Told

_STYLE: Final = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_MOST: Final = 500
"""Limit of parts and of reasons on a page. A longer page would not be read."""

_LINES: Final = 8
"""Limit of line numbers for a reason."""

_TONES: Final = {IMPORTED: "good", REJECTED: "doubtful"}


def list_page(data: Told) -> str:
    """Return the page about a list."""
    body = [
        _head(data),
        *_rows(data),
        *_rejections(data),
        *_parts(data),
        *_steps(data),
        *_functions(data.calls),
        *_events(data),
    ]
    return page(f"List {data.file}: {data.result.outcome.lower()}", body, _STYLE)


def _head(data: Told) -> str:
    result, arrived = data.result, datetime.fromtimestamp(data.arrived, UTC)
    tone = _TONES.get(result.outcome, "bad")
    return facts(
        {
            "Outcome": f'<b class="{tone}">{escape(result.outcome)}</b>',
            "Reason": escape(result.cause),
            "Context": escape(data.context),
            "File": f"{escape(data.file)}, {data.size:,} bytes, {escape(data.way)}",
            "Partner": escape(str(data.record.get("partner", ""))),
            "Arrived": f"{arrived:%Y-%m-%d %H:%M:%S} UTC",
            "List": f"<code>{escape(data.list_id)}</code>" if data.list_id else "not recorded",
            "Trace": escape(str(data.record.get("traceparent", "")).partition("-")[2].partition("-")[0]),
        }
    )


def _rows(data: Told) -> Iterator[str]:
    rows = data.result.rows
    yield "<h2>Rows</h2>"
    counted = [(name, count) for name, count in vars(rows).items()]
    yield table(
        ("rows", "number", "share of the file"),
        ((name, f"{count:,}", _bar(0, count / rows.uploaded if rows.uploaded else 0)) for name, count in counted),
        numbers=[1],
    )


def _rejections(data: Told) -> Iterator[str]:
    yield "<h2>Rejected rows, by reason</h2>"
    if not data.faults and not data.rejected:
        none = not data.result.rows.rejected
        yield f"<p>{'None: no row was rejected.' if none else 'The list ended without a reason.'}</p>"
    yield table(
        ("fault", "rows"), ((f"<code>{escape(name)}</code>", f"{rows:,}") for name, rows in data.faults.items()), [1]
    )
    yield table(("field", "reason in the report", "times", "lines"), map(_reason, data.rejected[:_MOST]), numbers=[2])
    yield _more(len(data.rejected), "reasons")


def _reason(group: Rejected) -> tuple[str, str, str, str]:
    lines = ", ".join(map(str, group.lines[:_LINES])) + (", ..." if len(group.lines) > _LINES else "")
    field = f"<code>{escape(group.field)}</code>" if group.field else "the row" if group.lines else "the list"
    return field, escape(group.reason), f"{len(group.lines) or 1:,}", lines


def _parts(data: Told) -> Iterator[str]:
    yield "<h2>Parts</h2>"
    if not data.parts:
        yield "<p>None: the list ended before it was divided into parts.</p>"
    longest = max((_took(part) for part in data.parts), default=0.0)
    yield table(
        ("part", "rows", "state", "calls", "seconds", "bar"),
        (_part(part, longest) for part in data.parts[:_MOST]),
        numbers=[1, 3, 4],
    )
    yield _more(len(data.parts), "parts")


def _part(part: Part, longest: float) -> tuple[str, ...]:
    took = _took(part)
    bar = _bar(0, took / longest if longest else 0)
    return str(part.number), f"{part.rows:,}", escape(part.standing), str(len(part.calls)), f"{took:.2f}", bar


def _took(part: Part) -> float:
    return sum(call.milliseconds for call in part.calls) / 1000


def _steps(data: Told) -> Iterator[str]:
    yield "<h2>Steps</h2>"
    yield "<p>In seconds after the end of the upload.</p>"
    end = max([step.ended for step in data.steps], default=data.arrived) - data.arrived
    yield table(
        ("step", "kind", "began", "took", "bar"),
        (_step(step, data.arrived, end) for step in data.steps),
        numbers=[2, 3],
    )
    yield "<h3>Stages of the run</h3>"
    stages = data.result.stages
    longest = max(stages.values(), default=0.0)
    rows = ((escape(name), f"{took:.2f}", _bar(0, took / longest if longest else 0)) for name, took in stages.items())
    yield table(("stage", "seconds", "bar"), rows, numbers=[1])


def _step(step: Step, arrived: float, end: float) -> tuple[str, ...]:
    began, took = step.began - arrived, step.ended - step.began
    bar = _bar(max(began, 0.0) / end, took / end) if end > 0 else ""
    error = f'<br><span class="bad">{escape(step.error)}</span>' if step.error else ""
    return escape(step.name), f"{escape(step.what)}{error}", f"{began:.2f}", f"{took:.2f}", bar


def _functions(calls: Sequence[Call]) -> Iterator[str]:
    yield "<h2>Functions</h2>"
    names = dict.fromkeys(call.function for call in calls)
    rows = (_function(name, [call for call in calls if call.function == name]) for name in names)
    yield table(("function", "calls", "failed", "longest (ms)", "all (ms)"), rows, numbers=[1, 2, 3, 4])


def _function(name: str, calls: Sequence[Call]) -> tuple[str, ...]:
    times = [call.milliseconds for call in calls]
    failed = sum(call.failed for call in calls)
    return f"<code>{escape(name)}</code>", str(len(calls)), str(failed), f"{max(times):,.0f}", f"{sum(times):,.0f}"


def _events(data: Told) -> Iterator[str]:
    yield "<h2>Events</h2>"
    if not data.result.events:
        yield "<p>The context has no subscribers.</p>"
    rows = (
        (escape(name), escape(kind), f"{count:,}")
        for name, received in data.result.events.items()
        for kind, count in sorted(received.items())
    )
    yield table(("subscriber", "event", "received"), rows, numbers=[2])


def _bar(start: float, share: float) -> str:
    """Return a bar, hidden from screen readers because the numbers next to it have the same content."""
    place = f"margin-left: {100 * start:.1f}%; width: {100 * share:.1f}%"
    return f'<span class="rail" aria-hidden="true"><span style="{place}"></span></span>'


def _more(count: int, noun: str) -> str:
    return f"<p>And {count - _MOST:,} more {noun}.</p>" if count > _MOST else ""
