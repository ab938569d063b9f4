"""CodeDeploy's deployments for traffic hooks, through boto3."""

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from mypy_boto3_codedeploy import CodeDeployClient

Status = Literal["Succeeded", "Failed"]
"""The two results that a hook may report (PutLifecycleEventHookExecutionStatus)."""


class Target(NamedTuple):
    """The version that a deployment moves a function's traffic to."""

    function_name: str
    version: str


class Deployments:
    """The deployments of CodeDeploy: their targets, and the results of their hooks."""

    def __init__(self, client: "CodeDeployClient") -> None:
        self._client = client

    def target(self, deployment: str) -> Target:
        """Return the target of a deployment. Raises LookupError if that is not a version of a function."""
        ids = self._client.list_deployment_targets(deploymentId=deployment).get("targetIds", [])
        if not ids:
            raise LookupError(f"deployment {deployment} has no target")
        answer: Any = self._client.batch_get_deployment_targets(deploymentId=deployment, targetIds=ids)
        # An AppSpec for Lambda names one function.
        info = answer["deploymentTargets"][0]["lambdaTarget"]["lambdaFunctionInfo"]
        return Target(info["functionName"], info["targetVersion"])

    def report(self, deployment: str, execution: str, status: Status) -> None:
        """Report the result of one execution of a hook to CodeDeploy."""
        self._client.put_lifecycle_event_hook_execution_status(
            deploymentId=deployment, lifecycleEventHookExecutionId=execution, status=status
        )
