"""Which rules a repository's handlers run: read from the handlers themselves, by their modules' names."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from os import environ
from typing import Any, Final

from ..application.creating import CreatingRule
from ..context import Context
from ..handlers._marks import mark
from .functions import VARIABLES, forget_adapters

_NOWHERE: Final[Mapping[str, str | None]] = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_PROFILE": None,
}
"""An account that no client reaches. None stands for a variable that is not set."""


def creating_use_case(context: Context[Any]) -> Callable[..., Any] | None:
    """Return the use case that the handler of the command that creates runs.

    None stands for a context without such a module, and for a handler that `command_handler` has not made.
    """
    return mark(_handler(context, context.creating.function), "use_case")


def verifying_rules(context: Context[Any]) -> list[CreatingRule[Any, Any]]:
    """Return the rules that the verification of lists runs. It builds what the smoke check builds, without a call."""
    needs = mark(_handler(context, context.verification), "needs", ())
    with _without_aws():
        return [rule for build in needs for rule in _rules(build())]


def _rules(built: object) -> list[CreatingRule[Any, Any]]:
    return [one for one in built if isinstance(one, CreatingRule)] if isinstance(built, list) else []


def _handler(context: Context[Any], function: str) -> object:
    name = f"{context.aggregate.__module__.partition('.')[0]}.handlers.{function}"
    try:
        return getattr(import_module(name), "lambda_handler", None)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        return None


@contextmanager
def _without_aws() -> Iterator[None]:
    values = {**VARIABLES, **_NOWHERE}
    before = {name: environ.get(name) for name in values}
    _set(values)
    forget_adapters()
    try:
        yield
    finally:
        forget_adapters()
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            environ.pop(name, None)
        else:
            environ[name] = value
