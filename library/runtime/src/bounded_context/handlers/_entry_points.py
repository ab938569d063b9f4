"""The handlers of commands, queries, other contexts' events and steps of lists, made from the declaration.

Each import is in the function that needs it: every import extends a cold start.
"""

from typing import Any

from .. import aws
from ..declaration.context import Context
from ..declaration.entry_points import ON_EVENT, of_library
from ..declaration.structure import LIST_STEPS
from ..telemetry import Handler


def handler_of(context: Context[Any], name: str) -> Handler:
    """Return a new handler of a function.

    Raises:
        AttributeError: the function does not follow from the declaration.
    """
    if name not in of_library(context):
        raise AttributeError(f"{context.title} has no function {name}: name one of {', '.join(of_library(context))}.")
    makers = {context.get_function: _get, context.list_function: _list, ON_EVENT: _on_event}
    if name in LIST_STEPS:
        return _step(context, name)
    return makers[name](context) if name in makers else _command(context, name)


def _command(context: Context[Any], name: str) -> Handler:
    from .commands import command_handler

    command = next(command for command in context.commands if command.function == name)
    return command_handler(context, command.model, command.rule, lambda: aws.aggregates(context))


def _get(context: Context[Any]) -> Handler:
    from .queries import get_handler

    return get_handler(context, lambda: aws.aggregates(context))


def _list(context: Context[Any]) -> Handler:
    from .queries import list_handler

    return list_handler(context, lambda: aws.shards(context))


def _on_event(context: Context[Any]) -> Handler:
    from .inbound import event_handler

    return event_handler(context, aws.projection, aws.dead_letters)


def _step(context: Context[Any], name: str) -> Handler:
    from .list_steps import handler

    return handler(context, name)
