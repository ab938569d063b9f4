"""The observation of one call of a function, from its begin to its end."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..declaration.context import Context
from . import traces
from .errors import loggable_error
from .logs import logger
from .measures import flush
from .redaction import set_up

Handler = Callable[[dict[str, Any], Any], Any]


def entry_point(context: Context[Any]) -> Callable[[Handler], Handler]:
    """Return a decorator that observes a Lambda handler of a context: ids on each log line, a subsegment, metrics.

    Payloads and answers are not recorded, since they hold personal data. An exception is logged once and raised again,
    without the parts of its message that may quote personal data.
    """
    set_up(context)

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def observed(event: dict[str, Any], call: Any) -> Any:
            set_up(context)
            logger.append_keys(version=call.function_version)
            with traces.call(call.function_name):
                try:
                    return handler(event, call)
                except Exception as error:
                    logger.exception("uncaught exception")
                    raise loggable_error(error) from None
                finally:
                    flush()

        return logger.inject_lambda_context(observed, clear_state=True)

    return decorate


def about(**ids: str | int) -> None:
    """Add ids to each further log line of this call, and to its trace as annotations."""
    logger.append_keys(**ids)
    traces.annotate(**ids)
