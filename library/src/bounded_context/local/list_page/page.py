"""The page of one list as HTML."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Final

from ...pages import facts, page, table
from ..observation.calls import Call
from ..result import IMPORTED, REJECTED
from .told import Part, Rejected, Step, Told

_STYLE: Final = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_MOST: Final = 500
"""Parts, and reasons: a page of more is read by nobody."""

_LINES: Final = 8
"""Lines of the file that are named for one reason."""

_TONES: Final = {IMPORTED: "good", REJECTED: "doubtful"}


def list_page(told: Told) -> str:
    """Return the page."""
    body = [
        _head(told),
        *_rows(told),
        *_rejections(told),
        *_parts(told),
        *_steps(told),
        *_functions(told.calls),
        *_events(told),
    ]
    return page(f"List {told.file}: {told.result.outcome.lower()}", body, _STYLE)


def _head(told: Told) -> str:
    result, arrived = told.result, datetime.fromtimestamp(told.arrived, UTC)
    tone = _TONES.get(result.outcome, "bad")
    return facts(
        {
            "Outcome": f'<b class="{tone}">{escape(result.outcome)}</b>',
            "Reason": escape(result.cause),
            "Context": escape(told.context),
            "File": f"{escape(told.file)}, {told.size:,} bytes, {escape(told.way)}",
            "Partner": escape(str(told.record.get("partner", ""))),
            "Arrived": f"{arrived:%Y-%m-%d %H:%M:%S} UTC",
            "List": f"<code>{escape(told.list_id)}</code>" if told.list_id else "it was not recorded",
            "Trace": escape(str(told.record.get("traceparent", "")).partition("-")[2].partition("-")[0]),
        }
    )


def _rows(told: Told) -> Iterator[str]:
    rows = told.result.rows
    yield "<h2>Rows</h2>"
    counted = [(name, count) for name, count in vars(rows).items()]
    yield table(
        ("rows", "how many", "share of the file"),
        ((name, f"{count:,}", _bar(0, count / rows.uploaded if rows.uploaded else 0)) for name, count in counted),
        numbers=[1],
    )


def _rejections(told: Told) -> Iterator[str]:
    yield "<h2>Rejected rows, by reason</h2>"
    if not told.faults and not told.rejected:
        none = not told.result.rows.rejected
        yield f"<p>{'None: no row was rejected.' if none else 'The list ended before anybody told why.'}</p>"
    yield table(
        ("fault", "rows"), ((f"<code>{escape(name)}</code>", f"{rows:,}") for name, rows in told.faults.items()), [1]
    )
    yield table(("field", "what the partner reads", "times", "lines"), map(_reason, told.rejected[:_MOST]), numbers=[2])
    yield _more(len(told.rejected), "reasons")


def _reason(one: Rejected) -> tuple[str, str, str, str]:
    lines = ", ".join(map(str, one.lines[:_LINES])) + (", ..." if len(one.lines) > _LINES else "")
    field = f"<code>{escape(one.field)}</code>" if one.field else "the row" if one.lines else "the list"
    return field, escape(one.reason), f"{len(one.lines) or 1:,}", lines


def _parts(told: Told) -> Iterator[str]:
    yield "<h2>Parts</h2>"
    if not told.parts:
        yield "<p>None: the list did not come so far that it was cut into parts.</p>"
    longest = max((_took(part) for part in told.parts), default=0.0)
    yield table(
        ("part", "rows", "is", "calls", "seconds", "bar"),
        (_part(part, longest) for part in told.parts[:_MOST]),
        numbers=[1, 3, 4],
    )
    yield _more(len(told.parts), "parts")


def _part(part: Part, longest: float) -> tuple[str, ...]:
    took = _took(part)
    bar = _bar(0, took / longest if longest else 0)
    return str(part.number), f"{part.rows:,}", escape(part.standing), str(len(part.calls)), f"{took:.2f}", bar


def _took(part: Part) -> float:
    return sum(call.milliseconds for call in part.calls) / 1000


def _steps(told: Told) -> Iterator[str]:
    yield "<h2>Steps</h2>"
    yield "<p>In seconds after the whole file had arrived.</p>"
    end = max([one.ended for one in told.steps], default=told.arrived) - told.arrived
    yield table(
        ("step", "is", "began", "took", "bar"),
        (_step(one, told.arrived, end) for one in told.steps),
        numbers=[2, 3],
    )
    yield "<h3>Stages of the run</h3>"
    stages = told.result.stages
    longest = max(stages.values(), default=0.0)
    rows = ((escape(name), f"{took:.2f}", _bar(0, took / longest if longest else 0)) for name, took in stages.items())
    yield table(("stage", "seconds", "bar"), rows, numbers=[1])


def _step(one: Step, arrived: float, end: float) -> tuple[str, ...]:
    began, took = one.began - arrived, one.ended - one.began
    bar = _bar(max(began, 0.0) / end, took / end) if end > 0 else ""
    said = f'{escape(one.what)}<br><span class="bad">{escape(one.error)}</span>' if one.error else escape(one.what)
    return escape(one.name), said, f"{began:.2f}", f"{took:.2f}", bar


def _functions(calls: Sequence[Call]) -> Iterator[str]:
    yield "<h2>Functions</h2>"
    names = dict.fromkeys(call.function for call in calls)
    rows = (_function(name, [call for call in calls if call.function == name]) for name in names)
    yield table(("function", "calls", "failed", "longest (ms)", "all (ms)"), rows, numbers=[1, 2, 3, 4])


def _function(name: str, calls: Sequence[Call]) -> tuple[str, ...]:
    times = [call.milliseconds for call in calls]
    failed = sum(call.failed for call in calls)
    return f"<code>{escape(name)}</code>", str(len(calls)), str(failed), f"{max(times):,.0f}", f"{sum(times):,.0f}"


def _events(told: Told) -> Iterator[str]:
    yield "<h2>Events</h2>"
    if not told.result.events:
        yield "<p>Nobody subscribes yet.</p>"
    rows = (
        (escape(name), escape(kind), f"{count:,}")
        for name, received in told.result.events.items()
        for kind, count in sorted(received.items())
    )
    yield table(("subscriber", "event", "received"), rows, numbers=[2])


def _bar(start: float, share: float) -> str:
    """Return a bar for who sees it; the numbers beside it say the same."""
    place = f"margin-left: {100 * start:.1f}%; width: {100 * share:.1f}%"
    return f'<span class="rail" aria-hidden="true"><span style="{place}"></span></span>'


def _more(count: int, what: str) -> str:
    return f"<p>And {count - _MOST:,} {what} more.</p>" if count > _MOST else ""
