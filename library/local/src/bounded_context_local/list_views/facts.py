"""Facts about an imported list and about one of its rows: record, parts, report, execution, calls and events."""

import csv
import io
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context.domain.lists import STAGING

from .. import stack_state
from ..actors.subscriber import Reception
from ..observation.logs import METRICS, LoggedCall, LogLine, calls
from ..running.context import RunningContext
from ..stack_state import Ended, Upload

PUBLISHED: Final = "events published"
ROUTING: Final = ("Choice", "Pass")
"""Types of states that only route. The views omit them."""

PATIENCE_SECONDS = 10.0
PAUSE_SECONDS = 0.1

_IMPORTS: Final = "import_list"
_RELAY: Final = "relay_events"
_VERIFIED, _VALIDATED = "import.json", "manifest.json"
_FAILED: Final = ("taskFailedEventDetails", "mapRunFailedEventDetails", "taskTimedOutEventDetails")


@dataclass(frozen=True)
class Rejection:
    """A line of the report: the line of the file (None for the whole list), the field (empty for the row), a reason."""

    line: int | None
    field: str
    reason: str


@dataclass(frozen=True)
class ListPart:
    """A part of a list. `state` is imported, undone or not imported; `calls` are the calls that wrote the part."""

    number: int
    rows: int
    state: str
    calls: Sequence[LoggedCall]


@dataclass(frozen=True)
class ListStep:
    """A state of the execution, with its start and end in seconds since 1970, and its last error or an empty text."""

    name: str
    began: float
    ended: float
    error: str = ""


@dataclass(frozen=True)
class Facts:
    """The data about a completed list. Times are in seconds since 1970.

    `file` is its name, `size` its bytes, `transport` the way of its upload. `list_id` and `record` (its item in the
    table) are empty if the list was not recorded. `manifest` contains the parts to import, or the validated parts if
    the list was not verified. `calls` are the calls of all functions, `receptions` the list's events by subscriber.
    """

    context: Context[Any]
    file: str
    size: int
    transport: str
    arrived: float
    announced: float
    list_id: str
    report: str
    record: Mapping[str, Any]
    manifest: Sequence[Mapping[str, Any]]
    history: Sequence[Mapping[str, Any]]
    calls: Sequence[LoggedCall]
    receptions: Mapping[str, Sequence[Reception]]

    @property
    def rejections(self) -> list[Rejection]:
        """The rejections in the report."""
        rows = csv.DictReader(io.StringIO(self.report, newline=""))
        return [Rejection(int(row["line"]) if row["line"] else None, row["field"], row["reason"]) for row in rows]

    @property
    def calls_of_list(self) -> list[LoggedCall]:
        """The calls that logged the list's id."""
        return [call for call in self.calls if self.list_id and _logs(call, "list_id", self.list_id)]

    @property
    def exception(self) -> str:
        """The last exception that a call of the list logged, with all frames; empty if no call raised one."""
        lines = [line for call in self.calls_of_list for line in call.lines if "exception" in line.fields]
        return str(max(lines, key=lambda line: line.time).fields["exception"]) if lines else ""

    @property
    def parts(self) -> Iterator[ListPart]:
        """The parts of the list."""
        own = [call for call in self.calls_of_list if call.function == _IMPORTS]
        numbers = {
            word: {int(part) for part in self.record.get(f"{word}_parts", ())} for word in ("undone", "imported")
        }
        for part in self.manifest:
            number = part["part"]
            state = next((word for word, parts in numbers.items() if number in parts), "not imported")
            yield ListPart(number, part["rows"], state, [call for call in own if _logs(call, "part", number)])

    @property
    def steps(self) -> Iterator[ListStep]:
        """The states of the execution except routing and final states. An unfinished state ends with the execution."""
        for number, event in enumerate(self.history):
            if name := entered(event, (*ROUTING, "Succeed", "Fail")):
                inner = list(_until_left(self.history[number + 1 :], name))
                exit_event = inner[-1] if inner and _is_exit(inner[-1], name) else self.history[-1]
                yield ListStep(name, event["timestamp"].timestamp(), exit_event["timestamp"].timestamp(), _error(inner))


@dataclass(frozen=True)
class RowFacts:
    """The data about a row of a list.

    `part` is the part with the row. `item` is the aggregate's item in the table, if this list wrote it. `receptions`
    are the aggregate's events by subscriber. `rejected_by` is the function that wrote the `rejections`.
    """

    identity: str
    part: int | None = None
    item: Mapping[str, Any] | None = None
    receptions: Mapping[str, Sequence[Reception]] | None = None
    rejections: Sequence[Rejection] = ()
    rejected_by: str = ""


