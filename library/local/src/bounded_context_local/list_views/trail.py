"""The trail of an aggregate: from the partner's upload to each subscriber, or to the rejection of its row.

It combines the execution's history, the functions' logs, the report and the subscribers' events.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..observation.logs import METRICS, LoggedCall, LogLine
from .facts import Facts, RowFacts, entered, published

PART_IMPORTED = "part imported"
IMPORTED = "IMPORTED"

# A call's start is the difference of two rounded times, so it may appear before the step that started the call.
_UNSURE_SECONDS = 0.002

_Own = tuple[LoggedCall, tuple[LogLine, ...]]
"""A call, and its lines about the aggregate."""


@dataclass(frozen=True)
class TrailStep:
    """A step of the trail, with the log lines about it."""

    time: float
    kind: str
    name: str
    detail: str = ""
    lines: tuple[LogLine, ...] = ()


@dataclass(frozen=True)
class Trail:
    """The ordered steps, and the result as a sentence. `traceparent` is empty without a trace."""

    identity: str
    list_id: str
    traceparent: str
    steps: Sequence[TrailStep]
    result: str

    @property
    def trace_id(self) -> str:
        """The trace's id in X-Ray's format, with the first 8 of 32 digits separated; empty without a trace."""
        digits = self.traceparent.split("-")[1] if self.traceparent else ""
        return digits and f"1-{digits[:8]}-{digits[8:]}"

    def offset(self, time: float) -> float:
        """Return a time's offset from the upload in milliseconds."""
        return (time - self.steps[0].time) * 1000

    @property
    def milliseconds(self) -> float:
        """The duration of the trail."""
        return self.offset(self.steps[-1].time)

    def shares(self) -> list[float]:
        """Return, for each step, the share of the duration until the next step, from 0 to 1; 0 for the last step."""
        whole = self.milliseconds / 1000 or 1.0
        return [(after.time - before.time) / whole for before, after in pairwise(self.steps)] + [0.0]


def trail_of(facts: Facts, row: RowFacts) -> Trail:
    """Build the trail of a row."""
    own = _own_calls(facts, row)
    steps = sorted(
        [*_arrival(facts), *_execution(facts), *_calls(own), *_events(facts, row, own)],
        key=lambda step: step.time + (_UNSURE_SECONDS if step.kind == "call" else 0),
    )
    # No step is before the last one.
    steps = list(accumulate(steps, lambda last, step: replace(step, time=max(last.time, step.time))))
    steps = _until_end(facts, row, own, steps)
    return Trail(row.identity, facts.list_id, _traceparent(facts, row), steps, _result(facts, row, steps))


def _arrival(facts: Facts) -> Iterator[TrailStep]:
    yield TrailStep(facts.arrived, "uploaded", facts.file, f"upload complete {facts.transport}")
    yield TrailStep(facts.announced, "announced", "upload event")


def _execution(facts: Facts) -> Iterator[TrailStep]:
    for event in facts.history:
        kind, time = str(event["type"]), event["timestamp"].timestamp()
        if kind == "ExecutionStarted":
            yield TrailStep(time, "started", "execution")
        elif name := entered(event):
            yield TrailStep(time, "state", name)
        elif kind == "TaskFailed":
            failed = event["taskFailedEventDetails"]
            yield TrailStep(time, "failed", str(failed.get("error", "")), str(failed.get("cause", "")))


def _own_calls(facts: Facts, row: RowFacts) -> list[_Own]:
    pairs = [(call, tuple(line for line in call.lines if _concerns(facts, row, line))) for call in facts.calls]
    return [(call, lines) for call, lines in pairs if lines]


def _concerns(facts: Facts, row: RowFacts, line: LogLine) -> bool:
    fields = line.fields
    if line.level == METRICS:
        return False
    if row.identity in (fields.get("ids") or ()) or fields.get(facts.context.identity) == row.identity:
        return True
    return bool(facts.list_id) and fields.get("list_id") == facts.list_id and fields.get("part") in (None, row.part)


def _calls(own: Sequence[_Own]) -> Iterator[TrailStep]:
    for call, lines in own:
        cold = ", cold start" if any(line.fields.get("cold_start") for line in lines) else ""
        detail = f"version {call.version}, {call.milliseconds:,.0f} ms{cold}"
        yield TrailStep(call.began, "call", call.function, detail, lines)


def _events(facts: Facts, row: RowFacts, own: Sequence[_Own]) -> Iterator[TrailStep]:
    received = row.receptions or {}
    sent_at = [reception.sent for receptions in received.values() for reception in receptions]
    if row.item or sent_at:
        # The time of the write is not recorded. It precedes the part's completion and the publication.
        completions = [line.time for _, lines in own for line in lines if line.message == PART_IMPORTED]
        before = [call.began for call, lines in own if published(lines, row.identity)]
        state = f"now {row.item['status']}, version {row.item['version']}" if row.item else "deleted since"
        yield TrailStep(min(completions + before + sent_at), "written", f"{facts.context.name} item", state)
    for line in published((line for _, lines in own for line in lines), row.identity):
        yield TrailStep(line.time, "published", line.function)
    for name, receptions in received.items():
        for reception in receptions:
            yield TrailStep(reception.time, "received", name, str(reception.event["type"]))


def _until_end(facts: Facts, row: RowFacts, own: Sequence[_Own], steps: Sequence[TrailStep]) -> list[TrailStep]:
    """Return the steps up to the aggregate's last one; later steps belong to the list or to other rows."""
    if row.rejections:
        end = _rejected(row, own, steps[-1].time)
        return [step for step in steps if step.time < end.time] + [end]
    received = [step for step in steps if step.kind == "received"]
    return [*steps[: steps.index(received[-1]) + 1]] if received else [*steps, _last_of_list(facts, steps)]


def _rejected(row: RowFacts, own: Sequence[_Own], default: float) -> TrailStep:
    by = [call.ended for call, _ in own if call.function == row.rejected_by]
    reasons = "; ".join(
        f"{rejection.field}: {rejection.reason}" if rejection.field else rejection.reason
        for rejection in row.rejections
    )
    return TrailStep(max(by, default=default), "rejected", f"line {row.rejections[0].line}", reasons)


def _last_of_list(facts: Facts, steps: Sequence[TrailStep]) -> TrailStep:
    last = max(steps[-1].time, facts.history[-1]["timestamp"].timestamp() if facts.history else 0.0)
    return TrailStep(last, "ended", str(facts.record.get("status", "execution")), str(facts.record.get("reason", "")))


def _traceparent(facts: Facts, row: RowFacts) -> str:
    received = [reception for receptions in (row.receptions or {}).values() for reception in receptions]
    carried = [reception.attributes.get("traceparent") for reception in received]
    return str(facts.record.get("traceparent") or next(filter(None, carried), ""))


def _result(facts: Facts, row: RowFacts, steps: Sequence[TrailStep]) -> str:
    last = steps[-1]
    if last.kind == "rejected":
        return f"The row on {last.name} was rejected by {row.rejected_by}: {last.detail}."
    status = facts.record.get("status", "not known")
    if row.item is None and status != IMPORTED:
        reason = facts.record.get("reason", "see the logs")
        return f"The row is valid, but its list is {status}: {reason}."
    names = sorted({step.name for step in steps if step.kind == "received"})
    return f"The aggregate is in the table, and {', '.join(names) or 'no subscriber'} received it."


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
