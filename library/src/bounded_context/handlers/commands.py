"""The Lambda functions of commands."""

from collections.abc import Callable
from typing import Any, TypeVar

from ..application.ports import Aggregates
from ..declaration.context import Context
from ..domain.aggregate import Aggregate, Change, Details
from ..settings import TableSettings
from ..telemetry import Handler
from ._commands import CommandHandler
from ._function import function
from ._marks import marked

C = TypeVar("C", bound=Details | Change)
A = TypeVar("A", bound=Aggregate[Any, Any])


def command_handler(
    context: Context[A],
    command: type[C],
    use_case: Callable[[C, Aggregates[A]], A],
    aggregates: Callable[[], Aggregates[A]],
) -> Handler:
    """Return the Lambda handler of a command. It accepts messages, and with an API also requests.

    ``use_case`` returns the aggregate after the command, or raises a BusinessError. ``aggregates`` builds the
    repository of the aggregates.

    Raises:
        LookupError: the context does not declare the command.
    """
    declared = context.command(command)
    # Only the models that the function reads are built, and at its start, when Lambda gives the most processor time.
    command.model_rebuild()
    handler = CommandHandler(context, declared, command, use_case, aggregates)
    made = function(context, declared.function, TableSettings, [aggregates])(_answering(handler))
    return marked(made, use_case=use_case)


def _answering(handler: CommandHandler[Any, Any]) -> Handler:
    if not handler.context.api:
        return handler.take
    from ._command_routes import command_operation
    from ._http import answers_requests

    operation = command_operation(handler.context, handler.declared, handler.perform)
    return answers_requests(operation, handler.context.name, handler.counting)(handler.take)
