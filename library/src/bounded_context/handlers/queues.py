"""The Lambda function that processes a queue of the context."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel

from ..declaration.context import Context
from ..settings import Settings
from ..telemetry import Handler
from ._batches import take_each
from ._function import function


def queue_handler(
    context: Context[Any],
    name: str,
    take: Callable[[str], None],
    settings: type[BaseModel] = Settings,
    needs: Sequence[Callable[[], object]] = (),
) -> Handler:
    """Return the Lambda handler that processes the messages of a queue, each separately.

    A message for which ``take`` raises is delivered five times in all, then moved to the dead-letter queue. Any message
    may be delivered twice, so ``take`` must be idempotent.

    Args:
        context: the function's context.
        name: the function's name, such as ``send_letter``.
        take: processes a message's body.
        settings: the model of the function's environment variables. By default it has none of its own.
        needs: builders of the function's dependencies.
    """

    def handler(event: dict[str, Any], call: Any) -> dict[str, Any]:
        return take_each(event, call.function_name, lambda record: take(record.body))

    return function(context, name, settings, needs)(handler)
