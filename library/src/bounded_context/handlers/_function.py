"""What makes a handler a function of a context."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel

from ..context import Context
from ..settings import Settings
from ..telemetry import Handler, entry_point
from ._smoke import answers_smoke_checks


def function(
    context: Context[Any],
    name: str,
    settings: type[BaseModel] = Settings,
    needs: Sequence[Callable[[], object]] = (),
) -> Callable[[Handler], Handler]:
    """Return the decorator that makes a handler a function: observed, hiding the aggregate's fields, with smoke checks.

    Args:
        context: whose function it is.
        name: the function's, such as ``verify_payment``.
        settings: what it reads from its environment; nothing without them.
        needs: what builds what it needs: a release whose new version cannot build it takes no traffic.
    """

    def decorate(handler: Handler) -> Handler:
        return entry_point(context)(answers_smoke_checks(context, name, settings, needs)(handler))

    return decorate
