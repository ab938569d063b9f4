"""The smoke check: every function answers it, and does nothing else."""

from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context.declaration.entry_points import SMOKE, BadEnvironment
from bounded_context.handlers._function import answers_smoke_checks
from bounded_context.settings import TrafficHookSettings
from tests.function_settings import by_function
from tests.handlers.conftest import LambdaContext
from tests.handlers.functions import handler
from tests.handlers.traffic import HOOKS

SETTINGS = by_function(PAYMENT)
FUNCTIONS = [function for function in SETTINGS if function not in HOOKS]


def _call(function: str, event: Any, context: LambdaContext) -> Any:
    return handler(function)(event, context)


def _handled(event: Any, _context: Any) -> tuple[str, Any]:
    return ("handled", event)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("function_name", FUNCTIONS)
def test_every_function_returns_its_name_and_calls_no_service(function_name: str, context: LambdaContext):
    """What it needs is built, and not used."""
    answer = _call(function_name, SMOKE.event, context)
    assert answer == {"smoke_check": "passed", "function": function_name, "version": "7"}
    assert SMOKE.judge(answer) is None


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("function_name", FUNCTIONS)
def test_a_missing_setting_fails_the_check(function_name: str, context: LambdaContext, monkeypatch: pytest.MonkeyPatch):
    """Each one that the function reads, also if the first real event would not meet it at once."""
    for name in SETTINGS[function_name].model_fields:
        with monkeypatch.context() as without, pytest.raises(BadEnvironment, match=name.upper()):
            without.delenv(name.upper())
            _call(function_name, SMOKE.event, context)


def test_a_smoke_check_loads_the_packages_of_the_function(context: LambdaContext, monkeypatch: pytest.MonkeyPatch):
    """A library that is not in the layer, or is there for another processor."""

    def bulk_client() -> None:
        raise ImportError("wrong ELF class")

    monkeypatch.setenv("FUNCTION_PREFIX", "shop-")
    handler = answers_smoke_checks(PAYMENT, "pre_traffic", TrafficHookSettings, [bulk_client])(_handled)
    with pytest.raises(ImportError, match="wrong ELF class"):
        handler(dict(SMOKE.event), context)


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
def test_other_events_reach_the_handler(event: Any, context: LambdaContext):
    """A real event is never taken for it."""
    assert answers_smoke_checks(PAYMENT, "pre_traffic", TrafficHookSettings)(_handled)(event, context) == (
        "handled",
        event,
    )
