"""Marks: attributes of a handler that name the code that it runs. The promises and tests run the same code."""

from typing import Any

from ..telemetry import Handler


def marked(handler: Handler, **marks: Any) -> Handler:
    """Add marks to a handler's attributes, and return the handler."""
    vars(handler).update(marks)
    return handler


def mark(handler: Any, name: str, default: Any = None) -> Any:
    """Return a mark of a handler, or the default if the handler has no such mark."""
    return getattr(handler, "__dict__", {}).get(name, default)
