"""A function imports what it needs, and nothing of the others': each import is paid for with a cold start."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SLOW = {"aws_lambda_powertools", "boto3", "botocore", "pydynox", "pulumi", "rich"}
DECLARED = "bounded_context.handlers.entry_points"
EVENTS = "aws_lambda_powertools.event_handler"


def _imported(module: str, **environment: str) -> set[str]:
    """Return the names of the modules that one brings with it, by default in a function on AWS."""
    import payment

    name = DECLARED if module.startswith(DECLARED) else module
    code = f"import json, sys, {name}; {module}; print(json.dumps(list(sys.modules)))"
    own = {
        "PYTHONPATH": str(Path(payment.__path__[0]).parent),
        "CONTEXT": "payment.context:PAYMENT",
        "POWERTOOLS_METRICS_NAMESPACE": "tests",
        "POWERTOOLS_SERVICE_NAME": "tests",
    }
    variables = os.environ | own | (environment or {"AWS_LAMBDA_FUNCTION_NAME": "tests"})
    result = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, check=True)  # noqa: S603
    return set(json.loads(result.stdout))


@pytest.mark.parametrize(
    "module", ["bounded_context", "payment.context", "payment.use_cases", "bounded_context.settings"]
)
def test_a_declaration_is_light(module: str):
    """Infrastructure reads it, where no framework of the functions is installed."""
    assert _imported(module) & SLOW == set()


def test_tools_in_infrastructure_read_the_measures_without_a_framework():
    """Dashboards ask by what functions count by."""
    assert _imported("bounded_context.declaration.measures") & SLOW == set()


@pytest.mark.parametrize(
    ("module", "without"),
    [
        (
            f"{DECLARED}.register_payment",
            {"pydynox", "bounded_context.adapters.s3", "bounded_context.lists", "bounded_context.domain.rows"},
        ),
        (f"{DECLARED}.get_payment", {"pydynox", "aws_lambda_powertools.utilities.idempotency", EVENTS}),
        ("payment.list_steps", {"pydynox", "aws_lambda_powertools.utilities.idempotency", EVENTS}),
        (f"{DECLARED}.import_list", {"pydynox", "aws_lambda_powertools.utilities.idempotency", EVENTS}),
        (f"{DECLARED}.on_event", {"pydynox", EVENTS}),
        ("bounded_context.handlers.relay_events", {"pydynox", "boto3", "bounded_context.lists", EVENTS}),
        ("bounded_context.handlers.measure_lists", {"pydynox", "boto3", "bounded_context.lists", EVENTS}),
        ("bounded_context.handlers.pre_traffic", {"pydynox", "bounded_context.lists", EVENTS}),
    ],
)
def test_a_function_does_not_import_unused_packages(module: str, without: set[str]):
    """Of the library, and of others' packages."""
    assert _imported(module) & without == set()


OWN = {"bounded_context.declaration.own_routes", "bounded_context.handlers.own_routes", "payment.routes"}
DEPRECATED = {"bounded_context.declaration.deprecation", "bounded_context.handlers._deprecated"}


@pytest.mark.parametrize("function", ["register_payment", "get_payment", "list_payments", "on_event"])
def test_a_function_of_the_declaration_imports_no_own_routes(function: str):
    """A repository pays for its own routes in their functions alone."""
    assert _imported(f"{DECLARED}.{function}") & (OWN | DEPRECATED) == set()


CHECKS = "bounded_context_infra.declaration"


@pytest.mark.parametrize("module", ["payment.context", f"{DECLARED}.register_payment"])
def test_only_tools_check_a_declaration(module: str):
    """A function on AWS has neither the checks nor a search for them at its start."""
    assert not {name for name in _imported(module) if name.startswith("bounded_context_infra")}
    assert CHECKS in _imported(module, CONTEXT="payment.context:PAYMENT")
