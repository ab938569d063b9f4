"""Faults of deadlines that are planted into the code under test, to see that the simulation finds each of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from itertools import chain
from typing import Any, Final
from unittest.mock import patch

from bounded_context.adapters import deadlines as index
from bounded_context.adapters.deadlines import DueTable
from bounded_context.adapters.items import Items
from bounded_context.application.deadlines import Deadlines, Due, Outcome, Pass
from bounded_context.declaration.structure import DUE, IN_PROGRESS
from bounded_context.domain import deadlines as domain
from bounded_context.handlers import meet_deadlines, relay_events

Plant = Callable[[], AbstractContextManager[Any]]


def _function(target: Any, name: str, put: Any) -> Plant:
    return lambda: patch.object(target, name, put)


# The index.


def _first_page(original: Callable[..., Any]) -> Callable[..., Any]:
    """Read the first page of each shard, and of it the first entry."""

    def shard(self: Any, status: str, number: int, at: Any) -> Iterator[Due]:
        return iter(list(original(self, status, number, at))[: index.PAGE])

    return shard


def _first_shards(self: Any, at: Any) -> Iterator[Due]:
    """Leave out the last shard."""
    numbers = range(index.INDEX_SHARDS - 1)
    return index.merge(*(self._shard(status, number, at) for status in self._statuses for number in numbers))


def _first_status(self: Any, at: Any) -> Iterator[Due]:
    """Leave out the last deadline."""
    return index.merge(*(self._shard(self._statuses[0], number, at) for number in range(index.INDEX_SHARDS)))


def _believing(self: Any, entry: Due) -> Any:
    """Believe the index, and do not compare the item's time."""
    item = self._table.get_item(Key=self._items.key(entry.identity), ConsistentRead=True).get("Item")
    return None if item is None or item["status"] != entry.status else self._items.to_aggregate(item)


def _unconditional(self: Any, entry: Due, text: str, _version: int) -> None:
    """Replace the time of an item, whatever it is now."""
    key, names, values = self._items.key(entry.identity), {"#due": DUE}, {":next": text}
    change = {"UpdateExpression": "SET #due = :next", "ExpressionAttributeNames": names}
    self._table.update_item(Key=key, ExpressionAttributeValues=values, **change)


# Writes.


def _without_time(original: Callable[..., Any], chosen: Callable[..., bool]) -> Callable[..., Any]:
    """Write items without the time of the deadline, if they are chosen."""

    def from_values(self: Any, values: Any, status: Any, version: int, list_id: Any, *more: str) -> Any:
        item = original(self, values, status, version, list_id, *more)
        return {name: value for name, value in item.items() if name != DUE or not chosen(version, list_id)}

    return from_values


def _keeping_time(original: Callable[..., None]) -> Callable[..., None]:
    """Do not remove the time of the status before."""

    def init(self: Any, context: Any) -> None:
        original(self, context)
        self.attributes = tuple(name for name in self.attributes if name != DUE)

    return init


def _of_creation(self: Any, status: str, version: int, _: str = "") -> str:
    """Let the time begin anew in the first status alone."""
    after = min(deadline.after for deadline in self._deadlines.values())
    return domain.due_text(
        meet_deadlines.now() + (self._deadlines[status].after if version == 1 else 0 * after), version
    )


# Passes.


def _any_version(original: Callable[..., Any]) -> Callable[..., Any]:
    """Send the command for any version."""

    def met(self: Any, entry: Due) -> Any:
        def run(command: Any, key: str) -> str:
            return self.run(command.model_copy(update={"expected_version": None}), key)

        return original(Deadlines(self.by_status, self.aggregates, run, self.passing, self.report), entry)

    return met


def _key_of_identity(original: Callable[..., Any]) -> Callable[..., Any]:
    """Use one key for all stays of a payment."""

    def run(context: Any, call: Any, command: Any, key: str) -> str:
        return original(context, call, command, key.rpartition("/")[0])

    return run


