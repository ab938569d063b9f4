"""The routes that the infrastructure makes are those that the functions answer."""

import json

import pytest
from payment.context import PAYMENT

from bounded_context import Context
from tests.contexts import over_contexts
from tests.handlers.messages import call
from tests.handlers.requests import JSON, request


@over_contexts
def test_each_command_and_each_query_has_a_route(context: Context) -> None:
    """And nothing else has; without an API nothing has."""
    assert set(context.routes) == ({*context.command_functions, *context.queries} if context.api else set())
    assert len(set(context.routes.values())) == len(context.routes)


@pytest.mark.usefixtures("function")
@pytest.mark.parametrize("route", PAYMENT.routes)
@pytest.mark.parametrize("function_name", PAYMENT.routes)
def test_a_function_answers_its_route_and_no_other(function_name: str, route: str) -> None:
    """API Gateway sends it what matches."""
    event = request(route, "{}", identity="nobody", headers=JSON)
    code = json.loads(call(function_name, event)["body"])["code"]
    assert (code == "no-such-route") == (function_name != route)
