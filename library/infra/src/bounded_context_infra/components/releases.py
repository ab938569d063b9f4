"""Shared resources of a stack's releases: CodeDeploy's application and configuration, and the role for traffic."""

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_aws import codedeploy, iam

from bounded_context_infra.parts import Component, Stack, Strategy, allow, grant, trust

_REPORT = (
    "codedeploy:ListDeploymentTargets",
    "codedeploy:BatchGetDeploymentTargets",
    "codedeploy:PutLifecycleEventHookExecutionStatus",
)


class Releases(Component):
    """A CodeDeploy application for all functions of a stack, so all its deployments are in the same place.

    `config_name` is the deployment configuration of the strategy: AWS's own, or the stack's for other strategies.
    """

    urn_type = "bounded-context:infra:Releases"

    def __init__(self, name: str, stack: Stack) -> None:
        labels, account = stack.labels, stack.account
        super().__init__(name, labels)
        self.application = codedeploy.Application(
            name, name=labels.prefix, compute_platform="Lambda", tags=labels.tags, opts=self.child()
        )
        self.config_name = self._config_name(stack.settings.rollout_strategy)
        self.role = iam.Role(
            name,
            name=labels.name(name),
            assume_role_policy=trust("codedeploy", account.id),
            tags=labels.tags,
            opts=self.child(),
        )
        self.register_outputs({"application": self.application.name})

    def permit(self, functions: Sequence[pulumi.Input[str]], hooks: Sequence[pulumi.Input[str]]) -> iam.RolePolicy:
        """Let the role shift the aliases of the given functions, call the given hooks (ARNs), and read alarms.

        AWS's managed policy for Lambda deployments allows the same, and also other functions and files in S3, which
        these releases do not use.
        """
        return grant(
            self,
            self.role,
            allow(["lambda:GetAlias", "lambda:UpdateAlias"], *functions),
            # AWS does not document whether CodeDeploy reads this of aliases or of versions.
            allow(["lambda:GetProvisionedConcurrencyConfig"], *_qualified(functions)),
            allow(["lambda:InvokeFunction"], *hooks),
            # Alarms of other programs stop a release too, and an unreadable alarm stops every release. AWS returns
            # composite alarms only to roles that may read all alarms (CloudWatch API reference, DescribeAlarms).
            allow(["cloudwatch:DescribeAlarms"], "*"),
        )

    def grant_check(self, role: iam.Role, functions: Sequence[pulumi.Input[str]]) -> iam.RolePolicy:
        """Let the hook with this role call any version of the given functions (ARNs) and report the result."""
        # CodeDeploy has no resource-level permissions for the actions of a hook.
        return grant(self, role, allow(["lambda:InvokeFunction"], *_qualified(functions)), allow(_REPORT, "*"))

    def _config_name(self, strategy: Strategy) -> pulumi.Output[str]:
        if strategy.predefined:
            return pulumi.Output.from_input(f"CodeDeployDefault.Lambda{strategy.name}")
        own = codedeploy.DeploymentConfig(
            self.name,
            # A configuration cannot be changed, so each strategy has its own.
            deployment_config_name=f"{self.labels.prefix}-{strategy.name}",
            compute_platform="Lambda",
            traffic_routing_config=_routing(strategy),
            opts=self.child(),
        )
        return own.deployment_config_name


def _qualified(functions: Sequence[pulumi.Input[str]]) -> list[pulumi.Output[str]]:
    """Return the ARNs of all versions and aliases of the given functions."""
    return [pulumi.Output.concat(function, ":*") for function in functions]


def _routing(strategy: Strategy) -> Any:
    kind = strategy.kind
    times = {"percentage": strategy.percentage, "interval": strategy.minutes}
    return {"type": f"TimeBased{kind}", f"time_based_{kind.lower()}": times}
