"""The whole context on the embedded AWS, from the view of its partner, its callers and its subscribers."""

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

from bounded_context.domain.formats import PLAIN
from bounded_context.domain.spelling import kebab
from bounded_context_cli.command.output import LocalRunError
from bounded_context_infra.configuration.project import Project

from ..actors.partner import Partner
from ..actors.subscriber import Event, Reception, wait_for
from ..emulator.clock import until
from ..provider.program import NO_SETTINGS
from ..running.context import RunningContext, expected_events
from ..running.start import running_context
from ..sample_lists import Samples
from ..stack_state import Item, Upload

Row = Mapping[str, str]

_PATIENCE_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True)
class Finished:
    """The result of a list.

    ``record`` is its item in the table, ``imported`` the number of imported aggregates. ``events`` holds the events by
    subscriber. ``report`` is the partner's report, or None if there is no report.
    """

    list_id: str
    outcome: str
    record: Item
    imported: int
    events: Mapping[str, list[Event]]
    report: str | None

    def types(self) -> list[list[str]]:
        """Return the sorted types of the events of each subscriber."""
        return [sorted(event["type"] for event in received) for received in self.events.values()]

    def own_events(self) -> list[Event]:
        """Return the events about the list itself, of all subscribers."""
        return [event for received in self.events.values() for event in received if event["subject"] == self.list_id]

    def rejections(self) -> list[dict[str, str]]:
        """Return the report's lines, each with ``line``, ``field`` and ``reason``."""
        return list(csv.DictReader(StringIO(self.report or "", newline="")))


class Running:
    """A context that runs. ``deployed`` gives access to all its parts."""

    def __init__(self, deployed: RunningContext) -> None:
        self.deployed = deployed
        self._numbers = itertools.count(1)

    def rows(self, count: int) -> list[dict[str, str]]:
        """Return valid rows of a list, as text by column. The identities are new in each call."""
        samples = self.deployed.samples
        return [dict(zip(samples.columns, row, strict=True)) for row in samples.rows(count, seed=next(self._numbers))]

    def upload(self, rows: Sequence[Row], partner: str = "", reject: str = "") -> Finished:
        """Upload rows over SFTP, and return the result after the subscribers have received the events.

        Args:
            rows: the plain cells by column; the first row defines the columns.
            partner: a partner of `Pulumi.local.yaml`, whose format the file has; by default the run's partner.
            reject: the reason to reject the list if it waits for an approval; by default, the list is approved.

        Raises:
            LocalRunError: no execution started, or it did not end in time.
        """
        deployed, uploader = self.deployed, self.deployed.partner
        uploader = uploader.named(partner) if partner else uploader
        header = list(rows[0]) if rows else list(deployed.samples.columns)
        samples = Samples(deployed.context, deployed.formats.get(uploader.name, PLAIN))
        content = samples.written([header, *([row[column] for column in header] for row in rows)])
        uploaded = uploader.upload(f"rows-{next(self._numbers)}.csv", content)
        return finished(deployed, uploaded, uploader=uploader, reject=reject)

    def invoke(self, function: str, payload: Mapping[str, Any], key: str | None = None) -> dict[str, Any]:
        """Send a command or a query to its function, and return the answer.

        Args:
            function: the function's name, such as ``register_payment``.
            payload: the payload of the message.
            key: the command's idempotency key; by default a new key.

        Raises:
            LocalRunError: the function ended with an error.
        """
        message: dict[str, Any] = {"payload": dict(payload)}
        if function in self.deployed.context.command_functions:
            message["idempotency_key"] = key or str(uuid.uuid4())
        return self.deployed.invoke(function, message)

    def publish(self, source: str, event_type: str, subject: str, **members: object) -> Event:
        """Publish an event of another context, as its relay would, and return the event.

        Args:
            source: the other context's name, as in the setting `consumes` of the local stack.
            event_type: the type of the event.
            subject: the identity of the other context's aggregate.
            members: further members of the event, such as ``data``.

        Raises:
            LocalRunError: the local stack consumes no events of this context.
        """
        for neighbour in self.deployed.neighbours:
            if kebab(neighbour.name) == kebab(source):
                return neighbour.publish_event(event_type, subject, time.time_ns(), **members)
        remedy = "write it into consumes in infra/service/Pulumi.local.yaml"
        raise LocalRunError(f"the local stack consumes no events of {source}: {remedy}.")

    def events(self, subject: str, count: int = 1) -> dict[str, list[Event]]:
        """Return the events about an aggregate, by the subscriber's name.

        Waits until each subscriber has that many events, at most 30 seconds. Returns fewer events after that.
        """
        until(lambda: self._fewest(subject) >= count, _PATIENCE_SECONDS, _POLL_SECONDS)
        return {
            subscriber.name: [received.event for received in subscriber.of_subject(subject)]
            for subscriber in self.deployed.subscribers
        }

    def _fewest(self, subject: str) -> int:
        received: list[list[Reception]] = [subscriber.of_subject(subject) for subscriber in self.deployed.subscribers]
        return min(map(len, received), default=sys.maxsize)

    def list_item(self, list_id: str) -> Item:
        """Return a list's record in the table. Raises KeyError."""
        return self.deployed.table.list_item(list_id)

    def item(self, identity: str) -> Item | None:
        """Return an aggregate's item in the table, or None."""
        return self.deployed.table.item_of(identity)


def finished(
    deployed: RunningContext,
    uploaded: Upload,
    expected: int | None = None,
    uploader: Partner | None = None,
    reject: str = "",
) -> Finished:
    """Wait for the end of an upload's execution and for the events, and return the result.

    Args:
        deployed: the context that received the upload.
        uploaded: the file.
        expected: the number of events for each subscriber; by default one for each row, and the list's own events.
        uploader: the partner, by default the run's partner.
        reject: the reason to reject the list if it waits for an approval; by default, the list is approved.

    Raises:
        LocalRunError: no execution started, it did not end in time, or it ended before the list was registered.
    """
    execution = deployed.follow(uploaded, decide=lambda list_id: deployed.decide(list_id, reject))
    if not execution.list_id:
        raise LocalRunError(f"{uploaded.path} was not registered as a list: {execution.outcome} {execution.error}")
    imported = deployed.table.imported(execution.list_id)
    count = expected_events(execution, imported) if expected is None else expected
    return Finished(
        list_id=execution.list_id,
        outcome=execution.outcome,
        events=wait_for(deployed.subscribers, execution.list_id, count),
        record=deployed.table.list_item(execution.list_id),
        imported=deployed.table.imported(execution.list_id),
        report=_report(uploader or deployed.partner, uploaded.path.rpartition("/")[2]),
    )


def _report(partner: Partner, name: str) -> str | None:
    try:
        return partner.report(name)
    except LocalRunError:
        return None


@contextmanager
def running(project: Project, settings: Mapping[str, object] = NO_SETTINGS) -> Iterator[Running]:
    """Run the context of a repository until the block ends.

    Args:
        project: the repository.
        settings: settings of its local stack for this run.

    Raises:
        LocalRunError: the context cannot be started; the message names the cause.
    """
    with running_context(project, settings=settings) as deployed:
        yield Running(deployed)
