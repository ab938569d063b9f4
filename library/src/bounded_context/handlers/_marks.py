"""Marks of handlers: what a handler runs, for the promises and for tests that run the same."""

from typing import Any

from ..telemetry import Handler


def marked(handler: Handler, **marks: Any) -> Handler:
    """Return the handler with marks among its attributes."""
    vars(handler).update(marks)
    return handler


def mark(handler: Any, name: str, default: Any = None) -> Any:
    """Return a handler's mark, or the default where the handler has none."""
    return getattr(handler, "__dict__", {}).get(name, default)
