"""The whole context on the embedded AWS, as its partner, its callers and its subscribers meet it."""

import csv
import itertools
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

from ..local.arrivals import Upload
from ..local.errors import LocalRunError
from ..local.result import expected_events
from ..local.running import RunningContext
from ..local.samples import as_csv
from ..local.stack import NO_SETTINGS
from ..local.start import running_context
from ..local.subscribers import Event, Reception, wait_for
from ..local.table import Item
from ..project import Project

Row = Mapping[str, str]

_PATIENCE_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True)
class Finished:
    """What became of a list.

    ``record`` is its item in the table, ``imported`` counts the aggregates that it brought, ``events`` are what each
    subscriber got of it, ``report`` is what the partner reads: None if there is nothing to read.
    """

    list_id: str
    outcome: str
    record: Item
    imported: int
    events: Mapping[str, list[Event]]
    report: str | None

    def types(self) -> list[list[str]]:
        """Return the types of the events that each subscriber got, sorted."""
        return [sorted(event["type"] for event in received) for received in self.events.values()]

    def own_events(self) -> list[Event]:
        """Return each subscriber's events about the list itself."""
        return [event for received in self.events.values() for event in received if event["subject"] == self.list_id]

    def rejections(self) -> list[dict[str, str]]:
        """Return the lines of the report: each has a ``line``, a ``field`` and a ``reason``."""
        return list(csv.DictReader(StringIO(self.report or "", newline="")))


class Running:
    """A context that runs. ``deployed`` is all else that one can do with it."""

    def __init__(self, deployed: RunningContext) -> None:
        self.deployed = deployed
        self._numbers = itertools.count(1)

    def rows(self, count: int) -> list[dict[str, str]]:
        """Return good rows of a list, as text by column, with identities that no others have."""
        samples = self.deployed.samples
        return [dict(zip(samples.columns, row, strict=True)) for row in samples.rows(count, seed=next(self._numbers))]

    def upload(self, rows: Sequence[Row]) -> Finished:
        """Send rows as a partner does, and return what became of them once every subscriber was told.

        Args:
            rows: the cells by column; the first row names the columns.

        Raises:
            LocalRunError: no execution started, or it did not end in time.
        """
        header = list(rows[0]) if rows else list(self.deployed.samples.columns)
        content = as_csv([header, *([row[column] for column in header] for row in rows)])
        uploaded = self.deployed.partner.upload(f"rows-{next(self._numbers)}.csv", content)
        return finished(self.deployed, uploaded)

    def invoke(self, function: str, payload: Mapping[str, Any], key: str | None = None) -> dict[str, Any]:
        """Send a command or a query to its function, and return the answer.

        Args:
            function: its name, such as ``register_payment``.
            payload: what is asked.
            key: the command's idempotency key; without one it gets a new one.

        Raises:
            LocalRunError: the function ended with an error.
        """
        message: dict[str, Any] = {"payload": dict(payload)}
        if function in self.deployed.context.command_functions:
            message["idempotency_key"] = key or str(uuid.uuid4())
        return self.deployed.invoke(function, message)

    def events(self, subject: str, count: int = 1) -> dict[str, list[Event]]:
        """Return what each subscriber heard of an aggregate, by the subscriber's name.

        It waits until each has that many events, and gives up after half a minute: the caller looks at what there is.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._fewest(subject) < count and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        return {one.name: [received.event for received in one.of_subject(subject)] for one in self.deployed.subscribers}

    def _fewest(self, subject: str) -> int:
        heard: list[list[Reception]] = [one.of_subject(subject) for one in self.deployed.subscribers]
        return min(map(len, heard), default=sys.maxsize)

    def list_item(self, list_id: str) -> Item:
        """Return a list's record in the table. Raises KeyError if there is none."""
        return self.deployed.table.list_item(list_id)

    def item(self, identity: str) -> Item | None:
        """Return an aggregate's item in the table; None if there is none."""
        return self.deployed.table.item_of(identity)


def finished(deployed: RunningContext, uploaded: Upload, expected: int | None = None) -> Finished:
    """Wait for what becomes of an uploaded file.

    Args:
        deployed: where it was uploaded.
        uploaded: the file.
        expected: events that each subscriber should have of it; without a number one for each row and the list's own.

    Raises:
        LocalRunError: no execution started, it did not end in time, or it ended before the list was registered.
    """
    ended = deployed.follow(uploaded)
    if not ended.list_id:
        raise LocalRunError(f"{uploaded.path} was not registered as a list: {ended.outcome} {ended.error}")
    imported = deployed.table.imported(ended.list_id)
    count = expected_events(ended, imported) if expected is None else expected
    return Finished(
        list_id=ended.list_id,
        outcome=ended.outcome,
        events=wait_for(deployed.subscribers, ended.list_id, count),
        record=deployed.table.list_item(ended.list_id),
        imported=deployed.table.imported(ended.list_id),
        report=_report(deployed, uploaded.path.rpartition("/")[2]),
    )


def _report(deployed: RunningContext, name: str) -> str | None:
    try:
        return deployed.partner.report(name)
    except LocalRunError:
        return None


@contextmanager
def running(project: Project, settings: Mapping[str, object] = NO_SETTINGS) -> Iterator[Running]:
    """Run the context of a repository until the block is left.

    Args:
        project: the repository.
        settings: settings of its local stack for this run alone.

    Raises:
        LocalRunError: it cannot be started; the message says why.
    """
    with running_context(project, settings=settings) as deployed:
        yield Running(deployed)
