"""Calls of a deprecated function: a log line and a metric for each, and the headers of its answers."""

from functools import wraps
from typing import Any

from ..declaration.deprecation import Deprecation
from ..declaration.measures import uses
from ..telemetry import Handler, count, logger
from ._requests import is_request


def reporting(name: str, text: str, handler: Handler) -> Handler:
    """Return the handler of a deprecated function. Its log line has the calling application, and names no person."""
    days, measure = Deprecation.read(text), uses([name])

    @wraps(handler)
    def answering(event: dict[str, Any], call: Any) -> Any:
        response: Any = {}
        try:
            response = handler(event, call)
        finally:
            if not _is_check(event, response):
                logger.warning("deprecated function called", function=name, sunset=days.end.isoformat())
                count(measure, contract=name)
        if is_request(event):
            response["headers"] |= days.headers
        return response

    return answering


def _is_check(event: Any, response: Any) -> bool:
    """Return whether the check of a new version sent a message, with an empty payload that is refused."""
    return isinstance(event, dict) and event.get("payload") == {} and not response.get("ok", True)
