"""Deployments, as CodeDeploy's API describes them."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from bounded_context.adapters.services import Deployments, Target

LISTED = {"deploymentId": "d-1"}
DESCRIBED = {"deploymentId": "d-1", "targetIds": ["t-1"]}


@pytest.fixture
def client() -> Any:
    return boto3.client("codedeploy", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def _described(stub: Stubber, target: dict[str, Any]) -> None:
    stub.add_response("list_deployment_targets", {"targetIds": ["t-1"]}, LISTED)
    stub.add_response("batch_get_deployment_targets", {"deploymentTargets": [target]}, DESCRIBED)


def test_the_target_is_the_version_that_is_to_have_the_traffic(client: Any, stub: Stubber):
    """Not the one that has it now."""
    info = {"functionName": "shop-prod-order", "functionAlias": "live", "currentVersion": "7", "targetVersion": "8"}
    _described(stub, {"deploymentTargetType": "LambdaFunction", "lambdaTarget": {"lambdaFunctionInfo": info}})
    assert Deployments(client).target("d-1") == Target("shop-prod-order", "8")


def test_a_deployment_without_targets_is_an_error(client: Any, stub: Stubber):
    """CodeDeploy refuses to describe none."""
    stub.add_response("list_deployment_targets", {"targetIds": []}, LISTED)
    with pytest.raises(LookupError, match="d-1 has no target"):
        Deployments(client).target("d-1")


def test_a_target_that_is_not_a_function_is_an_error(client: Any, stub: Stubber):
    """CodeDeploy deploys to servers and containers, too."""
    _described(stub, {"deploymentTargetType": "ECSTarget", "ecsTarget": {}})
    with pytest.raises(LookupError):
        Deployments(client).target("d-1")


def test_a_verdict_is_reported_with_both_ids(client: Any, stub: Stubber):
    """Stubber knows the API's form."""
    expected = {"deploymentId": "d-1", "lifecycleEventHookExecutionId": "e-1", "status": "Failed"}
    stub.add_response("put_lifecycle_event_hook_execution_status", {}, expected)
    Deployments(client).report("d-1", "e-1", "Failed")
