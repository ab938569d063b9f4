"""What the rollout and the smoke check ask AWS for. A test checks it against the calls that they make."""

from typing import Final

from .grants import Grant, on

SHIFT: Final[tuple[Grant, ...]] = (
    # UpdateAlias ends a shift that no deployment continues.
    on("lambda:{place}:function:{prefix}-*", "lambda", read="GetAlias ListVersionsByFunction", write="UpdateAlias"),
    # The smoke check asks what is live, and no other version.
    on("lambda:{place}:function:{prefix}-*:live", "lambda", write="InvokeFunction"),
    on(
        "codedeploy:{place}:deploymentgroup:{prefix}/{prefix}-*",
        "codedeploy",
        read="BatchGetDeployments GetDeployment GetDeploymentGroup ListDeployments",
        # UpdateDeploymentGroup is asked for where a deployment overrides the group's alarms.
        write="CreateDeployment UpdateDeploymentGroup",
    ),
    # Asked for with each deployment (CodeDeploy user guide, "CodeDeploy permissions reference").
    on(
        "codedeploy:{place}:application:{prefix}",
        "codedeploy",
        read="GetApplicationRevision",
        write="RegisterApplicationRevision",
    ),
    on("codedeploy:{place}:deploymentconfig:CodeDeployDefault.*", "codedeploy", read="GetDeploymentConfig"),
    on("codedeploy:{place}:deploymentconfig:{prefix}-*", "codedeploy", read="GetDeploymentConfig"),
    # These know no resource.
    on("*", "codedeploy", read="BatchGetDeploymentTargets ListDeploymentTargets", write="StopDeployment"),
    on("states:{place}:stateMachine:{prefix}-*", "states", read="DescribeStateMachineAlias ListStateMachineVersions"),
    on("states:{place}:stateMachine:{prefix}-*", "states", write="UpdateStateMachineAlias"),
    # AWS shows composite alarms only to whom it may show all (CloudWatch API reference, DescribeAlarms).
    on("*", "cloudwatch", read="DescribeAlarms"),
)
