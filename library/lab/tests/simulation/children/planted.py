"""Faults that are planted into children, which the simulation has to find."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final
from unittest.mock import patch

from bounded_context.adapters import dynamodb
from bounded_context.adapters.dynamodb import AggregateTable, ChildTable
from bounded_context.adapters.items import Changes, Items
from bounded_context.application.calls import OneChange
from bounded_context.domain import aggregate, children
from bounded_context.domain.aggregate import Transitions
from bounded_context.handlers import queries
from bounded_context.handlers.commands import CommandHandler

Plant = Callable[[], AbstractContextManager[Any]]


def _put(target: Any, name: str, value: Any) -> Plant:
    return lambda: patch.object(target, name, value)


def _without_limit(self: Any, changed: Any, child: Any) -> None:
    aggregate._check(self._adds[child], changed)


def _in_any_status(self: Any, changed: Any, child: Any) -> None:
    children_of = self._children[child]
    if changed.counts[children_of.name] > children_of.most:
        raise aggregate.TooMany(changed.details.identity, changed.id, children_of)


def _in_two_writes(*, child_first: bool) -> Plant:
    """Write the child and the count one after the other."""
    original = AggregateTable._transact

    def transact(self: Any, changed: Any, version: int, *writes: Any) -> None:
        for write in writes[::-1] if child_first else writes:
            original(self, changed, version, write)

    return _put(AggregateTable, "_transact", transact)


def _in_any_version(item: Any, version: int) -> tuple[str, dict[str, Any]]:
    return "version = :version OR attribute_exists(pk)", {":version": version}


def _of_its_status(self: Any, image: Any, status: Any, *, removed: bool) -> tuple[str, str | None]:
    event = self._context.deletion_event if removed else self._context.event_by_status[status]
    return event, None


def _again(self: Any, command: Any, _key: Any, _payload: Any, _context: Any) -> dict[str, Any]:
    return self._effect(command)


def _of_any_change(original: Callable[..., Any]) -> Callable[..., Any]:
    """Take each change of an aggregate with children for its removal."""

    def gone(self: Any, record: Any) -> Any:
        from bounded_context.adapters.items import COUNTS, image_of

        image = image_of(record)
        return self._items.to_aggregate(image) if COUNTS in image else None

    assert original
    return gone


def _without_last_child(original: Callable[..., Any]) -> Callable[..., Any]:
    """Read an aggregate without the child that its last write added."""

    def to_aggregate(self: Any, item: Mapping[str, Any]) -> Any:
        return original(self, {**item, "last-child": {}} if "last-child" in item else item)

    return to_aggregate


def _page(shift: int) -> Plant:
    """Begin a page some numbers too early or too late."""
    original = queries.list_children

    def list_children(query: Any, child: str, stored: Any) -> Any:
        class Shifted:
            def read(self, identity: str, name: str, after: int, most: int) -> Any:
                return stored.read(identity, name, max(0, after + shift) if after else 0, most)

        shifted: Any = Shifted()
        return original(query, child, shifted)

    return _put(queries, "list_children", list_children)


def _first_alone(original: Callable[..., Any]) -> Callable[..., Any]:
    """Remove the first child alone."""

    def child_keys(self: Any, removed: Any) -> Any:
        return list(original(self, removed))[:1]

    return child_keys


def _numbered(original: Callable[..., Any]) -> Callable[..., Any]:
    """Give every child the number of the first."""
    return lambda child, _number: original(child, 1)


def _any_change(self: Any, changed: Any) -> None:
    """Accept a change without the version that follows the stored version."""
    if changed.added is not None:
        self._addition(changed, changed.added)


PLANTS: Final[Mapping[str, Plant]] = {
    "a limit is not checked": _put(Transitions, "_addition", _without_limit),
    "a status is not checked": _put(Transitions, "_addition", _in_any_status),
    "several changes are written": _put(OneChange, "_single", lambda self: self._changes),
    "a change skips a version": _put(Transitions, "change", _any_change),
    "a removal leaves the children": _put(ChildTable, "remove_all", lambda *_: None),
    "a removal leaves all children but the first": _put(Items, "child_keys", _first_alone(Items.child_keys)),
    "the relay removes the children of any change": _put(Changes, "gone", _of_any_change(Changes.gone)),
    "a successor has the same family": _put(children, "new_family", lambda: "family"),
    "a version is not compared": _put(dynamodb, "_unchanged", _in_any_version),
    "a child is written before its count": _in_two_writes(child_first=True),
    "a count is written before its child": _in_two_writes(child_first=False),
    "a child is not remembered": _put(dynamodb, "effect_name", lambda: None),
    "a key is run again": _put(CommandHandler, "_once", _again),
    "the event of a child is that of the status": _put(Changes, "_type_and_schema", _of_its_status),
    "a repeated answer lacks the child": _put(Items, "to_aggregate", _without_last_child(Items.to_aggregate)),
    "a page leaves out a child": _page(1),
    "a page repeats a child": _page(-1),
    "all children have one number": _put(children, "values_of", _numbered(children.values_of)),
}
"""The planted faults by their names."""
