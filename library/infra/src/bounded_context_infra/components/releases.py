"""A function's release, with its alias and deployment group, and the resources that a stack's releases share."""

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_aws import codedeploy, iam, lambda_

from bounded_context_infra._parts import (
    LIVE,
    Component,
    Dimensions,
    LambdaFunction,
    Metric,
    Notice,
    ReleaseResources,
    Stack,
    Strategy,
    When,
    allow,
    grant,
    guard,
    kebab,
    trust,
)

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
        self.role = iam.Role(name, assume_role_policy=trust("codedeploy", account.id), **self.named(name))
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
            allow(["lambda:GetProvisionedConcurrencyConfig"], *_all_versions(functions)),
            allow(["lambda:InvokeFunction"], *hooks),
            # Alarms of other programs stop a release too, and an unreadable alarm stops every release. AWS returns
            # composite alarms only to roles that may read all alarms (CloudWatch API reference, DescribeAlarms).
            allow(["cloudwatch:DescribeAlarms"], "*"),
        )

    def grant_check(self, role: iam.Role, functions: Sequence[pulumi.Input[str]]) -> iam.RolePolicy:
        """Let the hook with this role call any version of the given functions (ARNs) and report the result."""
        # CodeDeploy has no resource-level permissions for the actions of a hook.
        return grant(self, role, allow(["lambda:InvokeFunction"], *_all_versions(functions)), allow(_REPORT, "*"))

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


def _all_versions(functions: Sequence[pulumi.Input[str]]) -> list[pulumi.Output[str]]:
    """Return the ARNs of all versions and aliases of the given functions."""
    return [pulumi.Output.concat(function, ":*") for function in functions]


def _routing(strategy: Strategy) -> Any:
    kind = strategy.kind
    times = {"percentage": strategy.percentage, "interval": strategy.minutes}
    return {"type": f"TimeBased{kind}", f"time_based_{kind.lower()}": times}


_ROLL_BACK_ON = ("DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST")
_NOTIFY_ON = ("DeploymentFailure", "DeploymentStop", "DeploymentRollback")


class Release(Component):
    """An alias in front of a function's versions. Callers call `alias_arn`; CodeDeploy shifts its traffic step by step.

    Traffic returns to the version before if the new version fails, exceeds its limit in the setting `latency_alarms`,
    or sets off an alarm of `release_alarms`. `FunctionAlarms` reports faults that need not be due to a release.
    """

    urn_type = "bounded-context:infra:Release"

    def __init__(self, name: str, stack: Stack, *, function: LambdaFunction, shared: ReleaseResources) -> None:
        """Release `function`; `shared` are the resources that all releases of the stack share."""
        super().__init__(kebab(name), stack.labels)
        self.snake_name = name
        self.role = function.role
        self.timeout = function.timeout
        self.function = function.function
        self._alerts = stack.alerts
        self.alias = self._alias()
        self.alias_arn = self.alias.arn
        # If a new version gets all traffic at once, an alarm comes too late to stop it.
        gradual = stack.settings.rollout_strategy.kind != "AllAtOnce"
        watched = self._alerts.wants("warning") or (self._alerts.wants("critical") and gradual)
        self.alarms = self._alarms(stack.settings.latency_alarms.get(name)) if watched else []
        self.group = self._group(shared, stack.settings.release_alarms)
        self.register_outputs({"alias_arn": self.alias_arn})

    def grant_invoke(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` invoke the alias, and no other version."""
        return grant(self, role, allow(["lambda:InvokeFunction"], self.alias_arn))

    def _group(self, shared: ReleaseResources, more_alarms: Sequence[str]) -> codedeploy.DeploymentGroup:
        alarms = [*self.alarms, *more_alarms]
        return codedeploy.DeploymentGroup(
            self.name,
            app_name=shared.application.name,
            deployment_group_name=self.labels.name(self.name),
            deployment_config_name=shared.config_name,
            service_role_arn=shared.role.arn,
            deployment_style={"deployment_option": "WITH_TRAFFIC_CONTROL", "deployment_type": "BLUE_GREEN"},
            auto_rollback_configuration={"enabled": True, "events": list(_ROLL_BACK_ON)},
            alarm_configuration={"enabled": bool(alarms), "alarms": alarms},
            trigger_configurations=[
                # A warning, because the rollback is complete before the notification.
                {
                    "trigger_name": "warnings",
                    "trigger_target_arn": self._alerts.topics["warning"],
                    "trigger_events": list(_NOTIFY_ON),
                }
            ],
            tags=self.labels.tags,
            opts=self.child(),
        )

    def _alias(self) -> lambda_.Alias:
        return lambda_.Alias(
            f"{self.name}-{LIVE}",
            name=LIVE,
            function_name=self.function.name,
            function_version=self.function.version,
            # CodeDeploy owns both fields, and its transient weights are not drift. No other field of an alias may
            # change: with any change, Pulumi would send the version in its state, and traffic would jump.
            opts=self.child(ignore_changes=["function_version", "routing_config"]),
        )

    def _alarms(self, latency_ms: int | None) -> list[pulumi.Output[str]]:
        newest = {
            "FunctionName": self.function.name,
            "Resource": pulumi.Output.concat(self.function.name, f":{LIVE}"),
            # While an alias has two versions, this dimension separates their metrics.
            "ExecutedVersion": self.function.version,
        }
        failing = self._failing(newest)
        return [failing] if latency_ms is None else [failing, self._latency(newest, latency_ms)]

    def _failing(self, newest: Dimensions) -> pulumi.Output[str]:
        effect = f"{self.name} fails in its newest version. A release that is under way is rolled back by itself."
        return self._alarm("new-version-errors", effect, Metric("AWS/Lambda", "Errors", newest), When())

    def _latency(self, newest: Dimensions, limit: int) -> pulumi.Output[str]:
        effect = (
            f"One call in twenty of the newest version of {self.name} takes over {limit} ms. A release that is under "
            "way is rolled back by itself."
        )
        metric = Metric("AWS/Lambda", "Duration", newest, "p95")
        return self._alarm("latency", effect, metric, When(limit, bad=2, of=3))

    def _alarm(self, suffix: str, effect: str, metric: Metric, when: When) -> pulumi.Output[str]:
        notice = Notice("warning", effect, "a-new-version-fails-or-is-slow")
        return guard(self, self._alerts, f"{self.name}-{suffix}", notice, metric, when).name
