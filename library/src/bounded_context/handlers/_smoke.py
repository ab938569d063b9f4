"""The smoke check of every function: whether this version starts, with its settings and dependencies."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from pydantic import BaseModel

from ..application.checks import PASSED, SMOKE
from ..declaration.context import Context
from ..settings import load
from ..telemetry import Handler


def answers_smoke_checks(
    of: Context[Any], function: str, settings: type[BaseModel], needs: Sequence[Callable[[], object]] = ()
) -> Callable[[Handler], Handler]:
    """Return a decorator that answers the smoke check without running the handler.

    The check reads the function's settings and builds the dependencies in ``needs``. A missing setting or dependency
    raises, as it would for the first real event. The check makes no network calls.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def answering(event: dict[str, Any], context: Any) -> Any:
            # No real event equals the smoke event: real events have other members.
            if event != SMOKE.event:
                return handler(event, context)
            load(settings, of)
            for build in needs:
                build()
            return {**PASSED, "function": function, "version": context.function_version}

        return answering

    return decorate
