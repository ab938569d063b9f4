"""One call of a function, observed from its begin to its end."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from . import traces
from .errors import hushed
from .logs import logger
from .measures import flush

Handler = Callable[[dict[str, Any], Any], Any]


def entry_point(handler: Handler) -> Handler:
    """Make a Lambda handler observed: ids on every log line, a subsegment of its trace, metrics written at the end.

    Neither payloads nor answers are recorded: they hold personal data. An exception is logged once and raised again,
    without the part of its message that may quote some.
    """

    @wraps(handler)
    def observed(event: dict[str, Any], context: Any) -> Any:
        logger.append_keys(version=context.function_version)
        with traces.call(context.function_name):
            try:
                return handler(event, context)
            except Exception as error:
                logger.exception("uncaught exception")
                raise hushed(error) from None
            finally:
                flush()

    return logger.inject_lambda_context(observed, clear_state=True)


def about(**ids: str | int) -> None:
    """Say what this call is about: the ids go on each of its further log lines, and on its trace as annotations."""
    logger.append_keys(**ids)
    traces.annotate(**ids)
