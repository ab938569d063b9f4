"""Lists that partners send, and what becomes of them."""

import re
import time
from dataclasses import dataclass, replace

from bounded_context_local.running.context import RunningContext
from bounded_context_local.sample_lists import as_csv
from bounded_context_local.stack_state import Upload
from bounded_context_local.testing.running import Finished, finished

from .facts import HEADER, ID_COLUMN, LIST_REJECTED, SAMPLES

MEASURED_SECONDS = 20


@dataclass(frozen=True)
class Sample:
    """A list before it is sent: its records may be spoilt."""

    name: str
    rows: list[list[str]]

    @classmethod
    def of(cls, number: int, count: int) -> "Sample":
        """Return a list of good rows; another number gives other identities."""
        return cls(f"list-{number}.csv", SAMPLES.rows(count, seed=number))

    def with_cell(self, index: int, column: int, text: str) -> "Sample":
        """Return the list with one cell replaced."""
        rows = [list(row) for row in self.rows]
        rows[index][column] = text
        return replace(self, rows=rows)

    def with_ragged(self, count: int) -> "Sample":
        """Return the list with a cell too many in its first rows."""
        return replace(self, rows=[[*row, "too much"] for row in self.rows[:count]] + self.rows[count:])

    @property
    def content(self) -> bytes:
        """The file."""
        return as_csv([HEADER, *self.rows])

    @property
    def identities(self) -> set[str]:
        """The rows' identities."""
        return {row[ID_COLUMN] for row in self.rows}


def import_list(deployed: RunningContext, sent: Sample, expected: int = 1) -> Finished:
    """Upload a list and return what became of it, once each subscriber has so many events of it."""
    return finished(deployed, deployed.partner.upload(sent.name, sent.content), expected)


def finish(deployed: RunningContext, uploaded: Upload, expected: int = 1) -> Finished:
    """Return what became of an uploaded file."""
    return finished(deployed, uploaded, expected)


def assert_refused(result: Finished, reason: str) -> None:
    """The list is rejected as a whole, and report, record and event say why."""
    assert (result.outcome, result.record["status"], result.imported) == ("REJECTED", "REJECTED", 0)
    assert result.report is not None
    assert reason in result.report, result.report[:500]
    assert result.record["reason"]
    own = result.own_events()
    assert [event["type"] for event in own] == [LIST_REJECTED] * len(result.events)
    assert {event["data"]["reason"] for event in own} == {result.record["reason"]}


def measured(deployed: RunningContext, list_id: str) -> set[str]:
    """Return the metrics that were written by the call that saw a list closed."""
    deadline = time.monotonic() + MEASURED_SECONDS
    while time.monotonic() < deadline:
        closing = [call for call in _calls(deployed, "measure_lists") if "list closed" in call and list_id in call]
        if closing:
            return set(re.findall(r'"Name":"(\w+)"', closing[0]))
        time.sleep(0.2)
    raise AssertionError(f"list {list_id} was not measured in {MEASURED_SECONDS} s")


def _calls(deployed: RunningContext, function: str) -> list[str]:
    """Return what each call of a function wrote: the emulator writes all of a call at once."""
    name = deployed.outputs["functions"][function].split(":")[6]
    pages = deployed.aws.client("logs").get_paginator("filter_log_events")
    events = [event for page in pages.paginate(logGroupName=f"/aws/lambda/{name}") for event in page["events"]]
    written = "\n".join(str(event["message"]) for event in events)
    return written.split("START RequestId")
