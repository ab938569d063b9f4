"""Faults of requests, queries and inbound events that are planted into the code under test.

Each is a bug that the code had, or might get. A planted fault patches a function while the real handlers run.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from typing import Any, Final
from unittest.mock import patch

from aws_lambda_powertools.utilities.data_classes import SQSEvent
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig
from payment import use_cases

from bounded_context.adapters import dynamodb, items
from bounded_context.adapters.items import Items
from bounded_context.application import list_import, queries
from bounded_context.application.queries import Position
from bounded_context.domain.aggregate import Aggregate
from bounded_context.domain.lists import ListStatus
from bounded_context.handlers import commands, inbound, measure_lists
from bounded_context.handlers.commands import CommandHandler

from ..planted import PLANTS as OF_IMPORTS
from ..planted import Plant

# Conditions.


def _any_version(command: Any, aggregates: Any) -> Any:
    """Return the aggregate in any version."""
    return aggregates.get(command.id)


# Keys.


def _any_payload(lambda_context: Any) -> IdempotencyConfig:
    """Answer a key whatever comes with it."""
    config = _IDEMPOTENCY(lambda_context)
    config.payload_validation_jmespath = ""
    return config


_IDEMPOTENCY: Final = commands._idempotency


def _run_again(self: Any, command: Any, _key: Any, _payload: Any, _context: Any) -> dict[str, Any]:
    """Run a command as often as it is sent."""
    return self._effect(command)


# Fields.


def _replaced(self: Any, aggregate: Any) -> None:
    """Store a change as a whole item, without the attributes that this version does not know."""
    stored = self.get(aggregate.id)
    condition, values = dynamodb._unchanged(aggregate, aggregate.version - 1)
    etag = dynamodb._next_etag(aggregate)
    item = self._items.from_aggregate(aggregate) | {"traceparent": self._traceparent(), "etag": etag}
    put = self._table.put_item
    if stored.version < aggregate.version and not self._write(
        etag, put, Item=item, ConditionExpression=condition, ExpressionAttributeValues=values
    ):
        raise self._conflict(aggregate, aggregate.version - 1)
    aggregate.stored_as(etag)


def _known_alone(original: Callable[..., Any]) -> Callable[..., Any]:
    """Store a row without the values that this version does not know."""

    def from_values(self: Any, values: Mapping[str, Any], *more: Any) -> dict[str, Any]:
        return original(self, {name: value for name, value in values.items() if name in self.attributes}, *more)

    return from_values


# Pages.


def _overlapping(original: Callable[..., Any]) -> Callable[..., Any]:
    """Read a page from the shard of the last aggregate on, and not from that aggregate on."""

    def read(selection: Any, place: Any, shards: Any, aggregates: list[Any]) -> Any:
        then = original(selection, place, shards, aggregates)
        return then and Position(then.shard)

    return read


def _skipping(original: Callable[..., Any]) -> Callable[..., Any]:
    """Leave the rest of a shard out once a page is full."""

    def read(selection: Any, place: Any, shards: Any, aggregates: list[Any]) -> Any:
        then = original(selection, place, shards, aggregates)
        return Position(then.shard + 1) if then and then.after and then.shard + 1 < shards.count else then

    return read


# Inbound events.


def _taken_anyway(event: dict[str, Any], _name: str, take: Callable[[Any], None]) -> dict[str, Any]:
    """Take a batch, and leave out the messages that fail."""
    for record in SQSEvent(event).records:
        with suppress(Exception):
            take(record)
    return {"batchItemFailures": []}


def _patched(target: Any, name: str, put: Any) -> Plant:
    return lambda: patch.object(target, name, put)


def _ends() -> AbstractContextManager[Any]:
    """Count a list as failed when its undo begins."""
    failed = measure_lists._ENDS[ListStatus.FAILED]
    return patch.dict(measure_lists._ENDS, {ListStatus.COMPENSATING: failed})


PLANTS: Final[Mapping[str, Plant]] = {
    "a tag is the version alone": _patched(Aggregate, "tag", property(lambda self: str(self.version))),
    "a condition is not compared": _patched(use_cases, "expected", _any_version),
    "a command compares versions alone": OF_IMPORTS["a command compares versions alone"],
    "a lost answer is taken for a conflict": OF_IMPORTS["a lost answer is taken for a conflict"],
    "a key takes any payload": _patched(commands, "_idempotency", _any_payload),
    "a key is run again": _patched(CommandHandler, "_once", _run_again),
    "an attempt does not know the effect of an earlier one": _patched(dynamodb, "is_earlier", lambda *_: False),
    "an older version loses the newer one's field": _patched(dynamodb.AggregateTable, "save", _replaced),
    "an import loses the newer one's field": _patched(Items, "from_values", _known_alone(Items.from_values)),
    "the relay leaves out the newer one's field": _patched(Items, "beyond", lambda *_: {}),
    "a page begins with its shard": _patched(queries, "_read_on", _overlapping(queries._read_on)),
    "a page leaves out the rest of a shard": _patched(queries, "_read_on", _skipping(queries._read_on)),
    "a change moves a row to another key": _patched(items, "_suffix", lambda _: ""),
    "unreadable messages are dropped": _patched(inbound._Taker, "_bury", lambda *_: None),
    "failed messages are not delivered again": _patched(inbound, "take_each", _taken_anyway),
    "late events count": OF_IMPORTS["late events of others count"],
    "remains of a broken upload are a file": _patched(list_import, "_is_remains", lambda *_: False),
    "a late event brings any version": _patched(list_import.Upload, "_distance", lambda *_: timedelta()),
    "no second event is awaited": _patched(list_import, "_awaits_event", lambda *_: False),
    "a list is counted when its undo begins": _ends,
}
"""The planted faults by their names."""
