"""Find the rules that the verification of lists runs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import environ
from typing import Any, Final

from ..application.creating import CreatingRule
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
"""Variables of an unreachable account. None removes the variable."""


def verifying_rules(verification: object) -> list[CreatingRule[Any, Any]]:
    """Return the rules that a verification's handler runs. Builds the parts of the smoke check, without a call."""
    with _without_aws():
        return [rule for build in mark(verification, "needs", ()) for rule in _rules(build())]


def _rules(built: object) -> list[CreatingRule[Any, Any]]:
    return [part for part in built if isinstance(part, CreatingRule)] if isinstance(built, list) else []


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
