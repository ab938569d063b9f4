"""The permissions of the rollout and the smoke check. A test compares them with the actual calls."""

from typing import Final

from .grants import Grant, on

SHIFT: Final[tuple[Grant, ...]] = (
    # UpdateAlias ends a shift that no deployment continues.
    on("lambda:{place}:function:{prefix}-*", "lambda", read="GetAlias ListVersionsByFunction", write="UpdateAlias"),
    # The smoke check only invokes the live version.
    on("lambda:{place}:function:{prefix}-*:live", "lambda", write="InvokeFunction"),
    on(
        "codedeploy:{place}:deploymentgroup:{prefix}/{prefix}-*",
        "codedeploy",
        read="BatchGetDeployments GetDeployment GetDeploymentGroup ListDeployments",
        # CodeDeploy requires UpdateDeploymentGroup for a deployment that overrides the group's alarms.
        write="CreateDeployment UpdateDeploymentGroup",
    ),
    # Every deployment requires these (CodeDeploy user guide, "CodeDeploy permissions reference").
    on(
        "codedeploy:{place}:application:{prefix}",
        "codedeploy",
        read="GetApplicationRevision",
        write="RegisterApplicationRevision",
    ),
    on("codedeploy:{place}:deploymentconfig:CodeDeployDefault.*", "codedeploy", read="GetDeploymentConfig"),
    on("codedeploy:{place}:deploymentconfig:{prefix}-*", "codedeploy", read="GetDeploymentConfig"),
    # These actions do not support resource-level permissions.
    on("*", "codedeploy", read="BatchGetDeploymentTargets ListDeploymentTargets", write="StopDeployment"),
    on("states:{place}:stateMachine:{prefix}-*", "states", read="DescribeStateMachineAlias ListStateMachineVersions"),
    on("states:{place}:stateMachine:{prefix}-*", "states", write="UpdateStateMachineAlias"),
    # AWS returns composite alarms only to callers that may read all alarms (CloudWatch API reference, DescribeAlarms).
    on("*", "cloudwatch", read="DescribeAlarms"),
)
