"""Output of a trail as a table and as JSON."""

from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..observation.logs import LogLine
from .trail import Trail

_OMITTED = ("list_id", "ids")
"""Fields of a log line that the trail shows elsewhere."""


def show(trail: Trail, out: Console) -> None:
    """Print the steps, each with its offset from the upload and the share of time until the next step."""
    title = f"The trail of {trail.identity}, in milliseconds after the upload"
    table = Table("ms", "until next", "step", "where", title=title, title_justify="left")
    table.columns[0].justify = table.columns[1].justify = "right"
    for step, share in zip(trail.steps, trail.shares(), strict=True):
        where = Text.assemble(step.name, (f"  {step.detail}" if step.detail else "", "dim"))
        table.add_row(f"{trail.offset(step.time):,.0f}", f"{share:.1%}" if share else "", step.kind, where)
        for line in step.lines:
            table.add_row(f"{trail.offset(line.time):,.0f}", "", "", Text(f"  {_message(line)}"), style="dim")
    out.print(table)
    trace = f"{trail.trace_id} (traceparent {trail.traceparent})" if trail.traceparent else "none"
    out.print(f"List {trail.list_id or 'none'}, trace {trace}", markup=False, soft_wrap=True)
    out.print(f"{trail.result} {trail.milliseconds:,.0f} ms in all.", markup=False, soft_wrap=True)


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
