"""The dotted names of the functions' entry points, unless a preset names another."""

from typing import Any, Final

from .context import Context

ON_EVENT: Final = "on_event"
HOOKS: Final = ("pre_traffic", "post_traffic")
"""The functions that CodeDeploy calls before and after it shifts the traffic of another function."""

STEPS: Final = "list_steps"
"""The module of a context's package with the steps of its list workflow."""

_LIBRARY: Final = "bounded_context.handlers"


def of_library(context: Context[Any]) -> tuple[str, ...]:
    """Return the functions whose handlers follow from the declaration alone."""
    return (*context.command_functions, *context.queries, ON_EVENT)


def entry_point(context: Context[Any], function: str) -> str:
    """Return the dotted name of a function's entry point; a function of your own has a module of its name."""
    if function in of_library(context):
        return f"{_LIBRARY}.entry_points.{function}"
    if function in context.steps:
        return f"{context.name}.{STEPS}.{function}"
    package = _LIBRARY if function in (*context.platform_functions, *HOOKS) else context.name
    return f"{package}.{function}.lambda_handler"
