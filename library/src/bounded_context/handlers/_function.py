"""The decorator that turns a handler into a Lambda function of a context."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel

from ..declaration.context import Context
from ..settings import Settings
from ..telemetry import Handler, entry_point
from ._smoke import answers_smoke_checks


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
        return entry_point(context)(answers_smoke_checks(context, name, settings, needs)(handler))

    return decorate
