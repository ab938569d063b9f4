"""Contexts of one shape whose details are what a test says: versions of one context, one with a field more."""

from enum import StrEnum
from typing import Any

from pydantic import create_model

from bounded_context import Aggregate, Aggregates, Change, Command, Context, Details, EventData, Identifier, expected

Fields = dict[str, Any]
"""Fields by name, each as its type and its default, `...` if it has none."""


class Stage(StrEnum):
    """Where a thing stands."""

    MADE = "MADE"
    MOVED = "MOVED"


def context_of(fields: Fields, **more: Any) -> Context[Any]:
    """Return a context whose details have an identity and these fields, and so have its change and its events."""
    details: Any = model_of("ThingDetails", Details, fields)
    standing: Fields = {"status": (str, ...), "version": (int, ...), "list_id": (str | None, ...)}
    change, delete = model_of("MoveThing", Change, fields), model_of("DropThing", Change, {})
    kind = _aggregate(details)
    commands = (
        Command.creates(model_of("MakeThing", details, {}), _making(kind), Stage.MADE, "ThingMade"),
        Command.changes(change, move_thing, Stage.MOVED, "ThingMoved", after=(Stage.MADE,)),
        Command.deletes(delete, drop_thing, "ThingDropped", after=tuple(Stage)),
    )
    events = [command.event for command in commands]
    return Context(
        name="thing",
        plural="things",
        display_name="Thing",
        owner="things-team",
        aggregate=kind,
        commands=commands,
        data=model_of("ThingData", EventData, fields | standing),
        versions=dict.fromkeys((*events, "ThingListImported", "ThingListRejected"), "1.0"),
        queried_by=("list", "status"),
        **more,
    )


def model_of(name: str, base: Any, fields: Fields) -> Any:
    """Return a model of a thing, with its identity and these fields."""
    own: Fields = {} if "thing_id" in base.model_fields else {"thing_id": (Identifier, ...)}
    factory: Any = create_model
    return factory(name, __base__=base, __doc__=f"{name}.", **own | fields)


def _aggregate(details: Any) -> Any:
    class Thing(Aggregate[details, Stage]):
        """A thing as it stands."""

    return Thing


def make(context: Context[Any]) -> Any:
    """Return the rule of a context's first command."""
    return context.creating.rule


def _making(kind: Any) -> Any:
    def make_thing(command: Any, things: Aggregates[Any]) -> Any:
        """Create the thing."""
        thing = kind(kind.details_type(**command.model_dump(mode="json")), Stage.MADE)
        things.add(thing)
        return thing

    return make_thing


def move_thing(command: Any, things: Aggregates[Any]) -> Any:
    """Move the thing to MOVED."""
    moved = expected(command, things).moved_to(Stage.MOVED)
    things.save(moved)
    return moved


def drop_thing(command: Any, things: Aggregates[Any]) -> Any:
    """Remove the thing."""
    current = expected(command, things)
    things.remove(current)
    return current
