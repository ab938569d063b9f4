"""The invariants of deadlines: each payment that stays due is asked once, none early, none after it left its status."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from bounded_context.declaration.structure import DUE, MEET_DEADLINES

from ..history import AGGREGATE, Item, Violation, Write
from .contexts import AFTER, LEFT_ALONE, NEXT, SEALED
from .scenario import PERIOD

if TYPE_CHECKING:
    from .world import DeadlinesWorld

_SKEW: Final = 11.0
"""Seconds by which the clocks of two functions differ at most, and a second for rounding."""
_LATEST: Final = 2 * PERIOD + 100.0
"""Seconds after which an undisturbed command is late. The index may be behind for one pass."""


def due_alone(write: Write) -> bool:
    """Return whether a write changed the time of a deadline, and nothing else."""
    before, after = write.before, write.after
    return before is not None and after is not None and {**before, DUE: 0} == {**after, DUE: 0}


def due_of(item: Item | None) -> float | None:
    """Return the time at which an item is due in seconds since 1970, or None."""
    text = (item or {}).get(DUE, "released")
    return None if text.startswith("released") else datetime.fromisoformat(text.partition("#")[0]).timestamp()


class AtWrites:
    """The invariants of a single write of a payment."""

    def __init__(self, world: "DeadlinesWorld") -> None:
        self._world = world
        self._entered: dict[str, float] = {}
        self._last: dict[Any, float] = {}

    def __call__(self, write: Write) -> None:
        """Check a write. Raises Violation."""
        if not write.key.startswith(AGGREGATE):
            return
        if due_alone(write):
            self._release(write)
            return
        if write.function == MEET_DEADLINES:
            self._met(write)
        self._entered[write.key] = write.time
        self._time(write)

    def _met(self, write: Write) -> None:
        before, after = write.before or {}, write.after
        status = before.get("status", "")
        if status not in self._world.statuses or (after and after.get("status")) != NEXT[status]:
            raise Violation("wrong-command", f"{write.key}: {status}, then {after and after.get('status')}")
        if write.key.removeprefix(AGGREGATE) == LEFT_ALONE and status == "REGISTERED":
            raise Violation("not-to-be-asked", write.key)
        stay = write.time - self._entered[write.key]
        if stay < AFTER[status] - _SKEW:
            raise Violation("early", f"{write.key}: after {stay:.2f} s in {status}")
        due = due_of(before)
        assert due is not None
        if write.late:
            return
        if due < self._last.get(write.by, 0.0):
            raise Violation("out-of-order", f"{write.key} was due before the payment before it")
        self._last[write.by] = due
        if self._world.in_time and write.time - due > _LATEST:
            raise Violation("late", f"{write.key}: {write.time - due:.0f} s after it was due")

    def _time(self, write: Write) -> None:
        """Each write that enters a status has the time of its deadline, and of no other."""
        if write.after is None or self._world.by_older(write):
            return
        if "status" not in write.after:
            raise Violation("broken-item", f"{write.key}: {write.after}")
        status, due = write.after["status"], due_of(write.after)
        wanted = write.time + AFTER[status] if status in self._world.statuses else None
        if (due is None) != (wanted is None):
            raise Violation("wrong-time", f"{write.key} in {status}: {write.after.get(DUE)}")
        # A request that takes effect late has the time at which it was sent.
        if due is not None and wanted is not None and not -900.0 < due - wanted < _SKEW:
            raise Violation("wrong-time", f"{write.key} in {status}: {due - wanted:.0f} s off")

    def _release(self, write: Write) -> None:
        """Only a payment that keeps its status for good leaves the index without a change."""
        assert write.before is not None
        assert write.after is not None
        identity = write.key.removeprefix(AGGREGATE)
        final = identity in (LEFT_ALONE, SEALED) and write.before["status"] == "REGISTERED"
        if due_of(write.after) is not None:
            if not self._world.scenario.older:
                raise Violation("begun-anew", write.key)
        elif not final:
            raise Violation("released", f"{write.key} in {write.before['status']}")


class AtEnd:
    """The invariants of the schedule at rest."""

    def __init__(self, world: "DeadlinesWorld") -> None:
        self._world = world

    def checks(self) -> Iterator[Callable[[], None]]:
        """Yield every check. Each raises Violation."""
        yield from (self._left, self._asked, self._answers, self._events)

    def _left(self) -> None:
        """No payment is still due, and each payment without a time was released."""
        for key, item in self._world.account.store.items.items():
            if not key.startswith(AGGREGATE) or item["status"] not in self._world.statuses:
                continue
            final = key.removeprefix(AGGREGATE) in (LEFT_ALONE, SEALED) and item["status"] == "REGISTERED"
            changes = [write for write in self._world.history.by_key[key] if not due_alone(write)]
            # A release without deadlines writes no time: `context deadlines` adds it.
            final = final or self._world.by_older(changes[-1])
            if due_of(item) is not None or not final:
                raise Violation("left", f"{key} in {item['status']}: {item.get(DUE)}")

    def _asked(self) -> None:
        """Without faults, overlapping passes and open lists, the rule gets each stay once."""
        slow, scenario = self._world.scheduler.profile.slow, self._world.scenario
        retried = any(answer["failed"] or answer["waiting"] for answer in self._world.answers)
        if not self._world.undisturbed or slow or retried or scenario.calls or scenario.uploads:
            return
        for (identity, tag), times in Counter(self._world.asked).items():
            if times > 1 and not self._world.changed_meanwhile:
                raise Violation("asked-twice", f"{identity} {tag}: {times} times")

    def _answers(self) -> None:
        """The last pass met everything."""
        last = self._world.answers[-1]
        if last["seconds"] or not last["complete"]:
            raise Violation("the last pass is late", str(last))

    def _events(self) -> None:
        """A change of the time alone has no event, and every other change has one."""
        published = {event["id"] for event in self._world.aggregate_events()}
        for write in self._world.history.writes:
            if not write.key.startswith(AGGREGATE) or write.sequence in self._world.given_up:
                continue
            if due_alone(write) is (write.event_id in published):
                raise Violation("an event and a change differ", f"{write.key}: {write.before}, then {write.after}")
