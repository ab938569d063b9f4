"""What a stack's releases have in common: CodeDeploy's application, the strategy, the role that shifts traffic."""

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_aws import codedeploy, iam

from bounded_context.infra import Component, Stack, Strategy, allow, grant, trust

_REPORT = (
    "codedeploy:ListDeploymentTargets",
    "codedeploy:BatchGetDeploymentTargets",
    "codedeploy:PutLifecycleEventHookExecutionStatus",
)


class Releases(Component):
    """One CodeDeploy application for all functions of a stack: people look for its deployments in one place.

    `config_name` is the deployment configuration of the strategy: AWS's own, or one made for a strategy that AWS lacks.
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
        """Let the role shift the aliases of these functions, call these hooks (ARNs), and watch alarms.

        It is what AWS's managed policy for Lambda deployments allows, without what these releases never do: other
        functions, files in S3.
        """
        return grant(
            self,
            self.role,
            allow(["lambda:GetAlias", "lambda:UpdateAlias"], *functions),
            # Of aliases or of versions: AWS does not say which CodeDeploy asks for.
            allow(["lambda:GetProvisionedConcurrencyConfig"], *_qualified(functions)),
            allow(["lambda:InvokeFunction"], *hooks),
            # Alarms made elsewhere stop a release too, and one that cannot be read stops every release: AWS shows
            # composite alarms only to whom it may show all (CloudWatch API reference, DescribeAlarms).
            allow(["cloudwatch:DescribeAlarms"], "*"),
        )

    def grant_check(self, role: iam.Role, functions: Sequence[pulumi.Input[str]]) -> iam.RolePolicy:
        """Let the hook with this role call any version of these functions (ARNs) and report what came of it."""
        # CodeDeploy knows no resource for what a hook asks and reports.
        return grant(self, role, allow(["lambda:InvokeFunction"], *_qualified(functions)), allow(_REPORT, "*"))

    def _config_name(self, strategy: Strategy) -> pulumi.Output[str]:
        if strategy.predefined:
            return pulumi.Output.from_input(f"CodeDeployDefault.Lambda{strategy.name}")
        own = codedeploy.DeploymentConfig(
            self.name,
            # A configuration cannot be changed: another strategy is another one.
            deployment_config_name=f"{self.labels.prefix}-{strategy.name}",
            compute_platform="Lambda",
            traffic_routing_config=_routing(strategy),
            opts=self.child(),
        )
        return own.deployment_config_name


def _qualified(functions: Sequence[pulumi.Input[str]]) -> list[pulumi.Output[str]]:
    """The ARNs of all versions and aliases of these functions."""
    return [pulumi.Output.concat(function, ":*") for function in functions]


def _routing(strategy: Strategy) -> Any:
    kind = strategy.kind
    times = {"percentage": strategy.percentage, "interval": strategy.minutes}
    return {"type": f"TimeBased{kind}", f"time_based_{kind.lower()}": times}
