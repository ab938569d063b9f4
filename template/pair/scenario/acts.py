"""The steps of the scenario: the first context publishes events, the second imports a list that refers to them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bounded_context_cli.command.output import LocalRunError
from bounded_context_local.actors.subscriber import Subscriber
from bounded_context_local.run.screen import RunScreen
from bounded_context_local.running.context import RunningContext
from bounded_context_local.sample_lists import Samples, as_csv

from .first import First
from .outcome import Outcome, Rejected, Sent, read_report

CREATED = 20
ROWS_PER_REFERENCE = 5
"""Enough good rows that the two bad rows stay within `TOLERATED_SHARE`."""

TOLERATED_SHARE = 0.05
"""The second context's setting `tolerated_share`: its list has two bad rows, and the other rows are imported."""

SECONDS = 30.0
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Listed:
    """A list; ``sent`` has the lines with unknown references."""

    name: str
    content: bytes
    sent: Sent


@dataclass(frozen=True)
class Orders:
    """The first context's name, and its functions that create and delete."""

    first: str
    creates: str
    deletes: str


def act(screen: RunScreen, orders: Orders, first: First, second: RunningContext) -> Outcome:
    """Create and delete aggregates in the first context, and import a list that refers to them into the second.

    Raises:
        LocalRunError: a step failed. Unexpected numbers are in the outcome instead.
    """
    *known, unknown = first.identities(CREATED + 1)
    deleted = known[0]
    [(column, noun)] = second.context.references.items()
    listed = _list(second.samples, column, known, deleted, unknown)
    if before := second.table.references():
        raise LocalRunError(f"{second.context.title} has {len(before)} {noun}s before the first event was published.")
    emitted = _emit(screen, orders, first, known, deleted)
    projected = _project(screen, second, listed.sent)
    imported, rejected, outcome = _import(screen, second, listed)
    contexts = (orders.first, second.context.title)
    return Outcome(*contexts, listed.sent, emitted, projected, outcome, imported, rejected, screen.stages)


def _list(samples: Samples, field: str, known: Sequence[str], deleted: str, unknown: str) -> Listed:
    """Return a list with rows for all existing references, then a row for the deleted and a row for the unknown one.

    ``field`` is the column of the references.
    """
    names = list(samples.columns)
    column = names.index(field)
    existing = [identity for identity in known if identity != deleted]
    referred = [*(existing * ROWS_PER_REFERENCE), deleted, unknown]
    rows = samples.rows(len(referred))
    for row, reference in zip(rows, referred, strict=True):
        row[column] = reference
    # Lines count from 1, and the header is the first.
    rejected = {len(rows): deleted, len(rows) + 1: unknown}
    sent = Sent(len(known), 1, len(rows), rejected, field)
    return Listed(f"two-bad-of-{len(rows)}.csv", as_csv([names, *rows]), sent)


def _emit(screen: RunScreen, orders: Orders, first: First, known: Sequence[str], deleted: str) -> Mapping[str, int]:
    """Create the referenced aggregates in the first context, delete the first of them, and count its events by type."""
    with screen.stage("emit"), first.heard() as subscriber:
        first.create(orders.creates, known)
        first.delete(orders.deletes, deleted)
        _wait_for(lambda: len(subscriber.events) > len(known), lambda: screen.say(f"{len(subscriber.events)} events"))
        counted = _count_by_type(subscriber)
        screen.say(", ".join(f"{count} {kind}" for kind, count in counted.items()))
        return counted


def _count_by_type(subscriber: Subscriber) -> Mapping[str, int]:
    types = {event["id"]: event["type"] for event in subscriber.events}
    return Counter(types.values())


def _project(screen: RunScreen, second: RunningContext, sent: Sent) -> Mapping[str, int]:
    """Wait until the second context has projected all events; return the number of references by status."""

    def counted() -> dict[str, int]:
        return dict(Counter(str(item["status"]).lower() for item in second.table.references()))

    with screen.stage("project"):
        expected = {"known": sent.created - sent.deleted, "gone": sent.deleted}
        _wait_for(lambda: counted() == expected, lambda: screen.say(_listing(counted())))
        counts = counted()
        screen.say(_listing(counts))
        return counts


def _listing(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def _import(screen: RunScreen, second: RunningContext, listed: Listed) -> tuple[int, list[Rejected], str]:
    """Upload the list; return the number of imported rows, the rejected rows, and the list's outcome."""
    with screen.stage("import"):
        uploaded = second.partner.upload(listed.name, listed.content)
        ended = second.follow(uploaded, lambda state: screen.say(f"{listed.name} {second.partner.transport}: {state}"))
        imported = second.table.imported(ended.list_id) if ended.list_id else 0
        screen.say(f"{listed.name} {second.partner.transport}: {ended.outcome} {ended.error}".strip())
        return imported, read_report(second.partner.report(listed.name)), ended.outcome


def _wait_for(holds: Callable[[], bool], meanwhile: Callable[[], None]) -> None:
    """Wait until ``holds`` returns True, for at most `SECONDS`: the caller compares the numbers."""
    deadline = time.monotonic() + SECONDS
    while not holds() and time.monotonic() < deadline:
        meanwhile()
        time.sleep(POLL_SECONDS)
