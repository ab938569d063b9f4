"""A function's release: the alias that is called, the alarms that watch it, and the group that shifts its traffic."""

from collections.abc import Sequence

import pulumi
from pulumi_aws import cloudwatch, codedeploy, iam, lambda_

from bounded_context.infra import (
    LIVE,
    Component,
    Dimensions,
    Made,
    Metric,
    Notice,
    Shared,
    Stack,
    When,
    alarm,
    allow,
    grant,
    kebab,
    watch_answers,
    watch_function,
)

_ROLL_BACK_ON = ("DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST")
_TELL = ("DeploymentFailure", "DeploymentStop", "DeploymentRollback")


class Release(Component):
    """An alias in front of a function's versions. Callers call `alias_arn`; CodeDeploy moves it, step by step.

    A new version that fails, answers too slowly (where the setting `latency_alarms` says what that is) or sets off one
    of `release_alarms` loses its traffic to the version before. Throttles and calls that come near the timeout, which
    no release is to blame for, are warned of.
    """

    urn_type = "bounded-context:infra:Release"

    def __init__(self, name: str, stack: Stack, *, function: Made, shared: Shared) -> None:
        """Release `function`; `shared` is what all releases of the stack have in common."""
        super().__init__(kebab(name), stack.labels)
        self.snake_name = name
        self.role = function.role
        self.timeout = function.timeout
        self.function = function.function
        self._alerts = stack.alerts
        self.alias = self._alias()
        self.alias_arn = self.alias.arn
        self.alarms = [one.name for one in self._alarms(stack.settings.latency_alarms.get(name))]
        self.group = self._group(shared, stack.settings.release_alarms)
        watch_function(self, self._alerts, self.name, self._any_version(), self.timeout)
        self.register_outputs({"alias_arn": self.alias_arn})

    def grant_invoke(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` invoke the alias, and no other version."""
        return grant(self, role, allow(["lambda:InvokeFunction"], self.alias_arn))

    def promise_answers(self, percent: float) -> None:
        """Tell that fewer than `percent` of the calls are answered."""
        watch_answers(self, self._alerts, self.name, self._any_version(), percent)

    def _group(self, shared: Shared, more_alarms: Sequence[str]) -> codedeploy.DeploymentGroup:
        return codedeploy.DeploymentGroup(
            self.name,
            app_name=shared.application.name,
            deployment_group_name=self.labels.name(self.name),
            deployment_config_name=shared.config_name,
            service_role_arn=shared.role.arn,
            deployment_style={"deployment_option": "WITH_TRAFFIC_CONTROL", "deployment_type": "BLUE_GREEN"},
            auto_rollback_configuration={"enabled": True, "events": list(_ROLL_BACK_ON)},
            alarm_configuration={"enabled": True, "alarms": [*self.alarms, *more_alarms]},
            trigger_configurations=[
                # What went wrong is undone by the time that it is told: nobody is woken for it.
                {
                    "trigger_name": "warnings",
                    "trigger_target_arn": self._alerts.topics["warning"],
                    "trigger_events": list(_TELL),
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
            # CodeDeploy owns both: its transient weights must not be taken for drift. Nothing else of an alias may
            # change: with any change of ours, Pulumi would send the version that it remembers, and traffic would jump.
            opts=self.child(ignore_changes=["function_version", "routing_config"]),
        )

    def _any_version(self) -> Dimensions:
        return {
            "FunctionName": self.function.name,
            "Resource": pulumi.Output.concat(self.function.name, f":{LIVE}"),
        }

    def _alarms(self, latency_ms: int | None) -> list[cloudwatch.MetricAlarm]:
        # While an alias has two versions, each of them is counted apart under this dimension too.
        newest = {**self._any_version(), "ExecutedVersion": self.function.version}
        failing = [self._failing(), self._failing_newly(newest)]
        return failing if latency_ms is None else [*failing, self._latency(newest, latency_ms)]

    def _failing(self) -> cloudwatch.MetricAlarm:
        says = (
            f"{self.name} fails, in two of three minutes, whichever version runs: what it was called for is not done."
        )
        notice = Notice("critical", says, "a-function-fails")
        return self._alarm("errors", notice, Metric("AWS/Lambda", "Errors", self._any_version()), When(bad=2, of=3))

    def _failing_newly(self, newest: Dimensions) -> cloudwatch.MetricAlarm:
        says = f"{self.name} fails in its newest version. A release that is under way is rolled back by itself."
        notice = Notice("warning", says, "a-new-version-fails-or-is-slow")
        return self._alarm("new-version-errors", notice, Metric("AWS/Lambda", "Errors", newest), When())

    def _latency(self, newest: Dimensions, limit: int) -> cloudwatch.MetricAlarm:
        says = (
            f"One call in twenty of the newest version of {self.name} takes over {limit} ms. A release that is under "
            "way is rolled back by itself."
        )
        notice = Notice("warning", says, "a-new-version-fails-or-is-slow")
        metric = Metric("AWS/Lambda", "Duration", newest, "p95")
        return self._alarm("latency", notice, metric, When(limit, bad=2, of=3))

    def _alarm(self, what: str, notice: Notice, metric: Metric, when: When) -> cloudwatch.MetricAlarm:
        return alarm(self, self._alerts, f"{self.name}-{what}", notice, metric, when)
