"""Which things stand in one frame, and what functions are called."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..context import Context
from ..drawing import Arrow
from .things import Thing
from .triggers import Trigger

COMMANDS: Final = "commands"
QUERIES: Final = "queries"
SUBSCRIBERS: Final = "subscribers"

Steps = tuple[Thing, Sequence[Arrow]]
"""A workflow, and the arrows to and between its steps."""


def frames(
    context: Context[Any], things: Sequence[Thing], started: Sequence[Trigger], steps: Sequence[Steps]
) -> Mapping[str, str]:
    """The frames' names, by the keys of the things in them: commands, queries, subscribers, a workflow's steps."""
    asked = dict.fromkeys(context.command_functions, COMMANDS) | dict.fromkeys(context.queries, QUERIES)
    found = {one.key: asked[one.name] for one in things if one.kind == "function" and one.name in asked}
    within = {key: name(context, workflow) for workflow, arrows in steps for key in (workflow.key, *_targets(arrows))}
    return found | dict.fromkeys(_subscribers(started), SUBSCRIBERS) | within


def name(context: Context[Any], thing: Thing) -> str:
    """What people call a thing: a function as a command is called, or in the same way; others with their kind."""
    if thing.kind != "function":
        return thing.kind if thing.name in thing.kind.lower().split() else f"{thing.kind} {thing.name}"
    commands = dict(zip(context.command_functions, (one.name for one in context.commands), strict=True))
    return commands.get(thing.name) or "".join(word[:1].upper() + word[1:] for word in thing.name.split("_"))


def _targets(arrows: Sequence[Arrow]) -> list[str]:
    return [one.target for one in arrows]


def _subscribers(started: Sequence[Trigger]) -> set[str]:
    """The queues behind the context's topics that nothing here reads."""
    read = {one.source.key for one in started if isinstance(one.source, Thing)}
    behind = [one for one in started if isinstance(one.source, Thing) and one.source.kind == "topic"]
    return {one.target.key for one in behind if one.target.kind == "queue"} - read
