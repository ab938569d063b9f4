"""The trail of an aggregate: from the partner's upload to each subscriber, or to the rejection of its row.

It combines the execution's history, the functions' logs, the report and the subscribers' events.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ....declaration.context import Context
from ..observation.calls import Call, calls
from ..observation.logs import METRICS, LogLine
from ..subscribers import Reception

PUBLISHED = "events published"
PART_IMPORTED = "part imported"
IMPORTED = "IMPORTED"

_ENTERED = "StateEntered"
_ONLY_ROUTING = ("Choice", "Pass")
# A call's start is the difference of two rounded times, so it may appear before the step that started the call.
_UNSURE_SECONDS = 0.002

_Own = tuple[Call, tuple[LogLine, ...]]
"""A call, and its lines about the aggregate."""


@dataclass(frozen=True)
class Rejection:
    """A rejection in the report: the line of the file, the field (empty for the whole row), the reason."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True)
class Facts:
    """The data about an aggregate and its list. Times are in seconds since 1970.

    `way` describes how the list was uploaded. `part` is the list's part with the aggregate's row. `record` is the
    list's item in the table, `item` is the aggregate's. `receptions` are the aggregate's events by subscriber.
    `rejected_by` is the function that wrote the `rejections`.
    """

    context: Context[Any]
    identity: str
    file: str
    way: str
    arrived: float
    announced: float
    list_id: str
    history: Sequence[Mapping[str, Any]]
    lines: Sequence[LogLine]
    record: Mapping[str, Any]
    part: int | None = None
    item: Mapping[str, Any] | None = None
    receptions: Mapping[str, Sequence[Reception]] | None = None
    rejections: Sequence[Rejection] = ()
    rejected_by: str = ""


@dataclass(frozen=True)
class Step:
    """A step of the trail, with the log lines about it."""

    time: float
    what: str
    name: str
    detail: str = ""
    lines: tuple[LogLine, ...] = ()


@dataclass(frozen=True)
class Trail:
    """The ordered steps, and the result as a sentence. `traceparent` is empty without a trace."""

    identity: str
    list_id: str
    traceparent: str
    steps: Sequence[Step]
    ending: str

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


def trail(facts: Facts) -> Trail:
    """Build the trail from the facts."""
    own = _own_calls(facts)
    known = sorted([*_arrival(facts), *_execution(facts), *_calls(own), *_events(facts, own)], key=_order)
    steps = _until_end(facts, own, known)
    return Trail(facts.identity, facts.list_id, _traceparent(facts), steps, _ending(facts, steps))


def published(lines: Iterable[LogLine], identity: str) -> list[LogLine]:
    """Return the lines that log the publication of an aggregate's event."""
    return [line for line in lines if line.message == PUBLISHED and identity in _ids(line)]


def _ids(line: LogLine) -> Sequence[str]:
    return line.fields.get("ids") or ()


def _order(step: Step) -> float:
    return step.time + (_UNSURE_SECONDS if step.what == "call" else 0)


def _arrival(facts: Facts) -> Iterator[Step]:
    yield Step(facts.arrived, "uploaded", facts.file, f"upload complete {facts.way}")
    yield Step(facts.announced, "announced", "upload event")


def _execution(facts: Facts) -> Iterator[Step]:
    for event in facts.history:
        kind, time = str(event["type"]), event["timestamp"].timestamp()
        if kind == "ExecutionStarted":
            yield Step(time, "started", "execution")
        elif kind.endswith(_ENTERED) and not kind.startswith(_ONLY_ROUTING):
            yield Step(time, "state", event["stateEnteredEventDetails"]["name"])
        elif kind == "TaskFailed":
            failed = event["taskFailedEventDetails"]
            yield Step(time, "failed", str(failed.get("error", "")), str(failed.get("cause", "")))


def _own_calls(facts: Facts) -> list[_Own]:
    found = [(call, tuple(line for line in call.lines if _concerns(facts, line))) for call in calls(facts.lines)]
    return [(call, lines) for call, lines in found if lines]


def _concerns(facts: Facts, line: LogLine) -> bool:
    fields = line.fields
    if line.level == METRICS:
        return False
    if facts.identity in _ids(line) or fields.get(facts.context.identity) == facts.identity:
        return True
    return bool(facts.list_id) and fields.get("list_id") == facts.list_id and fields.get("part") in (None, facts.part)


def _calls(own: Sequence[_Own]) -> Iterator[Step]:
    for call, lines in own:
        cold = ", cold start" if any(line.fields.get("cold_start") for line in lines) else ""
        detail = f"version {call.version}, {call.milliseconds:,.0f} ms{cold}"
        yield Step(call.began, "call", call.function, detail, lines)


def _events(facts: Facts, own: Sequence[_Own]) -> Iterator[Step]:
    received = facts.receptions or {}
    sent = [reception.sent for receptions in received.values() for reception in receptions]
    publications = published((line for _, lines in own for line in lines), facts.identity)
    if facts.item or sent:
        # The time of the write is not recorded. It precedes the part's completion and the publication.
        done = [line.time for _, lines in own for line in lines if line.message == PART_IMPORTED]
        before = [call.began for call, lines in own if published(lines, facts.identity)]
        yield Step(min(done + before + sent), "written", f"{facts.context.name} item", _state(facts))
    for line in publications:
        yield Step(line.time, "published", line.function)
    for name, receptions in received.items():
        for reception in receptions:
            yield Step(reception.time, "received", name, str(reception.event["type"]))


def _state(facts: Facts) -> str:
    if not facts.item:
        return "deleted since"
    return f"now {facts.item['status']}, version {facts.item['version']}"


def _until_end(facts: Facts, own: Sequence[_Own], known: Sequence[Step]) -> list[Step]:
    """Return the steps up to the aggregate's last one; later steps belong to the list or to other rows."""
    if facts.rejections:
        end = _rejected(facts, own, known[-1].time)
        return [step for step in known if step.time < end.time] + [end]
    received = [step for step in known if step.what == "received"]
    return [*known[: known.index(received[-1]) + 1]] if received else [*known, _last_of_list(facts, known)]


def _rejected(facts: Facts, own: Sequence[_Own], default: float) -> Step:
    by = [call.ended for call, _ in own if call.function == facts.rejected_by]
    reasons = "; ".join(f"{row.field}: {row.reason}" if row.field else row.reason for row in facts.rejections)
    return Step(max(by, default=default), "rejected", f"line {facts.rejections[0].line}", reasons)


def _last_of_list(facts: Facts, known: Sequence[Step]) -> Step:
    last = max(known[-1].time, facts.history[-1]["timestamp"].timestamp() if facts.history else 0.0)
    return Step(last, "ended", str(facts.record.get("status", "execution")), str(facts.record.get("reason", "")))


def _traceparent(facts: Facts) -> str:
    received = [reception for receptions in (facts.receptions or {}).values() for reception in receptions]
    carried = [reception.attributes.get("traceparent") for reception in received]
    return str(facts.record.get("traceparent") or next(filter(None, carried), ""))


def _ending(facts: Facts, steps: Sequence[Step]) -> str:
    last = steps[-1]
    if last.what == "rejected":
        return f"The row on {last.name} was rejected by {facts.rejected_by}: {last.detail}."
    status = facts.record.get("status", "not known")
    if facts.item is None and status != IMPORTED:
        reason = facts.record.get("reason", "see the logs")
        return f"The row is valid, but its list is {status}: {reason}."
    names = sorted({step.name for step in steps if step.what == "received"})
    return f"The aggregate is in the table, and {', '.join(names) or 'no subscriber'} received it."
