"""The smoke check that every function answers: whether this version can start and has all that it needs."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from pydantic import BaseModel

from ..application.checks import PASSED, SMOKE
from ..context import Context
from ..settings import load
from ..telemetry import Handler


def answers_smoke_checks(
    of: Context[Any], function: str, settings: type[BaseModel], needs: Sequence[Callable[[], object]] = ()
) -> Callable[[Handler], Handler]:
    """Make the handler of a context's function answer the smoke check, and only that, without its own work being done.

    It reads the function's settings and builds what the function ``needs``: what is missing or does not load raises, as
    it would for the first real event. Nothing is called over the network.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def answering(event: dict[str, Any], context: Any) -> Any:
            # A real event has other members, so equality never takes one for the check.
            if event != SMOKE.event:
                return handler(event, context)
            load(settings, of)
            for build in needs:
                build()
            return {**PASSED, "function": function, "version": context.function_version}

        return answering

    return decorate
