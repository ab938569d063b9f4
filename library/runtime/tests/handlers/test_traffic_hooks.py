"""The traffic hooks' verdicts: the new version is asked, and only a good answer to every check lets it pass."""

import json
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from payment.context import PAYMENT

from bounded_context import aws
from bounded_context.adapters.services import FunctionFailed, Target
from bounded_context.declaration.entry_points import SMOKE
from tests.function_settings import by_function
from tests.handlers.conftest import LambdaContext
from tests.handlers.traffic import HOOKS, DeployedVersions, FakeDeployments, FakeVersions, deployed_name, run

PASSED = {"smoke_check": "passed"}
REFUSED = {"ok": False, "error": {"code": "invalid"}}
SUCCEEDED = [("d-1", "e-1", "Succeeded")]
FAILED = [("d-1", "e-1", "Failed")]


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("function_name", [name for name in by_function(PAYMENT) if name not in HOOKS])
def test_each_function_of_this_checkout_passes_and_calls_no_service(
    hook: str,
    function_name: str,
    deployments: FakeDeployments,
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
):
    """Nothing is read, written or published, not even a record of idempotency."""
    deployments.deployed = Target(deployed_name(function_name), "8")
    monkeypatch.setattr(aws, "versions", lambda _seconds: DeployedVersions(context))
    assert run(context, hook) == {"status": "Succeeded", "problem": None}
    assert deployments.reports == SUCCEEDED


def test_the_functions_own_check_follows_the_smoke_check(
    deployments: FakeDeployments, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """Each may take the time that the hook has left, but for what the report needs."""
    versions = FakeVersions(PASSED, REFUSED)
    monkeypatch.setattr(aws, "versions", versions.within)
    run(context)
    assert deployments.reports == SUCCEEDED
    assert versions.events[0] == SMOKE.event
    assert versions.events[1]["payload"] == {}
    assert versions.seconds == [90, 90]


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([{}], "smoke check: "),
        ([None], "smoke check: "),
        ([PASSED, {"ok": True}], "empty command: "),
        ([FunctionFailed("ImportError: boto3")], "FunctionFailed: ImportError: boto3"),
        ([PASSED, FunctionFailed("KeyError: 'x'")], "FunctionFailed: "),
        ([json.JSONDecodeError("Expecting value", "", 0)], "JSONDecodeError: "),
        ([ReadTimeoutError(endpoint_url="https://lambda")], "ReadTimeoutError: "),
    ],
)
def test_a_version_with_a_wrong_answer_is_refused(
    hook: str,
    answers: list[Any],
    reason: str,
    deployments: FakeDeployments,
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
):
    """The reason names the check or the error, and nothing is asked after it."""
    versions = FakeVersions(*answers)
    monkeypatch.setattr(aws, "versions", versions.within)
    answer = run(context, hook)
    assert deployments.reports == FAILED
    assert answer["problem"].startswith(reason)
    assert len(versions.events) == len(answers)


def test_a_deployment_without_a_target_is_refused(
    deployments: FakeDeployments, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """Nobody knows what would go live."""

    def target(deployment: str) -> Target:
        raise LookupError(f"deployment {deployment} has no target")

    monkeypatch.setattr(deployments, "target", target)
    assert run(context)["problem"] == "LookupError: deployment d-1 has no target"
    assert deployments.reports == FAILED


def test_a_missing_setting_is_reported_without_the_rest_of_the_environment(
    deployments: FakeDeployments, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """CodeDeploy hears of it, and no credential gets into the logs."""
    monkeypatch.delenv("FUNCTION_PREFIX")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-credential")
    problem = run(context)["problem"]
    assert deployments.reports == FAILED
    assert "FUNCTION_PREFIX" in problem
    assert "a-credential" not in problem


def test_a_function_of_another_stack_is_refused(deployments: FakeDeployments, context: LambdaContext):
    """Its checks would be looked up under a wrong name and silently left out."""
    deployments.deployed = Target("other-prod-order", "8")
    assert "FUNCTION_PREFIX" in run(context)["problem"]
    assert deployments.reports == FAILED
