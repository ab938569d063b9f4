"""The trail of one aggregate: from the partner's upload to each subscriber, or to where its row was turned away.

Everything here is put together from what was written down anyway: the execution's history, the functions' logs, the
report, and what the subscribers received.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ...context import Context
from ..subscribers import Reception
from .calls import Call, calls
from .logs import METRICS, LogLine

PUBLISHED = "events published"
PART_IMPORTED = "part imported"
IMPORTED = "IMPORTED"

_ENTERED = "StateEntered"
_ONLY_ROUTING = ("Choice", "Pass")
# A call's beginning is reckoned from two times in whole milliseconds; it never comes before what started it.
_UNSURE_SECONDS = 0.002

_Own = tuple[Call, tuple[LogLine, ...]]
"""A call that concerns the aggregate, and those of its lines that do."""


@dataclass(frozen=True)
class Rejection:
    """What the report says of a row: the line of the file, the field (empty: the whole row), the reason."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True)
class Facts:
    """What is known about an aggregate and of the list it came with. Times are in seconds since 1970.

    `context` is the aggregate's, `way` says how the list arrived. `part` is the part of the list that holds its row;
    `record` and `item` are the list's and its own in the table; `receptions` are its own events, by subscriber;
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
    """One thing that happened, with what a function wrote about it."""

    time: float
    what: str
    name: str
    detail: str = ""
    lines: tuple[LogLine, ...] = ()


@dataclass(frozen=True)
class Trail:
    """The steps in their order, and how it ended, in a sentence. `traceparent` is empty if no trace was carried."""

    identity: str
    list_id: str
    traceparent: str
    steps: Sequence[Step]
    ending: str

    @property
    def trace_id(self) -> str:
        """The trace's id as X-Ray writes it: the same 32 digits, the first 8 apart; empty if no trace was carried."""
        digits = self.traceparent.split("-")[1] if self.traceparent else ""
        return digits and f"1-{digits[:8]}-{digits[8:]}"

    def offset(self, time: float) -> float:
        """Return how long after the upload a time is, in milliseconds."""
        return (time - self.steps[0].time) * 1000

    @property
    def milliseconds(self) -> float:
        """How long all of it took."""
        return self.offset(self.steps[-1].time)

    def shares(self) -> list[float]:
        """Return for each step which share of the time passed until the next, from 0 to 1; 0 for the last."""
        whole = self.milliseconds / 1000 or 1.0
        return [(after.time - before.time) / whole for before, after in pairwise(self.steps)] + [0.0]


def trail(facts: Facts) -> Trail:
    """Return the trail that the facts show."""
    own = _own_calls(facts)
    known = sorted([*_arrival(facts), *_execution(facts), *_called(own), *_events(facts, own)], key=_order)
    steps = _to_its_end(facts, own, known)
    return Trail(facts.identity, facts.list_id, _traceparent(facts), steps, _ending(facts, steps))


def published(lines: Iterable[LogLine], identity: str) -> list[LogLine]:
    """Return the lines in which a function says that it published an event of an aggregate."""
    return [line for line in lines if line.message == PUBLISHED and identity in _ids(line)]


def _ids(line: LogLine) -> Sequence[str]:
    return line.fields.get("ids") or ()


def _order(step: Step) -> float:
    return step.time + (_UNSURE_SECONDS if step.what == "call" else 0)


def _arrival(facts: Facts) -> Iterator[Step]:
    yield Step(facts.arrived, "uploaded", facts.file, f"all of it has arrived {facts.way}")
    yield Step(facts.announced, "announced", "event of the upload")


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


def _called(own: Sequence[_Own]) -> Iterator[Step]:
    for call, lines in own:
        cold = ", cold start" if any(line.fields.get("cold_start") for line in lines) else ""
        detail = f"version {call.version}, {call.milliseconds:,.0f} ms{cold}"
        yield Step(call.began, "call", call.function, detail, lines)


def _events(facts: Facts, own: Sequence[_Own]) -> Iterator[Step]:
    received = facts.receptions or {}
    sent = [one.sent for those in received.values() for one in those]
    told = published((line for _, lines in own for line in lines), facts.identity)
    if facts.item or sent:
        # Nobody writes down when: it was before the part was done, and before anybody was told.
        done = [line.time for _, lines in own for line in lines if line.message == PART_IMPORTED]
        before = [call.began for call, lines in own if published(lines, facts.identity)]
        yield Step(min(done + before + sent), "written", f"{facts.context.name} item", _standing(facts))
    for line in told:
        yield Step(line.time, "published", line.function)
    for name, those in received.items():
        for one in those:
            yield Step(one.time, "received", name, str(one.event["type"]))


def _standing(facts: Facts) -> str:
    if not facts.item:
        return "by now; it is no longer there"
    return f"by now; {facts.item['status']}, version {facts.item['version']}"


def _to_its_end(facts: Facts, own: Sequence[_Own], known: Sequence[Step]) -> list[Step]:
    """Return the steps to the last of the aggregate's own: what comes later is the list's or others'."""
    if facts.rejections:
        end = _rejected(facts, own, known[-1].time)
        return [step for step in known if step.time < end.time] + [end]
    received = [step for step in known if step.what == "received"]
    return [*known[: known.index(received[-1]) + 1]] if received else [*known, _last_of_list(facts, known)]


def _rejected(facts: Facts, own: Sequence[_Own], otherwise: float) -> Step:
    by = [call.ended for call, _ in own if call.function == facts.rejected_by]
    told = "; ".join(f"{one.field}: {one.reason}" if one.field else one.reason for one in facts.rejections)
    return Step(max(by, default=otherwise), "rejected", f"line {facts.rejections[0].line}", told)


def _last_of_list(facts: Facts, known: Sequence[Step]) -> Step:
    last = max(known[-1].time, facts.history[-1]["timestamp"].timestamp() if facts.history else 0.0)
    return Step(last, "ended", str(facts.record.get("status", "execution")), str(facts.record.get("reason", "")))


def _traceparent(facts: Facts) -> str:
    carried = [one.attributes.get("traceparent") for those in (facts.receptions or {}).values() for one in those]
    return str(facts.record.get("traceparent") or next(filter(None, carried), ""))


def _ending(facts: Facts, steps: Sequence[Step]) -> str:
    last = steps[-1]
    if last.what == "rejected":
        return f"The row on {last.name} was rejected by {facts.rejected_by}: {last.detail}."
    status = facts.record.get("status", "not known")
    if facts.item is None and status != IMPORTED:
        reason = facts.record.get("reason", "see the logs")
        return f"Nothing was wrong with the row, but its list is {status}: {reason}."
    names = sorted({step.name for step in steps if step.what == "received"})
    return f"It is in the table, and {', '.join(names) or 'no subscriber'} received it."
