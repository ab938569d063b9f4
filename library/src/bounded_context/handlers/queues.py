"""The function that does the work of a queue of the context's own."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel

from ..context import Context
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
    """Return the Lambda handler that takes the messages of a queue, one by one.

    A message for which ``take`` raises comes again alone, five times in all, and is then a dead letter. Any message may
    come twice: what ``take`` does must be the same for once and for often.

    Args:
        context: whose function it is.
        name: the function's, such as ``send_letter``.
        take: does what a message asks for; it is given the message's body.
        settings: what it reads from its environment; nothing without them.
        needs: what builds what it needs.
    """

    def handler(event: dict[str, Any], call: Any) -> dict[str, Any]:
        return take_each(event, call.function_name, lambda record: take(record.body))

    return function(context, name, settings, needs)(handler)
