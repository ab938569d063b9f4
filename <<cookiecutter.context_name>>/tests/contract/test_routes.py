"""The routes that the infrastructure makes are those that the functions answer."""

import importlib
from typing import Any

import pytest

from infra.context import COMMANDS, CONTEXT, QUERIES, ROUTES


def _routes(function: str) -> list[Any]:
    app = importlib.import_module(f"{CONTEXT}.handlers.{function}").app
    return [*app._static_routes, *app._dynamic_routes]


def test_each_command_and_each_query_has_a_route() -> None:
    """And nothing else has."""
    assert set(ROUTES) == {*COMMANDS, *QUERIES}
    assert len(set(ROUTES.values())) == len(ROUTES)


@pytest.mark.parametrize("function", ROUTES)
def test_a_function_answers_its_route_and_no_other(function: str) -> None:
    """API Gateway sends it what matches."""
    assert [f"{route.method} {route.openapi_path}" for route in _routes(function)] == [ROUTES[function]]
