"""The dotted names of the functions' entry points, unless a preset names another."""

from importlib.util import find_spec
from pathlib import Path
from symtable import symtable
from typing import Any, Final

from .context import Context
from .structure import LIST_STEPS

ON_EVENT: Final = "on_event"
HOOKS: Final = ("pre_traffic", "post_traffic")
"""The functions that CodeDeploy calls before and after it shifts the traffic of another function."""

STEPS: Final = "list_steps"
"""The module of a context's package with the verification of its lists, and with the ejected steps."""

_LIBRARY: Final = "bounded_context.handlers"


def of_library(context: Context[Any]) -> tuple[str, ...]:
    """Return the functions whose handlers follow from the declaration alone."""
    steps = LIST_STEPS if context.has_lists else ()
    return (*context.command_functions, *context.queries, ON_EVENT, *steps)


def entry_point(context: Context[Any], function: str) -> str:
    """Return the dotted name of a function's entry point; a function of your own has a module of its name."""
    if function in context.steps and (function == context.verification or function in _own_steps(context)):
        return f"{context.name}.{STEPS}.{function}"
    if function in of_library(context):
        return f"{_LIBRARY}.entry_points.{function}"
    package = _LIBRARY if function in (*context.platform_functions, *HOOKS) else context.name
    return f"{package}.{function}.lambda_handler"


def _own_steps(context: Context[Any]) -> set[str]:
    """Return the names that the context's module of steps defines. An import would need the variables of a function."""
    module = find_spec(f"{context.name}.{STEPS}") if find_spec(context.name) else None
    if module is None or module.origin is None:
        return set()
    names = symtable(Path(module.origin).read_text(encoding="utf-8"), module.origin, "exec").get_symbols()
    return {name.get_name() for name in names if name.is_assigned() or name.is_imported()}
