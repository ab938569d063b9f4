"""A function's release: the alias that is called, the alarms that watch it, and the group that shifts its traffic."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, codedeploy, iam, lambda_

from ..labels import Labels, kebab
from ..policy import allow, grant
from ._alarm import alarm
from ._component import LIVE, Component

_ROLL_BACK_ON = ("DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST")
_TELL = ("DeploymentFailure", "DeploymentStop", "DeploymentRollback")


class Release(Component):
    """An alias in front of a function's versions. Callers call `alias_arn`; CodeDeploy moves it, step by step.

    A new version that fails, answers too slowly (where `latency_ms` says what that is) or sets off one of
    `more_alarms` loses its traffic to the version before.
    """

    def __init__(
        self,
        name: str,
        labels: Labels,
        *,
        function: lambda_.Function,
        application: pulumi.Input[str],
        config_name: pulumi.Input[str],
        role: iam.Role,
        topic_arn: pulumi.Input[str],
        latency_ms: int | None,
        more_alarms: Sequence[str],
    ) -> None:
        name = kebab(name)
        super().__init__(name, labels)
        self._function = function
        self._topic_arn = topic_arn
        self.alias = self._alias()
        self.alias_arn = self.alias.arn
        self.alarms = [one.name for one in self._alarms(latency_ms)]
        self.group = codedeploy.DeploymentGroup(
            name,
            app_name=application,
            deployment_group_name=labels.name(name),
            deployment_config_name=config_name,
            service_role_arn=role.arn,
            deployment_style={"deployment_option": "WITH_TRAFFIC_CONTROL", "deployment_type": "BLUE_GREEN"},
            auto_rollback_configuration={"enabled": True, "events": list(_ROLL_BACK_ON)},
            alarm_configuration={"enabled": True, "alarms": [*self.alarms, *more_alarms]},
            trigger_configurations=[
                {"trigger_name": "alarms", "trigger_target_arn": topic_arn, "trigger_events": list(_TELL)}
            ],
            tags=labels.tags,
            opts=self.child(),
        )
        self.register_outputs({"alias_arn": self.alias_arn})

    def grant_invoke(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` invoke the alias, and no other version."""
        return grant(self, role, allow(["lambda:InvokeFunction"], self.alias_arn))

    def _alias(self) -> lambda_.Alias:
        return lambda_.Alias(
            f"{self.name}-{LIVE}",
            name=LIVE,
            function_name=self._function.name,
            function_version=self._function.version,
            # CodeDeploy owns both: its transient weights must not be taken for drift. Nothing else of an alias may
            # change: with any change of ours, Pulumi would send the version that it remembers, and traffic would jump.
            opts=self.child(ignore_changes=["function_version", "routing_config"]),
        )

    def _alarms(self, latency_ms: int | None) -> list[cloudwatch.MetricAlarm]:
        alias = {
            "FunctionName": self._function.name,
            "Resource": pulumi.Output.concat(self._function.name, f":{LIVE}"),
        }
        # While an alias has two versions, each of them is counted apart under this dimension too.
        newest = {**alias, "ExecutedVersion": self._function.version}
        failing = [
            self._alarm(
                "errors",
                "Errors",
                alias,
                f"{self.name} fails, in two of three minutes, whichever version runs.",
                (2, 3),
            ),
            self._alarm(
                "new-version-errors",
                "Errors",
                newest,
                f"{self.name} fails in its newest version: a release is rolled back.",
                (1, 1),
            ),
        ]
        return failing if latency_ms is None else [*failing, self._latency(newest, latency_ms)]

    def _latency(self, dimensions: Mapping[str, pulumi.Input[str]], limit: int) -> cloudwatch.MetricAlarm:
        says = f"One call in twenty of the newest version of {self.name} takes over {limit} ms."
        return self._alarm("latency", "Duration", dimensions, says, (2, 3), above=limit, extended_statistic="p95")

    def _alarm(
        self,
        what: str,
        metric: str,
        dimensions: Mapping[str, pulumi.Input[str]],
        says: str,
        minutes: tuple[int, int],
        **more: Any,
    ) -> cloudwatch.MetricAlarm:
        return alarm(
            self,
            f"{self.name}-{what}",
            says=says,
            metric=("AWS/Lambda", metric),
            dimensions=dimensions,
            topic_arn=self._topic_arn,
            minutes=minutes,
            **more,
        )
