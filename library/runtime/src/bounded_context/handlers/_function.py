"""The decorator that turns a handler into a Lambda function of a context, and its smoke check."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from pydantic import BaseModel

from ..declaration.context import Context
from ..declaration.entry_points import PASSED, SMOKE, Settings, load
from ..telemetry import Handler, entry_point


def marked(handler: Handler, **marks: Any) -> Handler:
    """Add marks to a handler's attributes, and return the handler."""
    vars(handler).update(marks)
    return handler


def mark(handler: Any, name: str, default: Any = None) -> Any:
    """Return a mark of a handler, or the default if the handler has no such mark."""
    return getattr(handler, "__dict__", {}).get(name, default)


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


def function(
    context: Context[Any],
    name: str,
    settings: type[BaseModel] = Settings,
    needs: Sequence[Callable[[], object]] = (),
) -> Callable[[Handler], Handler]:
    """Return the decorator that adds telemetry, hides the aggregate's fields in logs, and answers smoke checks.

    Args:
        context: the function's context.
        name: the function's name, such as ``verify_payment``.
        settings: the model of the function's environment variables. By default it has none of its own.
        needs: builders of the function's dependencies. A new version that cannot build them gets no traffic.
    """

    def decorate(handler: Handler) -> Handler:
        if name in context.deprecated:
            from ._deprecated import reporting

            handler = reporting(name, context.deprecated[name], handler)
        decorated = entry_point(context)(answers_smoke_checks(context, name, settings, needs)(handler))
        return marked(decorated, settings=settings)

    return decorate
