"""Handlers of a context's Lambda functions: factories for its entry points, and the platform's own functions.

The platform's own functions (``relay_events``, ``measure_lists``, ``watch_lists``, ``watch_mappings``,
``sweep_uploads``, ``meet_deadlines``, ``export_files``, ``pre_traffic``, ``post_traffic``) are modules of this package.
Their environment variable CONTEXT names the context.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ..declaration.own_routes import route
    from ..settings import ListSettings, RegisterListSettings, TableSettings, ValidationSettings, VerificationSettings
    from ..telemetry import logger
    from ._function import function
    from .commands import command_handler
    from .inbound import event_handler
    from .queries import get_handler, list_handler
    from .queues import queue_handler
    from .steps import ErrorEvent, PartEvent, RegisterEvent, StepEvent, ValidationEvent, VerificationEvent, step

__all__ = [
    "ErrorEvent",
    "ListSettings",
    "PartEvent",
    "RegisterEvent",
    "RegisterListSettings",
    "StepEvent",
    "TableSettings",
    "ValidationEvent",
    "ValidationSettings",
    "VerificationEvent",
    "VerificationSettings",
    "command_handler",
    "event_handler",
    "function",
    "get_handler",
    "list_handler",
    "logger",
    "queue_handler",
    "route",
    "step",
]

_PLACES: Final = {
    "command_handler": ".commands",
    "event_handler": ".inbound",
    "function": "._function",
    "get_handler": ".queries",
    "list_handler": ".queries",
    "logger": "..telemetry",
    "queue_handler": ".queues",
    "route": "..declaration.own_routes",
    **dict.fromkeys(
        ("ErrorEvent", "PartEvent", "RegisterEvent", "StepEvent", "ValidationEvent", "VerificationEvent", "step"),
        ".steps",
    ),
}


def __getattr__(name: str) -> Any:
    # Lazy, so a function imports only its own dependencies: this shortens its cold start.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES.get(name, "..settings"), __name__), name)
