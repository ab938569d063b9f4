"""The time limit of a shift in the pipeline, and the check of a strategy against it."""

from collections.abc import Mapping
from typing import Any

from .strategy import BadStrategy, Strategy

SHIFT_TIMEOUT = 480
"""Minutes for a whole rollout; CodePipeline ends a build that takes much longer."""

_HOOKS_AND_ROLLBACKS = 35
"""Minutes that a rollout allows for hooks and rollbacks, once for the functions and once for the state machine."""


def too_long(context: str, stack_file: Mapping[str, Any]) -> str | None:
    """Return why the strategy of a stack's file takes too long for the pipeline, else None.

    A bad strategy returns None, because the stack's program reports it.

    Args:
        context: the name of the context, which is the prefix of its program's settings.
        stack_file: the contents of `Pulumi.<stack>.yaml`.
    """
    name = (stack_file.get("config") or {}).get(f"{context}:rollout_strategy")
    try:
        minutes = 2 * (Strategy.parse(str(name)).duration + _HOOKS_AND_ROLLBACKS)
    except BadStrategy:
        return None
    if minutes <= SHIFT_TIMEOUT:
        return None
    return f"{name} may take {minutes} minutes, and the pipeline's shift {SHIFT_TIMEOUT}: choose a quicker strategy."
