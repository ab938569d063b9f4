"""The state machine that imports a list."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, iam, sfn

from ..account import Account
from ..alerts import Alerts, Notice, Severity
from ..labels import Labels
from ..logs import Logs
from ..policy import Statement, allow, grant, trust
from ._alarm import Metric, When, alarm
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

    urn_type = "bounded-context:infra:Workflow"

    def __init__(
        self,
        name: str,
        labels: Labels,
        account: Account,
        logs: Logs,
        *,
        definition: Path,
        substitutions: Mapping[str, pulumi.Input[Any]],
        alerts: Alerts,
    ) -> None:
        """Make the machine of the ASL file `definition`. Raises ValueError as `substitute` does."""
        super().__init__(name, labels)
        machine_name = labels.name(name)
        log_group = logs.group("vendedlogs/states", name, parent=self)
        self.role = iam.Role(
            name, name=machine_name, assume_role_policy=trust("states", account.id), tags=labels.tags, opts=self.child()
        )
        runs = grant(self, self.role, *_run(account, machine_name, machine_arn(name, labels, account)))
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
        self.alarms = self._watch(alerts)
        self.register_outputs({"alias_arn": self.alias_arn})

    def grant_start(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` start executions of the alias, and of nothing else.

        Step Functions authorizes an alias by its machine's ARN; the qualifier is a condition (AWS, "Authorization for
        versions and aliases").
        """
        qualifier = {"ForAnyValue:StringEquals": {"states:StateMachineQualifier": [LIVE]}}
        return grant(self, role, allow(["states:StartExecution"], self.machine.arn, Condition=qualifier))

    def grant_list(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` see which executions there are, and nothing of what is in them."""
        return grant(self, role, allow(["states:ListExecutions"], self.machine.arn))

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

    def _watch(self, alerts: Alerts) -> list[pulumi.Output[str]]:
        """Make the alarms; returns the names of those that speak against a new definition."""
        failed = Notice(
            "critical",
            "An import failed for a technical reason: its partner's list is not imported until somebody acts.",
            "an-import-failed",
        )
        against = [
            self._alarm(alerts, "failed", "Failed", failed),
            self._alarm(alerts, "timed-out", "TimedOut", _halfway("critical", "ran out of time")),
        ]
        # Only a person aborts an import, and knows of it.
        self._alarm(alerts, "aborted", "Aborted", _halfway("warning", "was aborted"))
        return [one.name for one in against]

    def _alarm(self, alerts: Alerts, what: str, outcome: str, notice: Notice) -> cloudwatch.MetricAlarm:
        metric = Metric("AWS/States", f"Executions{outcome}", {"StateMachineArn": self.machine.arn})
        return alarm(self, alerts, f"{self.name}-{what}", notice, metric, When())


def _halfway(severity: Severity, ended: str) -> Notice:
    says = f"An import {ended}: its list may be imported in part, and its partner is told nothing."
    return Notice(severity, says, "an-import-ended-halfway")


def machine_arn(name: str, labels: Labels, account: Account) -> pulumi.Output[str]:
    """The ARN of the machine `name` before there is one: what it calls may have to know it."""
    return account.arn("states", f"stateMachine:{labels.name(name)}")


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


def _run(account: Account, machine: str, arn: pulumi.Output[str]) -> tuple[Statement, ...]:
    return (
        # A Distributed Map starts its children as executions of its own machine.
        allow(["states:StartExecution"], arn),
        allow(
            ["states:DescribeExecution", "states:StopExecution"],
            account.arn("states", f"execution:{machine}:*"),
            account.arn("states", f"execution:{machine}/*"),
        ),
        # Neither the delivery of logs nor X-Ray knows resources for these.
        allow([*_DELIVER_LOGS, *_TRACE], "*"),
    )
