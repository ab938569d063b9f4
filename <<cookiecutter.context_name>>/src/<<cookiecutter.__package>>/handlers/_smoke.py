"""The smoke check that every function answers: whether this version can start and has all that it needs."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..application.checks import PASSED, SMOKE
from ..settings import BY_FUNCTION, load
from ..telemetry import Handler


def answers_smoke_checks(*needs: Callable[[], object]) -> Callable[[Handler], Handler]:
    """Make a handler answer the smoke check, and only that, without its own work being done.

    It reads the function's settings and builds what the function ``needs`` of the composition root: what is missing or
    does not load raises, as it would for the first real event. Nothing is called over the network.
    """

    def decorate(handler: Handler) -> Handler:
        function = handler.__module__.rpartition(".")[2]

        @wraps(handler)
        def answering(event: dict[str, Any], context: Any) -> Any:
            # A real event has other members, so equality never takes one for the check.
            return _passed(function, needs, context) if event == SMOKE.event else handler(event, context)

        return answering

    return decorate


def _passed(function: str, needs: tuple[Callable[[], object], ...], context: Any) -> dict[str, str]:
    load(BY_FUNCTION[function])
    for build in needs:
        build()
    return {**PASSED, "function": function, "version": context.function_version}
