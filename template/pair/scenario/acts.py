"""What the two contexts do: one tells what there is, the other imports a list that refers to it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bounded_context.local.errors import LocalRunError
from bounded_context.local.running import RunningContext
from bounded_context.local.samples import Samples, as_csv
from bounded_context.local.screen import Screen
from bounded_context.local.subscribers import Subscriber, types

from .first import First
from .outcome import Outcome, Rejected, Sent, read_report

CREATED = 20
ROWS_PER_REFERENCE = 5
"""So many that the few bad ones stay within the stack's tolerance."""

SECONDS = 30.0
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Listed:
    """A list, and what of it the second context cannot know."""

    name: str
    content: bytes
    sent: Sent


@dataclass(frozen=True)
class Orders:
    """The first context's name, and its functions that create and delete."""

    first: str
    creates: str
    deletes: str


def act(screen: Screen, orders: Orders, first: First, second: RunningContext) -> Outcome:
    """Let the first create and delete things, and the second import a list that refers to them.

    Raises:
        LocalRunError: something could not be done; what was done and does not add up is the outcome's to say.
    """
    *known, nobody = first.identities(CREATED + 1)
    ended = known[0]
    [(column, thing)] = second.context.references.items()
    listed = _list(second.samples, column, known, ended, nobody)
    if before := second.table.references():
        raise LocalRunError(f"{second.context.title} knows of {len(before)} {thing}s before anybody told it of any.")
    emitted = _emit(screen, orders, first, known, ended)
    projected = _project(screen, second, listed.sent)
    imported, rejected, outcome = _import(screen, second, listed)
    contexts = (orders.first, second.context.title)
    return Outcome(*contexts, listed.sent, emitted, projected, outcome, imported, rejected, screen.stages)


def _list(samples: Samples, field: str, known: Sequence[str], ended: str, nobody: str) -> Listed:
    """Return a list of rows of all that exists, then one of what has ended and one of what never was.

    ``field`` holds what they refer to.
    """
    names = list(samples.columns)
    column = names.index(field)
    left = [one for one in known if one != ended]
    referred = [*(left * ROWS_PER_REFERENCE), ended, nobody]
    rows = samples.rows(len(referred))
    for row, reference in zip(rows, referred, strict=True):
        row[column] = reference
    # Lines count from 1, and the header is the first.
    unknown = {len(rows): ended, len(rows) + 1: nobody}
    sent = Sent(len(known), 1, len(rows), unknown, field)
    return Listed(f"two-bad-of-{len(rows)}.csv", as_csv([names, *rows]), sent)


def _emit(screen: Screen, orders: Orders, first: First, known: Sequence[str], ended: str) -> Mapping[str, int]:
    """Let the first context create what the list refers to, and delete one of it; return its events by type."""
    with screen.stage("emit"), first.heard() as heard:
        first.create(orders.creates, known)
        first.delete(orders.deletes, ended)
        _wait_for(lambda: len(heard.events) > len(known), lambda: screen.say(f"{len(heard.events)} events"))
        counted = _counted(heard)
        screen.say(", ".join(f"{count} {kind}" for kind, count in counted.items()))
        return counted


def _counted(heard: Subscriber) -> Mapping[str, int]:
    return dict(types({event["id"]: event for event in heard.events}.values()))


def _project(screen: Screen, second: RunningContext, sent: Sent) -> Mapping[str, int]:
    """Wait until the second context's projection has all of it; return how many it knows and how many are gone."""

    def counted() -> dict[str, int]:
        return dict(Counter(str(item["status"]).lower() for item in second.table.references()))

    with screen.stage("project"):
        wanted = {"known": sent.created - sent.deleted, "gone": sent.deleted}
        _wait_for(lambda: counted() == wanted, lambda: screen.say(_listing(counted())))
        found = counted()
        screen.say(_listing(found))
        return found


def _listing(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.items())


def _import(screen: Screen, second: RunningContext, listed: Listed) -> tuple[int, list[Rejected], str]:
    """Upload the list; return how many rows are in the table, which were rejected, and how it ended."""
    with screen.stage("import"):
        uploaded = second.partner.upload(listed.name, listed.content)
        ended = second.follow(uploaded, lambda state: screen.say(f"{listed.name} {second.partner.way}: {state}"))
        imported = second.table.imported(ended.list_id) if ended.list_id else 0
        screen.say(f"{listed.name} {second.partner.way}: {ended.outcome} {ended.error}".strip())
        return imported, read_report(second.partner.report(listed.name)), ended.outcome


def _wait_for(holds: Callable[[], bool], meanwhile: Callable[[], None]) -> None:
    """Wait for it, and give up after a while: the caller compares numbers."""
    deadline = time.monotonic() + SECONDS
    while not holds() and time.monotonic() < deadline:
        meanwhile()
        time.sleep(POLL_SECONDS)