def _unreleased(original: Callable[..., Any]) -> Callable[..., Any]:
    """Leave refused payments in the index."""

    def outcome(self: Any, entry: Due) -> Any:
        with patch.object(type(self.aggregates), "release", lambda *_: None):
            return original(self, entry)

    return outcome


def _stopping(self: Any, at: Any) -> Pass:
    """End the pass at the first payment that is not met."""
    result = Pass()
    for entry in self.aggregates.due(at):
        outcome, error = self._outcome(entry)
        result.outcomes[outcome] += 1
        self.report(entry, outcome, error)
        if outcome is not Outcome.MET:
            break
    return result


def _forgetting(self: Any, entry: Due) -> Any:
    """Release a payment before its command, as a queue that deletes messages first."""
    self.aggregates.release(entry)
    return _OUTCOME(self, entry)


_OUTCOME: Final = Deadlines._outcome


def _finally_failed(original: Callable[..., Any]) -> Callable[..., Any]:
    """Regard an error as a refusal."""

    def outcome(self: Any, entry: Due) -> Any:
        result, error = original(self, entry)
        if result is Outcome.FAILED:
            self.aggregates.release(entry)
        return result, error

    return outcome


def _early(at: Any) -> str:
    """Take what is due within the next ten minutes."""
    return _BEFORE(at + timedelta(minutes=10))


_BEFORE: Final = domain.due_before


@contextmanager
def _passing(*codes: str) -> Iterator[None]:
    original = meet_deadlines._passing
    with patch.object(meet_deadlines, "_passing", lambda context: original(context) - {*codes}):
        yield


@contextmanager
def _all_released() -> Iterator[None]:
    """Leave every payment in the index that is asked for nothing."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(DueTable, "release", lambda *_: None))
        yield


PLANTS: Final[Mapping[str, Plant]] = {
    "payments are asked ten minutes early": _function(index, "due_before", _early),
    "only the first page of a shard is read": _function(DueTable, "_shard", _first_page(DueTable._shard)),
    "the last shard is not read": _function(DueTable, "due", _first_shards),
    "the last deadline is not read": _function(DueTable, "due", _first_status),
    "shards are read one after the other": _function(index, "merge", chain),
    "the index is believed": _function(DueTable, "get", _believing),
    "a new stay is released": _function(DueTable, "_set", _unconditional),
    "new items have no time": _function(
        Items, "from_values", _without_time(Items.from_values, lambda version, list_id: version == 1 and not list_id)
    ),
    "rows have no time": _function(
        Items, "from_values", _without_time(Items.from_values, lambda _, list_id: list_id is not None)
    ),
    "changes have no time": _function(
        Items, "from_values", _without_time(Items.from_values, lambda version, _: version > 1)
    ),
    "a change keeps the time of the status before": _function(Items, "__init__", _keeping_time(Items.__init__)),
    "the second stay is due at once": _function(Items, "due_of", _of_creation),
    "an older release's time is believed": _function(index, "of_version", lambda *_: True),
    "the command is of any version": _function(Deadlines, "_met", _any_version(Deadlines._met)),
    "all stays have one key": _function(meet_deadlines, "_run", _key_of_identity(meet_deadlines._run)),
    "a rule without a command is asked for ever": lambda: _all_released(),
    "a refusal is repeated for ever": _function(Deadlines, "_outcome", _unreleased(Deadlines._outcome)),
    "a payment that is not met ends the pass": _function(Deadlines, "meet", _stopping),
    "payments are released before their command": _function(Deadlines, "_outcome", _forgetting),
    "an error is final": _function(Deadlines, "_outcome", _finally_failed(Deadlines._outcome)),
    "an open list is a refusal": lambda: _passing("list-open"),
    "a running command is a refusal": lambda: _passing(IN_PROGRESS),
    "a released time has an event": _function(relay_events, "concerns_deadline_alone", lambda _: False),
}
"""The planted faults by their names."""
