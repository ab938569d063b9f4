"""The registry of the checks."""

from collections.abc import Callable, Iterable
from typing import Final

from bounded_context_cli.programs.recording import Graph

Check = Callable[[Graph], Iterable[str]]

CHECKS: Final[dict[str, Check]] = {}
"""The checks by the id of their rule."""


def check(rule: str) -> Callable[[Check], Check]:
    """Register the check of a rule."""

    def registered(function: Check) -> Check:
        CHECKS[rule] = function
        return function

    return registered
