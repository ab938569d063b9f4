"""The context that this process observes: it decides which values log lines, metrics and traces may show.

A deployed function has one context. In a process with several contexts, each call sets its own.
"""

from typing import Any

from ..declaration.context import Context


class _Current:
    context: Context[Any] | None = None


_current = _Current()


def set_up(context: Context[Any]) -> None:
    """Observe this context from now on; `entry_point` calls this function."""
    _current.context = context


def current() -> Context[Any] | None:
    """Return the observed context, or None before `set_up`."""
    return _current.context
