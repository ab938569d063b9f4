"""The frames of a picture, and the display names of its resources."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ....declaration.context import Context
from ..drawing import Arrow
from .resources import Thing
from .triggers import Trigger

COMMANDS: Final = "commands"
QUERIES: Final = "queries"
SUBSCRIBERS: Final = "subscribers"

Steps = tuple[Thing, Sequence[Arrow]]
"""A workflow, with the arrows to its steps and between them."""


def frames(
    context: Context[Any], things: Sequence[Thing], started: Sequence[Trigger], steps: Sequence[Steps]
) -> Mapping[str, str]:
    """Return the frame of each resource by its key: commands, queries, subscribers, or the steps of a workflow."""
    groups = dict.fromkeys(context.command_functions, COMMANDS) | dict.fromkeys(context.queries, QUERIES)
    found = {thing.key: groups[thing.name] for thing in things if thing.kind == "function" and thing.name in groups}
    within = {key: name(context, workflow) for workflow, arrows in steps for key in (workflow.key, *_targets(arrows))}
    return found | dict.fromkeys(_subscribers(started), SUBSCRIBERS) | within


def name(context: Context[Any], thing: Thing) -> str:
    """Return the display name: a command's name, another function's name in the same style, or a name with its kind."""
    if thing.kind != "function":
        return thing.kind if thing.name in thing.kind.lower().split() else f"{thing.kind} {thing.name}"
    commands = dict(zip(context.command_functions, (command.name for command in context.commands), strict=True))
    return commands.get(thing.name) or "".join(word[:1].upper() + word[1:] for word in thing.name.split("_"))


def _targets(arrows: Sequence[Arrow]) -> list[str]:
    return [arrow.target for arrow in arrows]


def _subscribers(started: Sequence[Trigger]) -> set[str]:
    """Return the keys of the queues that a topic of the context feeds and that this stack does not read."""
    read = {trigger.source.key for trigger in started if isinstance(trigger.source, Thing)}
    behind = [trigger for trigger in started if isinstance(trigger.source, Thing) and trigger.source.kind == "topic"]
    return {trigger.target.key for trigger in behind if trigger.target.kind == "queue"} - read
