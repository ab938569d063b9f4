"""The state machine that imports a list."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, iam, sfn

from ..account import Account
from ..labels import Labels
from ..logs import Logs
from ..policy import Statement, allow, grant, trust
from ._alarm import alarm
from ._component import LIVE, Component

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")

_DELIVER_LOGS = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
_TRACE = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
)


class Workflow(Component):
    """A state machine with its own role and log group; callers start `alias_arn`.

    Its role holds what running needs; what its states call is granted by the owners of what they call.
    """

    def __init__(
        self,
        name: str,
        labels: Labels,
        account: Account,
        logs: Logs,
        *,
        definition: Path,
        substitutions: Mapping[str, pulumi.Input[Any]],
        topic_arn: pulumi.Input[str],
    ) -> None:
        """Make the machine of the ASL file `definition`. Raises ValueError as `substitute` does."""
        super().__init__(name, labels)
        machine_name = labels.name(name)
        log_group = logs.group("vendedlogs/states", name, parent=self)
        self.role = iam.Role(
            name, name=machine_name, assume_role_policy=trust("states", account.id), tags=labels.tags, opts=self.child()
        )
        runs = grant(self, self.role, *_run(account, machine_name))
        self.machine = sfn.StateMachine(
            name,
            name=machine_name,
            role_arn=self.role.arn,
            definition=substitute(definition.read_text(), substitutions),
            logging_configuration={
                "level": "ALL",
                # Inputs name partners' files: what happened is logged, what was in it is not.
                "include_execution_data": False,
                "log_destination": pulumi.Output.concat(log_group.arn, ":*"),
            },
            tracing_configuration={"enabled": True},
            publish=True,
            tags=labels.tags,
            opts=self.child(depends_on=[runs]),
        )
        self.alias_arn = self._alias().arn
        self.alarms = [self._alarm(topic_arn, outcome).name for outcome in ("Failed", "TimedOut")]
        self.register_outputs({"alias_arn": self.alias_arn})

    def grant_start(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` start executions of the alias, and of nothing else.

        Step Functions authorizes an alias by its machine's ARN; the qualifier is a condition (AWS, "Authorization for
        versions and aliases").
        """
        qualifier = {"ForAnyValue:StringEquals": {"states:StateMachineQualifier": [LIVE]}}
        return grant(self, role, allow(["states:StartExecution"], self.machine.arn, Condition=qualifier))

    def _alias(self) -> sfn.Alias:
        return sfn.Alias(
            f"{self.name}-{LIVE}",
            name=LIVE,
            routing_configurations=[
                {"state_machine_version_arn": self.machine.state_machine_version_arn, "weight": 100},
            ],
            # The rollout owns the routing once the alias exists, and writes down which release it is from. Nothing else
            # of an alias may change: with any change of ours, Pulumi would send the routing that it remembers.
            opts=self.child(ignore_changes=["routing_configurations", "description"]),
        )

    def _alarm(self, topic_arn: pulumi.Input[str], outcome: str) -> cloudwatch.MetricAlarm:
        return alarm(
            self,
            f"{self.name}-{outcome.lower().replace('timedout', 'timed-out')}",
            says=f"An execution of {self.name} ended as {outcome}: a list was not imported, and not refused either.",
            metric=("AWS/States", f"Executions{outcome}"),
            dimensions={"StateMachineArn": self.machine.arn},
            topic_arn=topic_arn,
        )


def substitute(asl: str, values: Mapping[str, pulumi.Input[Any]]) -> pulumi.Output[str]:
    """The ASL text with each `${name}` replaced by its value, which must leave it valid JSON.

    Raises ValueError if a value is missing or is not used.
    """
    used = set(_PLACEHOLDER.findall(asl))
    if missing := used - set(values):
        raise ValueError(f"the state machine needs values for {', '.join(sorted(missing))}.")
    if unused := set(values) - used:
        raise ValueError(f"the state machine does not use {', '.join(sorted(unused))}.")
    return pulumi.Output.all(**values).apply(lambda known: _filled(asl, known))


def _filled(asl: str, values: Mapping[str, Any]) -> str:
    filled = _PLACEHOLDER.sub(lambda placeholder: str(values[placeholder[1]]), asl)
    json.loads(filled)
    return filled


def _run(account: Account, machine: str) -> tuple[Statement, ...]:
    return (
        # A Distributed Map starts its children as executions of its own machine.
        allow(["states:StartExecution"], account.arn("states", f"stateMachine:{machine}")),
        allow(
            ["states:DescribeExecution", "states:StopExecution"],
            account.arn("states", f"execution:{machine}:*"),
            account.arn("states", f"execution:{machine}/*"),
        ),
        # Neither the delivery of logs nor X-Ray knows resources for these.
        allow([*_DELIVER_LOGS, *_TRACE], "*"),
    )
