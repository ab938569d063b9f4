"""The names that follow from a declaration: of entry points, of secrets and of other systems."""

import os
import re
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


NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""Lower-case letters, digits and single hyphens, such as ``acquirer-key``."""

_SUFFIX: Final = r"-[A-Za-z0-9]{6}$"
"""The suffix that Secrets Manager adds to a name in an ARN ("What's in a Secrets Manager secret?", secret ARN)."""


class NoSecret(LookupError):
    """The secret cannot be read; the message contains the remedy, and never a value."""


def secret_variable(name: str) -> str:
    """Return the variable with a secret's ARN: ``SECRET_ACQUIRER_KEY`` for ``acquirer-key``."""
    return f"SECRET_{name.upper().replace('-', '_')}"


def secret_arn(name: str) -> str:
    """Return a secret's ARN from the environment. Raises NoSecret: the function's preset does not name it."""
    arn = os.environ.get(secret_variable(name), "")
    if not arn:
        raise NoSecret(f"this function may not read {name}: write it into secrets of its preset.")
    return arn


def without_value(arn: str) -> NoSecret:
    """Return the error for a secret without a value, with the command that stores one."""
    name = re.sub(_SUFFIX, "", arn.rpartition(":")[2])
    command = f"aws secretsmanager put-secret-value --secret-id {name} --secret-string file:///dev/stdin"
    return NoSecret(f"{name} has no text as its value yet: put one with `{command}`.")


class NoSystem(LookupError):
    """The function may not call the system; the message contains the remedy."""


def system_variable(name: str) -> str:
    """Return the variable with a system's address: ``SYSTEM_CREDIT_BUREAU`` for ``credit-bureau``."""
    return f"SYSTEM_{name.upper().replace('-', '_')}"


def system_address(name: str) -> str:
    """Return a system's address from the environment. Raises NoSystem: the function's preset does not name it."""
    address = os.environ.get(system_variable(name), "")
    if not address:
        raise NoSystem(f"this function may not call {name}: write it into calls of its preset.")
    return address
