"""Calls of a deprecated function: a log line and a metric for each, and the headers of its answers."""

from functools import wraps
from typing import Any

from ..declaration.context import Context
from ..declaration.deprecation import Deprecation
from ..telemetry import Handler, count, logger
from ._requests import is_request


def reporting(context: Context[Any], name: str, handler: Handler) -> Handler:
    """Return the handler of a deprecated function. Its log line has the calling application, and names no person."""
    days = Deprecation.read(context.deprecated[name])

    @wraps(handler)
    def answering(event: dict[str, Any], call: Any) -> Any:
        try:
            response = handler(event, call)
        finally:
            if not _is_check(event):
                logger.warning("deprecated function called", function=name, sunset=days.end.isoformat())
                count(context.measures.deprecated_uses, contract=name)
        if is_request(event):
            response["headers"] |= days.headers
        return response

    return answering


def _is_check(event: Any) -> bool:
    """Return whether the check of a new version sent a message, with an empty payload that every function refuses."""
    return isinstance(event, dict) and event.get("payload") == {}
