"""Output of a trail as a table and as JSON."""

from collections.abc import Iterator
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..observation.logs import LogLine
from .trail import Trail

_OMITTED = ("list_id", "ids")
"""Fields of a log line that the trail shows elsewhere."""


def show(trail: Trail, out: Console) -> None:
    """Print the steps and their log lines in the order of their times."""
    title = f"The trail of {trail.identity}"
    table = Table(
        "ms after the upload", "share until the next step", "step", "where", title=title, title_justify="left"
    )
    table.columns[0].justify = table.columns[1].justify = "right"
    for time, cells, style in sorted(_rows(trail), key=itemgetter(0)):
        table.add_row(f"{trail.offset(time):,.0f}", *cells, style=style)
    out.print(table)
    trace = f"{trail.trace_id} (traceparent {trail.traceparent})" if trail.traceparent else "none"
    out.print(f"List {trail.list_id or 'none'}, trace {trace}", markup=False, soft_wrap=True)
    out.print(f"{trail.result} {trail.milliseconds:,.0f} ms in all.", markup=False, soft_wrap=True)


def _rows(trail: Trail) -> Iterator[tuple[float, tuple[str | Text, ...], str]]:
    """Yield the time, the other cells and the style of each step and of each of its log lines."""
    for step, share in zip(trail.steps, trail.shares(), strict=True):
        where = Text.assemble(step.name, (f"  {step.detail}" if step.detail else "", "dim"))
        yield step.time, (f"{share:.1%}" if share else "", step.kind, where), ""
        for line in step.lines:
            yield max(step.time, line.time), ("", "log line", Text(f"{step.name}: {_message(line)}")), "dim"


def _message(line: LogLine) -> str:
    return " ".join([line.message, *(f"{name}={value}" for name, value in line.own_fields(*_OMITTED).items())])


def as_json(trail: Trail) -> dict[str, Any]:
    """Return the trail as JSON for `--json`."""
    return {
        "id": trail.identity,
        "list_id": trail.list_id,
        "trace_id": trail.trace_id,
        "traceparent": trail.traceparent,
        "result": trail.result,
        "milliseconds": round(trail.milliseconds, 1),
        "steps": [
            {
                "kind": step.kind,
                "name": step.name,
                "detail": step.detail,
                "time": datetime.fromtimestamp(step.time, UTC).isoformat(timespec="milliseconds"),
                "offset_ms": round(trail.offset(step.time), 1),
                "share": round(share, 4),
                "lines": [
                    {
                        "offset_ms": round(trail.offset(line.time), 1),
                        "message": line.message,
                        **line.own_fields(*_OMITTED),
                    }
                    for line in step.lines
                ],
            }
            for step, share in zip(trail.steps, trail.shares(), strict=True)
        ],
    }
