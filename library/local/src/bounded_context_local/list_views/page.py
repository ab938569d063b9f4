"""The page about a list as HTML."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from operator import itemgetter
from pathlib import Path
from typing import Final

from bounded_context_cli.views.pages import facts as fact_list
from bounded_context_cli.views.pages import page, table

from ..observation.logs import LoggedCall
from ..running.context import IMPORTED, REJECTED, RunResult
from .facts import Facts, ListPart, Rejection

_STYLE: Final = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_MOST: Final = 500
"""Limit of parts and of reasons on a page. A longer page would not be read."""

_LINES: Final = 8
"""Limit of line numbers for a reason."""

_TONES: Final = {IMPORTED: "good", REJECTED: "doubtful"}


def list_page(facts: Facts, result: RunResult) -> str:
    """Return the page about a list."""
    body = [
        _head(facts, result),
        *_cause(result),
        *_rows(result),
        *_rejections(facts, result),
        *_parts(list(facts.parts)),
        *_steps(facts, result),
        *_functions(facts.calls_of_list),
        *_events(result),
    ]
    return page(f"List {facts.file}: {result.outcome.lower()}", body, _STYLE)


def _head(facts: Facts, result: RunResult) -> str:
    arrived = datetime.fromtimestamp(facts.arrived, UTC)
    return fact_list(
        {
            "Outcome": f'<b class="{_TONES.get(result.outcome, "bad")}">{escape(result.outcome)}</b>',
            "Reason": escape(result.cause),
            **({"Accepting setting": _code(facts.record["setting"])} if facts.record.get("setting") else {}),
            "Context": escape(facts.context.title),
            "File": f"{escape(facts.file)}, {facts.size:,} bytes, {escape(facts.transport)}",
            "Partner": escape(str(facts.record.get("partner", ""))),
            "Arrived": f"{arrived:%Y-%m-%d %H:%M:%S} UTC",
            "List": _code(facts.list_id) if facts.list_id else "not recorded",
            "Trace": escape(str(facts.record.get("traceparent", "")).partition("-")[2].partition("-")[0]),
        }
    )


def _cause(result: RunResult) -> Iterator[str]:
    if result.failure:
        yield "<h2>Cause, for operators only</h2>"
        yield fact_list({name.capitalize(): escape(str(value)) for name, value in result.failure.facts().items()})


def _rows(result: RunResult) -> Iterator[str]:
    yield "<h2>Rows</h2>"
    rows = ((name, f"{count:,}", _bar(count, result.rows.uploaded)) for name, count in vars(result.rows).items())
    yield table(("state", "rows", "share of the file"), rows, numbers=[1])


def _rejections(facts: Facts, result: RunResult) -> Iterator[str]:
    yield "<h2>Rejected rows, by reason</h2>"
    faults, reasons = facts.record.get("rejections", {}), _by_reason(facts.rejections)
    if not faults and not reasons:
        none = not result.rows.rejected
        yield f"<p>{'None: no row was rejected.' if none else 'The list ended without a reason.'}</p>"
    yield table(
        ("kind of fault", "rejected rows"), ((_code(name), f"{int(rows):,}") for name, rows in faults.items()), [1]
    )
    yield table(
        ("column", "reason in the partner's report", "rows", "lines of the file"),
        map(_reason, reasons[:_MOST]),
        numbers=[2],
    )
    yield _more(len(reasons), "reasons")


def _by_reason(rejections: Sequence[Rejection]) -> list[list[Rejection]]:
    """Group rejections by field and reason, the largest group first."""
    groups: dict[tuple[str, str], list[Rejection]] = {}
    for rejection in rejections:
        groups.setdefault((rejection.field, rejection.reason), []).append(rejection)
    return sorted(groups.values(), key=len, reverse=True)


def _reason(group: Sequence[Rejection]) -> tuple[str, str, str, str]:
    numbers = [str(rejection.line) for rejection in group if rejection.line is not None]
    lines = ", ".join(numbers[:_LINES]) + (", ..." if len(numbers) > _LINES else "")
    field = _code(group[0].field) if group[0].field else "the row" if numbers else "the list"
    return field, escape(group[0].reason), f"{len(group):,}", lines


def _parts(parts: Sequence[ListPart]) -> Iterator[str]:
    yield "<h2>Parts</h2>"
    if not parts:
        yield "<p>None: the list ended before it was divided into parts.</p>"
    seconds = [sum(call.milliseconds for call in part.calls) / 1000 for part in parts]
    longest = max(seconds, default=0.0)
    rows = (
        (str(part.number), f"{part.rows:,}", part.state, str(len(part.calls)), f"{took:.2f}", _bar(took, longest))
        for part, took in zip(parts[:_MOST], seconds, strict=False)
    )
    yield table(("part", "rows", "state", "calls of the function", "seconds", "compared"), rows, numbers=[1, 3, 4])
    yield _more(len(parts), "parts")


def _steps(facts: Facts, result: RunResult) -> Iterator[str]:
    yield "<h2>Steps</h2>"
    yield "<p>In seconds after the end of the upload, in the order of their start.</p>"
    steps = sorted([*_states(facts), *_receptions(facts)], key=itemgetter(2))
    end = max((stop for *_, stop in steps), default=0.0)
    rows = (
        (name, kind, f"{start:.2f}", f"{stop - start:.2f}", _bar(stop - start, end, max(start, 0.0)))
        for name, kind, start, stop in steps
    )
    yield table(("step or subscriber", "kind", "began after (s)", "took (s)", "timeline"), rows, numbers=[2, 3])
    yield "<h3>Stages of the run</h3>"
    longest = max(result.stages.values(), default=0.0)
    stages = ((escape(name), f"{took:.2f}", _bar(took, longest)) for name, took in result.stages.items())
    yield table(("stage", "seconds", "compared"), stages, numbers=[1])


def _states(facts: Facts) -> Iterator[tuple[str, str, float, float]]:
    """Yield the name, kind, start and end of each state of the execution, in seconds after the upload."""
    for step in facts.steps:
        error = f'<br><span class="bad">{escape(step.error)}</span>' if step.error else ""
        yield escape(step.name), f"state of the workflow{error}", step.began - facts.arrived, step.ended - facts.arrived


def _receptions(facts: Facts) -> Iterator[tuple[str, str, float, float]]:
    """Yield the same for each subscriber, from the first to the last received event of the list."""
    for name, received in facts.receptions.items():
        times = [reception.time - facts.arrived for reception in received]
        if times:
            yield escape(name), f"{len(times):,} events received", min(times), max(times)


def _functions(calls: Sequence[LoggedCall]) -> Iterator[str]:
    yield "<h2>Functions</h2>"
    names = dict.fromkeys(call.function for call in calls)
    rows = (_function(name, [call for call in calls if call.function == name]) for name in names)
    yield table(
        ("function", "calls", "failed calls", "longest call (ms)", "all calls (ms)"), rows, numbers=[1, 2, 3, 4]
    )


def _function(name: str, calls: Sequence[LoggedCall]) -> tuple[str, ...]:
    times = [call.milliseconds for call in calls]
    failed = sum(call.failed for call in calls)
    return _code(name), str(len(calls)), str(failed), f"{max(times):,.0f}", f"{sum(times):,.0f}"


def _events(result: RunResult) -> Iterator[str]:
    yield "<h2>Events</h2>"
    if not result.events:
        yield "<p>The context has no subscribers.</p>"
    rows = (
        (escape(name), escape(kind), f"{count:,}")
        for name, received in result.events.items()
        for kind, count in sorted(received.items())
    )
    yield table(("subscriber", "event", "received messages"), rows, numbers=[2])


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _bar(length: float, whole: float, start: float = 0.0) -> str:
    """Return a bar, hidden from screen readers because the numbers next to it have the same content."""
    start, length = (100 * start / whole, 100 * length / whole) if whole > 0 else (0.0, 0.0)
    place = f"margin-left: {start:.1f}%; width: {length:.1f}%"
    return f'<span class="rail" aria-hidden="true"><span style="{place}"></span></span>'


def _more(count: int, noun: str) -> str:
    return f"<p>And {count - _MOST:,} more {noun}.</p>" if count > _MOST else ""
