"""The smoke check: every function answers it, and does nothing else."""

import importlib
from typing import Any

import pytest
from pydantic import ValidationError

from <<cookiecutter.__package>>.application.checks import SMOKE
from <<cookiecutter.__package>>.handlers._smoke import answers_smoke_checks
from <<cookiecutter.__package>>.settings import BY_FUNCTION

from tests.handlers.conftest import LambdaContext
from tests.handlers.traffic import HOOKS

FUNCTIONS = [function for function in BY_FUNCTION if function not in HOOKS]


def _call(function: str, event: Any, context: LambdaContext) -> Any:
    return importlib.import_module(f"<<cookiecutter.__package>>.handlers.{function}").lambda_handler(event, context)


def _handled(event: Any, _context: Any) -> tuple[str, Any]:
    return ("handled", event)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("function_name", FUNCTIONS)
def test_every_function_says_who_it_is_and_calls_nothing(function_name: str, context: LambdaContext):
    """What it needs is built, and not used."""
    answer = _call(function_name, SMOKE.event, context)
    assert answer == {"smoke_check": "passed", "function": function_name, "version": "7"}
    assert SMOKE.judge(answer) is None


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("function_name", FUNCTIONS)
def test_a_missing_setting_fails_the_check(function_name: str, context: LambdaContext, monkeypatch: pytest.MonkeyPatch):
    """Each one that the function reads, also if the first real event would not meet it at once."""
    for name in BY_FUNCTION[function_name].model_fields:
        with monkeypatch.context() as without, pytest.raises(ValidationError, match=name):
            without.delenv(name.upper())
            _call(function_name, SMOKE.event, context)


def test_what_a_function_needs_must_load(context: LambdaContext, monkeypatch: pytest.MonkeyPatch):
    """A library that is not in the layer, or is there for another processor."""

    def bulk_client() -> None:
        raise ImportError("wrong ELF class")

    monkeypatch.setitem(BY_FUNCTION, "test_smoke", BY_FUNCTION["pre_traffic"])
    monkeypatch.setenv("FUNCTION_PREFIX", "shop-")
    with pytest.raises(ImportError, match="wrong ELF class"):
        answers_smoke_checks(bulk_client)(_handled)(dict(SMOKE.event), context)


@pytest.mark.parametrize(
    "event",
    [
        {},
        None,
        [],
        {"smoke_check": False},
        {"smoke_check": "true"},
        {"smoke_check": True, "list_id": "l"},
        {"smoke_check": True, "idempotency_key": "k", "payload": {}},
        {"smoke_check": True, "Records": []},
    ],
)
def test_what_is_more_or_less_than_the_check_is_the_handlers_own(event: Any, context: LambdaContext):
    """A real event is never taken for it."""
    assert answers_smoke_checks()(_handled)(event, context) == ("handled", event)
