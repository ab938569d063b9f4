"""How long a shift may take in the pipeline, and the strategies for which that is too short."""

from collections.abc import Mapping
from typing import Any

from ..strategy import BadStrategy, Strategy

SHIFT_TIMEOUT = 480
"""Minutes for all of a rollout; CodePipeline ends a build that takes much longer."""

_BESIDE_THE_SHIFT = 35
"""Minutes that a rollout gives hooks and rollbacks, once for the functions and once for the state machine."""


def too_long(context: str, stack_file: Mapping[str, Any]) -> str | None:
    """Why the strategy of a stack's file takes too long for the pipeline, or None; a bad strategy is the program's.

    Args:
        context: the name of the context, whose program's settings begin with it.
        stack_file: what `Pulumi.<stack>.yaml` holds.
    """
    name = (stack_file.get("config") or {}).get(f"{context}:rollout_strategy")
    try:
        minutes = 2 * (Strategy.parse(str(name)).duration + _BESIDE_THE_SHIFT)
    except BadStrategy:
        return None
    if minutes <= SHIFT_TIMEOUT:
        return None
    return f"{name} may take {minutes} minutes, and the pipeline's shift {SHIFT_TIMEOUT}: choose a quicker strategy."
