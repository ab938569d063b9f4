"""Result of a run: numbers from the list record, the table and the queues, and their consistency."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bounded_context.declaration.context import Context
from bounded_context.domain.failures import Failure

from ..executions import FAILED, Ended
from .context import RunningContext

IMPORTED = "IMPORTED"
REJECTED = "REJECTED"


@dataclass(frozen=True)
class Rows:
    """Numbers of rows: `uploaded` is counted in the file, `imported` in the table."""

    uploaded: int
    valid: int
    rejected: int
    imported: int


@dataclass(frozen=True)
class Result:
    """The numbers of a run.

    `own_event` is the expected type of the event about the list itself. `stages` contains the seconds of each stage,
    `cause` the reason of a failure or rejection, `report` the partner's report. `failure` is the operator's report of
    a failed list, if the workflow recorded it.
    """

    rows: Rows
    events: dict[str, Counter[str]]
    outcome: str
    own_event: str
    not_emulated: list[str]
    adapted: list[str]
    stages: dict[str, float] = field(default_factory=dict)
    cause: str = ""
    report: str = ""
    failure: Failure | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the result in the form that `--json` prints."""
        failure = {"failure": self.failure.facts()} if self.failure else {}
        return failure | {
            "rows": vars(self.rows),
            "events": {name: received.total() for name, received in self.events.items()},
            "outcome": self.outcome,
            "not_emulated": self.not_emulated,
            "stages": {name: round(seconds, 2) for name, seconds in self.stages.items()},
        }

    def problems(self) -> list[str]:
        """Return a sentence for each number that differs from the expected number."""
        if self.outcome not in (IMPORTED, REJECTED):
            return [f"The list ended as {self.outcome}: {self.failure.text if self.failure else self.cause}."]
        return [*_row_problems(self), *_event_problems(self)]


def read_result(
    running: RunningContext,
    ended: Ended,
    uploaded: int,
    imported: int,
    events: dict[str, Counter[str]],
    stages: dict[str, float],
) -> Result:
    """Read the other numbers of a list from its record.

    `uploaded` rows are in the file and `imported` rows in the table. `events` are the received events by type.
    """
    record = running.table.list_item(ended.list_id) if ended.list_id else {}
    # The record of a file that is rejected as a whole has no counts: all of its rows are rejected.
    valid, rejected = int(record.get("valid", 0)), int(record.get("rejected", uploaded))
    failure = Failure.of(record.get("failure"))
    return Result(
        rows=Rows(uploaded, valid, rejected, imported),
        events=events,
        outcome=ended.outcome,
        own_event=_own_event(running.context, ended.outcome),
        not_emulated=running.deployment.not_emulated,
        adapted=running.deployment.adapted,
        stages=stages,
        cause=ended.error if ended.outcome == FAILED and not failure else str(record.get("reason", "")),
        report=_report(running, str(record["key"])) if record and (rejected or "reason" in record) else "",
        failure=failure,
    )


def _report(running: RunningContext, key: str) -> str:
    return running.partner.report(key.rpartition("/")[2])


def _own_event(context: Context[Any], outcome: str) -> str:
    imported, rejected = context.list_events
    return imported if outcome == IMPORTED else rejected


def expected_events(ended: Ended, imported: int) -> int:
    """Return the minimum number of events for each subscriber: an event for each row, and an event for the list."""
    return imported + 1 if ended.outcome == IMPORTED else 1


def _row_problems(result: Result) -> list[str]:
    rows, problems = result.rows, list[str]()
    if rows.uploaded != rows.valid + rows.rejected:
        problems.append(f"{rows.uploaded} rows were uploaded, but {rows.valid} are valid and {rows.rejected} rejected.")
    expected = rows.valid if result.outcome == IMPORTED else 0
    if rows.imported != expected:
        problems.append(f"{rows.imported} rows of the list are in the table, {expected} are expected.")
    return problems


def _event_problems(result: Result) -> list[str]:
    problems: list[str] = []
    for name, received in result.events.items():
        if received[result.own_event] != 1:
            problems.append(f"{name} received {received[result.own_event]} events {result.own_event} instead of 1.")
        if result.outcome == IMPORTED and received.total() != result.rows.imported + 1:
            problems.append(f"{name} received {received.total()} events instead of {result.rows.imported + 1}.")
    return problems