def gather(
    running: RunningContext, uploaded: Upload, execution: Ended, report: str, identity: str | None = None
) -> Facts:
    """Return the facts about a completed list, after the functions' logs have arrived.

    Args:
        running: the run that imported the list.
        uploaded: the list's file.
        execution: the list's execution.
        report: the partner's report; empty if there is no report.
        identity: the aggregate whose publication the logs must contain, if the subscribers have received its event.

    Raises:
        LocalRunError: the run could not read its logs.
    """
    _wait_for_logs(running, identity)
    list_id = execution.list_id or ""
    manifests = (staged(running, list_id, name) for name in (_VERIFIED, _VALIDATED)) if list_id else ()
    facts = Facts(
        context=running.context,
        file=uploaded.path.rpartition("/")[2],
        size=uploaded.size,
        transport=running.partner.transport,
        arrived=uploaded.arrived,
        announced=min((event.time for event in running.partner.sent if event.time >= uploaded.arrived), default=0.0),
        list_id=list_id,
        report=report,
        record=running.table.list_item(list_id) if list_id else {},
        manifest=json.loads(next(filter(None, manifests), "[]")),
        history=stack_state.history(running.aws, execution.arn),
        calls=calls(running.watch.logs.lines),
        receptions={subscriber.name: subscriber.received_of_list(list_id or "") for subscriber in running.subscribers},
    )
    return _with_calls_of_parts(running, facts)


def _with_calls_of_parts(running: RunningContext, facts: Facts) -> Facts:
    """Read the logs until the calls of every imported part have their durations, whose lines arrive last."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and any(
        part.state == "imported" and not any(call.milliseconds for call in part.calls) for part in facts.parts
    ):
        time.sleep(PAUSE_SECONDS)
        running.read_late_lines(_IMPORTS)
        facts = replace(facts, calls=calls(running.watch.logs.lines))
    return facts


def gather_row(running: RunningContext, facts: Facts, identity: str, lines: Sequence[int]) -> RowFacts:
    """Return the facts about a row; `lines` are the file's lines on which the aggregate's rows begin."""
    item = running.table.item_of(identity)
    own = item is not None and item.get("list_id") == facts.list_id
    rejections = [] if own else [rejection for rejection in facts.rejections if rejection.line in lines]
    return RowFacts(
        identity=identity,
        part=_part(running, facts, identity),
        item=item if own else None,
        receptions={subscriber.name: subscriber.of_subject(identity) for subscriber in running.subscribers},
        rejections=rejections,
        rejected_by=_rejecting(running, facts, rejections),
    )


def _wait_for_logs(running: RunningContext, identity: str | None) -> None:
    """Read the logs until they contain the publication; a function's lines arrive after its call."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    running.watch.poll()
    if identity is None or not any(subscriber.of_subject(identity) for subscriber in running.subscribers):
        return
    while not published(running.watch.logs.lines, identity) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
        running.read_late_lines(_RELAY)


def published(lines: Iterable[LogLine], identity: str) -> list[LogLine]:
    """Return the lines that log the publication of an aggregate's event."""
    return [line for line in lines if line.message == PUBLISHED and identity in (line.fields.get("ids") or ())]


def entered(event: Mapping[str, Any], omitted: tuple[str, ...] = ROUTING) -> str:
    """Return the name of the state that begins with an event; empty for omitted types and for other events."""
    kind = str(event["type"])
    begins = kind.endswith("StateEntered") and not kind.startswith(omitted)
    return event["stateEnteredEventDetails"]["name"] if begins else ""


def _is_exit(event: Mapping[str, Any], name: str) -> bool:
    return str(event["type"]).endswith("StateExited") and event["stateExitedEventDetails"]["name"] == name


def _until_left(events: Iterable[Mapping[str, Any]], name: str) -> Iterator[Mapping[str, Any]]:
    for event in events:
        yield event
        if _is_exit(event, name):
            return


def _error(events: Iterable[Mapping[str, Any]]) -> str:
    """Return the error and the cause of the last failed try; empty if no try failed."""
    failed = [event[kind] for event in events for kind in _FAILED if kind in event]
    return f"{failed[-1].get('error', '')}: {failed[-1].get('cause', '')}" if failed else ""


def _logs(call: LoggedCall, field: str, value: object) -> bool:
    """Return whether a call has a log line with this value."""
    return any(line.fields.get(field) == value for line in call.lines if line.level != METRICS)


def _part(running: RunningContext, facts: Facts, identity: str) -> int | None:
    """Return the number of the part with an aggregate's row, or None."""
    for part in json.loads((facts.list_id and staged(running, facts.list_id, _VERIFIED)) or "[]"):
        name = part["key"].removeprefix(f"{STAGING}/{facts.list_id}/")
        rows = json.loads(staged(running, facts.list_id, name) or "{}").get("rows", [])
        if any(row[facts.context.identity] == identity for row in rows):
            return part["part"]
    return None


def _rejecting(running: RunningContext, facts: Facts, rejections: Sequence[Rejection]) -> str:
    """Return the function that rejected a row. The validation stores its rejections in its attempt's folder."""
    attempt = facts.record.get("staged")
    text = staged(running, facts.list_id, f"{attempt}/rejections.csv") if attempt else ""
    lines = {row[0] for row in csv.reader(io.StringIO(text, newline="")) if row}
    return "validate_list" if any(str(row.line) in lines for row in rejections) else facts.context.verification_step


def staged(running: RunningContext, list_id: str, name: str) -> str:
    """Return the text of a list's intermediate file, such as `import.json`; empty if the file is missing."""
    bucket, key = running.outputs["inbox_bucket"], f"staging/{list_id}/{name}"
    objects = running.aws.call("s3", "list_objects_v2", Bucket=bucket, Prefix=key).get("Contents", [])
    if key not in (entry["Key"] for entry in objects):
        return ""
    return running.aws.call("s3", "get_object", Bucket=bucket, Key=key)["Body"].read().decode()
