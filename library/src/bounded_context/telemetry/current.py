"""The context that this process tells of: it decides what log lines, metrics and traces may show.

A deployed function is of one context; where there are several, each call says which it is of.
"""

from typing import Any

from ..context import Context


class _Current:
    context: Context[Any] | None = None


_current = _Current()


def set_up(context: Context[Any]) -> None:
    """From now on, tell of this context; `entry_point` does so."""
    _current.context = context


def current() -> Context[Any] | None:
    """Return the context whose calls are observed, if one is set yet."""
    return _current.context
