"""The functions of a context: entry points, settings from the environment, and the checks of a new version, as data.

The checks run before a version takes traffic and after it has all of it. The smoke check is the first check of every
function. Checks run against the deployed table and topic: their events change no data.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .context import Context
from .structure import LIST_STEPS

S = TypeVar("S", bound=BaseModel)

LOCAL_STACK: Final = "LOCAL_STACK"
"""The variable that contains the endpoint of the local stack."""


class BadEnvironment(Exception):
    """A function's environment lacks variables, or has invalid values; ``variables`` has their names.

    The message shows no values: the environment contains the role's credentials as well.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Describe the problems by variable."""
        self.variables = tuple(problems)
        descriptions = ", ".join(f"{name} ({problem})" for name, problem in problems.items())
        super().__init__(f"the function's environment is wrong: {descriptions}. Set them in `variables` of its preset.")


class Settings(BaseModel):
    """The settings of a function: the field ``table_name`` is the variable ``TABLE_NAME``.

    Errors show no values: the environment contains the role's credentials as well.
    """

    # A function builds only the model that it loads.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


class TableSettings(Settings):
    """The settings of a function that uses only the table."""

    table_name: str = Field(min_length=1)


def load(kind: type[S], context: Any = None) -> S:
    """Read a function's settings from the environment. ``context`` is the context whose own names they must not use.

    Raises:
        BadEnvironment: a variable is missing or its value is invalid.
    """
    try:
        return kind.model_validate({name.lower(): value for name, value in os.environ.items()}, context=context)
    except ValidationError as error:
        problems = {str(problem["loc"][0]).upper(): problem["type"] for problem in error.errors(include_input=False)}
        raise BadEnvironment(problems) from None


def local() -> bool:
    """Return whether this is the local stack, which shows all values but secrets.

    `LOCAL_STACK` is the endpoint that all calls of AWS use, on this host. A function on AWS could not call AWS with
    such an endpoint: no variable alone shows its values.
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    return endpoint.startswith("http://127.0.0.1:") and os.environ.get(LOCAL_STACK) == endpoint


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
    # No function of AWS needs it.
    from .own_routes import own_routes

    if function in of_library(context) or function in own_routes(context):
        return f"{_LIBRARY}.entry_points.{function}"
    package = _LIBRARY if function in (*context.platform_functions, *HOOKS) else context.name
    return f"{package}.{function}.lambda_handler"


def _own_steps(context: Context[Any]) -> set[str]:
    """Return the names that the context's module of steps defines. An import would need the variables of a function."""
    module = find_spec(f"{context.name}.{STEPS}") if find_spec(context.name) else None
    if module is None or module.origin is None:
        return set()
    # No function of AWS needs it.
    from symtable import symtable

    names = symtable(Path(module.origin).read_text(encoding="utf-8"), module.origin, "exec").get_symbols()
    return {name.get_name() for name in names if name.is_assigned() or name.is_imported()}


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


PASSED: Final = {"smoke_check": "passed"}


@dataclass(frozen=True)
class Check:
    """A made-up event, and ``judge``, which returns the fault in a function's answer to it, or None."""

    name: str
    event: Mapping[str, Any]
    judge: Callable[[Any], str | None]


def has(expected: Mapping[str, Any]) -> Callable[[Any], str | None]:
    """Return a judge that requires the given members in an answer; it ignores further members."""
    return lambda answer: None if _has(answer, expected) else f"the answer has no {expected}"


def _has(answer: Any, expected: Any) -> bool:
    if not isinstance(expected, Mapping):
        return answer == expected
    return isinstance(answer, Mapping) and all(_has(answer.get(name), value) for name, value in expected.items())


SMOKE: Final = Check("smoke check", {"smoke_check": True}, has(PASSED))


_INVALID: Final = has({"ok": False, "error": {"code": "invalid"}})
_NO_CHANGES: Final = Check("no changes", {"Records": []}, has({"batchItemFailures": []}))
_BATCHES: Final = ("relay_events", "measure_lists", "on_event")


def checks_of(function: str, context: Context[Any]) -> tuple[Check, ...]:
    """Return the checks of a function of a context in their order; each call creates new events."""
    if function in context.command_functions:
        # The command reaches the validation and ends before a read or a write. Its key is new: otherwise a stored
        # answer could replace the version's own.
        event = {"idempotency_key": f"check-{uuid4()}", "payload": {}}
        return SMOKE, Check("empty command", event, _INVALID)
    if function in context.queries:
        return SMOKE, Check("empty query", {"payload": {}}, _INVALID)
    return (SMOKE, _NO_CHANGES) if function in _BATCHES else (SMOKE,)
