"""Lists that partners send, and what becomes of them."""

import re
import time
from dataclasses import dataclass, replace

from <<cookiecutter.__package>>.domain import events

from infra.context import CONTEXT
from local import samples
from local.arrivals import Upload
from local.context import Item, RunningContext
from local.errors import LocalRunError
from local.subscribers import Event, wait_for

CREATED = events.REACHED[events.FIRST]
MEASURED_SECONDS = 20
ID = list(samples.columns()).index(f"{CONTEXT}_id")


@dataclass(frozen=True)
class Sample:
    """A list before it is sent: its records may be spoilt."""

    name: str
    rows: list[list[str]]

    @classmethod
    def of(cls, number: int, count: int) -> "Sample":
        """Return a list of good rows; another number gives other identities."""
        return cls(f"list-{number}.csv", samples.rows(count, seed=number))

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
        return samples.as_csv([list(samples.columns()), *self.rows])

    @property
    def identities(self) -> set[str]:
        """The rows' identities."""
        return {row[ID] for row in self.rows}


@dataclass(frozen=True)
class Finished:
    """A list after its execution has ended."""

    list_id: str
    outcome: str
    record: Item
    imported: int
    events: dict[str, list[Event]]
    report: str | None

    def types(self) -> list[list[str]]:
        """Return the types of the events that each subscriber got, sorted."""
        return [sorted(event["type"] for event in received) for received in self.events.values()]

    def own_events(self) -> list[Event]:
        """Return each subscriber's event about the list itself."""
        return [event for received in self.events.values() for event in received if event["subject"] == self.list_id]


def import_list(context: RunningContext, sent: Sample, expected: int = 1) -> Finished:
    """Upload a list and return what became of it, once each subscriber has so many events of it."""
    return finish(context, context.upload(sent.name, sent.content), expected)


def finish(context: RunningContext, uploaded: Upload, expected: int = 1) -> Finished:
    """Return what became of an uploaded file."""
    ended = context.follow(uploaded)
    assert ended.list_id, ended
    received = wait_for(context.subscribers, ended.list_id, expected)
    return Finished(
        list_id=ended.list_id,
        outcome=ended.outcome,
        record=context.list_item(ended.list_id),
        imported=context.imported(ended.list_id),
        events=received,
        report=_report(context, uploaded.path.rpartition("/")[2]),
    )


def assert_refused(done: Finished, reason: str) -> None:
    """The list is rejected as a whole, and report, record and event say why."""
    assert (done.outcome, done.record["status"], done.imported) == ("REJECTED", "REJECTED", 0)
    assert done.report is not None
    assert reason in done.report, done.report[:500]
    assert done.record["reason"]
    own = done.own_events()
    assert [event["type"] for event in own] == [events.LIST_REJECTED] * len(done.events)
    assert {event["data"]["reason"] for event in own} == {done.record["reason"]}


def measured(context: RunningContext, list_id: str) -> set[str]:
    """Return the metrics that were written by the call that saw a list closed."""
    deadline = time.monotonic() + MEASURED_SECONDS
    while time.monotonic() < deadline:
        closing = [call for call in _calls(context, "measure_lists") if "list closed" in call and list_id in call]
        if closing:
            return set(re.findall(r'"Name":"(\w+)"', closing[0]))
        time.sleep(0.2)
    raise AssertionError(f"list {list_id} was not measured in {MEASURED_SECONDS} s")


def _calls(context: RunningContext, function: str) -> list[str]:
    """Return what each call of a function wrote: the emulator writes all of a call at once."""
    name = context.outputs["functions"][function].split(":")[6]
    pages = context.aws.client("logs").get_paginator("filter_log_events")
    events = [event for page in pages.paginate(logGroupName=f"/aws/lambda/{name}") for event in page["events"]]
    written = "\n".join(str(event["message"]) for event in events)
    return written.split("START RequestId")


def _report(context: RunningContext, name: str) -> str | None:
    try:
        return context.report(name)
    except LocalRunError:
        return None
