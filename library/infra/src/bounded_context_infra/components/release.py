"""A function's release: its alias, the alarms on its newest version, and the deployment group that moves traffic."""

from collections.abc import Sequence

import pulumi
from pulumi_aws import codedeploy, iam, lambda_

from bounded_context_infra.parts import (
    LIVE,
    Component,
    Dimensions,
    LambdaFunction,
    Metric,
    Notice,
    ReleaseResources,
    Stack,
    When,
    allow,
    grant,
    guard,
    kebab,
)

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
