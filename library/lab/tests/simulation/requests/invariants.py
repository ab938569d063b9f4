"""The invariants of requests: those of a write, and those of the schedule at rest."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from bounded_context.adapters.services import REASON
from bounded_context.application.list_import import NEAR
from bounded_context.declaration import measures

from ..functions import FUNCTIONS
from ..history import AGGREGATE, LIST, History, Sent, Stored, Violation, Write
from ..scheduler import EPOCH
from . import pages
from .inbox import body_of
from .scenario import NotedRow
from .versions import NOTE
from .visitors import Conditional, is_held, moments, version_of

_REFUSALS: Final = ("already-exists", "illegal-move", "version-conflict")
_PROJECTION: Final = "SUBSCRIPTION#"
_ENDS: Final = {
    "IMPORTED": measures.LISTS_IMPORTED.name,
    "REJECTED": measures.LISTS_REJECTED.name,
    "FAILED": measures.LISTS_FAILED.name,
}


class AtRequests:
    """The invariants of a single write."""

    def __init__(self, history: History) -> None:
        self._history = history

    def __call__(self, write: Write) -> None:
        """Check a write. Raises Violation."""
        if write.key.startswith(_PROJECTION):
            self._projection(write)
        elif write.key.startswith(AGGREGATE):
            self._condition(write)
            self._effects(write)
            self._field(write)

    def _projection(self, write: Write) -> None:
        before, after = write.before or {}, write.after or {}
        if before.get("order", "") > after.get("order", ""):
            raise Violation("projection-back", f"{write.key}: from {before['order']} to {after.get('order')}")

    def _condition(self, write: Write) -> None:
        """A command for one version changes this version of this incarnation."""
        sent = write.command
        if not isinstance(sent, Conditional) or sent.held is None:
            return
        earlier = self._history.by_key[write.key][:-1]
        before = earlier[-1] if earlier else None
        if is_held(before, sent.held) or (sent.by_number and version_of(before) in map(version_of, sent.held)):
            return
        raise Violation("condition-failed", f"{sent.order.function} {sent.order.key} changed {write.key}")

    def _effects(self, write: Write) -> None:
        """A key has a second effect only after another command has changed the item, and if the first had no answer."""
        sent = write.command
        if sent is None or len(sent.writes) < 2 or write.late:
            return
        since = self._history.by_key[write.key]
        if all(write.command is sent for write in since[since.index(sent.writes[-2]) :]):
            raise Violation("two-effects", f"{sent.order.function} {sent.order.key} on {write.key}")

    def _field(self, write: Write) -> None:
        """No version loses the value of a field that it does not know."""
        if write.after is None:
            return
        before = write.before if write.before else self._row(write)
        if before is not None and before.get(NOTE) != write.after.get(NOTE):
            raise Violation("field-lost", f"{write.key}: {before.get(NOTE)}, then {write.after.get(NOTE)}")

    def _row(self, write: Write) -> dict[str, Any] | None:
        """Return the note of the row that was imported, None if it was no row of a list with notes."""
        stored = self._history.stored.get((write.after or {}).get("list_id", ""))
        rows = stored.upload.rows if stored else ()
        notes = {AGGREGATE + row.identity: row.note for row in rows if isinstance(row, NotedRow)}
        return {NOTE: notes[write.key] or None} if write.key in notes else None


class AtEnd:
    """The invariants of the schedule at rest. ``world`` is a ``RequestsWorld``."""

    def __init__(self, history: History, world: Any) -> None:
        self._history = history
        self._world = world

    def checks(self) -> Iterator[Callable[[], None]]:
        """Yield every check. Each raises Violation."""
        yield from (partial(pages.check, pager.pages, self._history) for pager in self._world.pagers if pager.pages)
        yield from (partial(self._own, sent) for sent in self._history.sent)
        yield from (self._poison, self._counts, self._fields, self._remains, self._late)

    def _own(self, sent: Sent) -> None:
        """No answer to a key is a refusal because of the key's own effect, as long as the effect is the last change."""
        for by, answer in sent.answers:
            code = "" if answer["ok"] else answer["error"]["code"]
            there = moments(self._history, AGGREGATE + sent.order.identity, by.started, by.ended)
            if code in _REFUSALS and all(state and state.after and state.command is sent for state in there):
                raise Violation("refused-own-key", f"{sent.order.function} {sent.order.key}: {code}")

    def _poison(self) -> None:
        """Each unreadable message is in the dead-letter queue with a reason, and no other message is there."""
        buried = {message.body for message in self._world.account.dead_letters.sent if REASON in message.attributes}
        for letter in self._world.scenario.foreign:
            if bool(letter.poison) is not (body_of(letter) in buried):
                raise Violation("poison-lost" if letter.poison else "poisoned", body_of(letter))
        if self._world.account.dead_letters.messages.keys() - {
            message.id for message in self._world.account.dead_letters.sent if REASON in message.attributes
        }:
            raise Violation("dead-letter", "a message was not redriven")

    def _counts(self) -> None:
        """A list is counted as its record says that it ended."""
        for list_id, record in self._history.lists().items():
            counted = set(_ENDS.values()) & set(self._world.counted.get(LIST + list_id, ()))
            if counted != {_ENDS[record["status"]]}:
                raise Violation("counted-wrong", f"list {list_id[:6]} is {record['status']}: {sorted(counted)}")

    def _fields(self) -> None:
        """An event has the field that the relay's version does not know."""
        data_by_event = {event["id"]: event["data"] for event in self._world.aggregate_events()}
        for write in self._history.writes:
            item = write.after or write.before or {}
            if write.event_id in data_by_event and data_by_event[write.event_id].get(NOTE) != item.get(NOTE):
                raise Violation("event-lacks-field", f"{write.key}: {item.get(NOTE)}")

    # Uploads.

    def _remains(self) -> None:
        """No event that began after the record of a broken upload brings its remains, by the clock of the record."""
        for broken in (version for version in self._world.versions if version.upload.form == "failed"):
            recorded = self._recorded(f"broken-{broken.etag}", broken)
            brought = self._recorded(broken.version, broken)
            if recorded and brought and recorded.time < _began(brought) and broken.modified <= _received(recorded):
                raise Violation("remains-imported", f"{broken.key} {broken.version}")

    def _recorded(self, version: str, stored: Stored) -> Write | None:
        registrations = (write for write in self._history.writes if write.key.startswith(LIST) and write.before is None)
        writes = (write for write in registrations if write.after and write.after["version_id"] == version)
        return next((write for write in writes if write.after and write.after["key"] == stored.key), None)

    def _late(self) -> None:
        """An event without a tag brings a version that was stored about the time of its operation."""
        renames = {
            execution.id: execution.input["detail"]
            for execution in self._world.machine.executions
            if _renamed(execution.input)
        }
        stored = {version.version: version for version in self._world.versions}
        for record in self._history.lists().values():
            detail, brought = renames.get(record["execution"]), stored.get(record["version_id"])
            if detail and brought:
                at = datetime.fromisoformat(detail["end-timestamp"]).timestamp()
                if abs(brought.modified - at) > NEAR / timedelta(seconds=1) + 1:
                    raise Violation("replaced", f"{brought.key} {brought.version} by a late event")


def _renamed(payload: Any) -> bool:
    return "renamed-file-path" in payload.get("detail", {})


def _began(write: Write) -> float:
    """Return when the invocation that wrote began."""
    assert write.by is not None
    return EPOCH + write.by.deadline - FUNCTIONS[write.by.function].timeout


def _received(write: Write) -> float:
    assert write.after is not None
    return datetime.fromisoformat(write.after["received_at"]).timestamp()
