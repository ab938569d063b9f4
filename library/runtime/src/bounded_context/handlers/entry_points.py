"""The entry points of commands, queries, own routes, other contexts' events and steps of lists.

The declaration names them. The handler of the command VerifyPayment is
``bounded_context.handlers.entry_points.verify_payment``. The environment variable CONTEXT names the context. Each
import is in the function that needs it: every import extends a cold start.
"""

# Functions of a context may have any name without a leading underscore.
from typing import Any as _Any

from .. import aws as _aws
from ..declaration.context import Context as _Context
from ..declaration.context import declared as _declared
from ..declaration.entry_points import ON_EVENT as _ON_EVENT
from ..declaration.entry_points import of_library as _of_library
from ..declaration.structure import LIST_STEPS as _LIST_STEPS
from ..telemetry import Handler as _Handler


def __getattr__(name: str) -> _Handler:
    # Lazy: a function builds only its own handler.
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = handler = _handler_of(_declared(), name)
    return handler


def _handler_of(context: _Context[_Any], name: str) -> _Handler:
    """Return a new handler of a function.

    Raises:
        AttributeError: the function does not follow from the declaration.
    """
    if name not in _of_library(context):
        return _own_route(context, name)
    if name in context.queries:
        return _query(context, name)
    if name in _LIST_STEPS:
        from .list_steps import handler

        return handler(context, name)
    if name == _ON_EVENT:
        from .inbound import event_handler

        return event_handler(context, _aws.projection, _aws.dead_letters)
    from .commands import command_handler

    command = next(command for command in context.commands if command.function == name)
    return command_handler(context, command.model, command.rule, lambda: _aws.aggregates(context))


def _own_route(context: _Context[_Any], name: str) -> _Handler:
    from ..declaration.own_routes import own_routes
    from .own_routes import own_handler

    own = own_routes(context)
    if name not in own:
        raise AttributeError(
            f"{context.title} has no function {name}: name one of {', '.join((*_of_library(context), *own))}."
        )
    return own_handler(context, own[name])


def _query(context: _Context[_Any], name: str) -> _Handler:
    from .queries import children_handler, get_handler, list_handler

    if name == context.get_function:
        return get_handler(context, lambda: _aws.aggregates(context))
    if name in context.child_queries:
        return children_handler(context, name, lambda: _aws.children(context))
    return list_handler(context, lambda: _aws.shards(context))
