"""The entry points of commands, queries, other contexts' events and steps of lists, which the declaration names.

The handler of the command VerifyPayment is ``bounded_context.handlers.entry_points.verify_payment``. The environment
variable CONTEXT names the context.
"""

# Functions of a context may have any name without a leading underscore.
from ..declaration.context import declared as _declared
from ..telemetry import Handler as _Handler
from ._entry_points import handler_of as _handler_of


def __getattr__(name: str) -> _Handler:
    # Lazy: a function builds only its own handler.
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = handler = _handler_of(_declared(), name)
    return handler
