"""The state machine that imports a list."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
from pulumi_aws import iam, sfn

from bounded_context.infra import (
    LIST_KEY,
    LIVE,
    Account,
    Alerts,
    Component,
    Items,
    Metric,
    Notice,
    Objects,
    Severity,
    Stack,
    Statement,
    Target,
    Topic,
    When,
    alarm,
    allow,
    grant,
    guard,
    trust,
)

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
    """The state machine that imports lists, with its own role and log group; callers start `alias_arn`.

    Its role holds what running needs, and what the owners of what its states call grant to it: the latter are
    `permissions`, which whoever starts it has to wait for.
    """

    urn_type = "bounded-context:infra:Workflow"

    def __init__(
        self,
        name: str,
        stack: Stack,
        definition: Path,
        live: Mapping[str, Target],
        *,
        table: Items,
        inbox: Objects,
        fanout: Topic,
        substitutions: Mapping[str, pulumi.Input[Any]] | None = None,
    ) -> None:
        """Make the machine of an ASL file, in which `${...}` stand for values.

        `${<function>_arn}` is the alias of one of `live`, and `${verification_arn}` that of the step between validation
        and import; the role may invoke those that the file names. `${inbox_bucket}`, `${table_name}`, `${topic_arn}`
        and `${import_concurrency}` are the stack's.

        Args:
            name: its name in the stack.
            stack: where it is made.
            definition: the file.
            live: the functions behind their aliases.
            table: holds the lists' items.
            inbox: holds the parts of lists.
            fanout: hears what became of a list.
            substitutions: your own values, by their names.

        Raises:
            ValueError: a value is missing or is not used.
        """
        super().__init__(name, stack.labels)
        text = definition.read_text(encoding="utf-8")
        steps = _steps(stack, text, live)
        values = {
            **{variable: step.alias_arn for variable, step in steps.items()},
            "inbox_bucket": inbox.bucket_name,
            "table_name": table.table_name,
            "topic_arn": fanout.topic.arn,
            "import_concurrency": stack.settings.import_concurrency,
            **(substitutions or {}),
        }
        self.machine, self.role = self._made(stack, substitute(text, values))
        self.alias_arn = self._alias().arn
        self.alarms = self._watch(stack.alerts)
        self.permissions: Sequence[iam.RolePolicy] = [
            *(step.grant_invoke(self.role) for step in steps.values()),
            stack.key.grant_use(self.role),
            table.grant_items(self.role, "UpdateItem", keys=[LIST_KEY]),
            inbox.grant_objects(self.role, read=["staging"]),
            fanout.grant_publish(self.role),
        ]
        self.grant_list(live["watch_lists"].role)
        self.register_outputs({"alias_arn": self.alias_arn})

    def _made(self, stack: Stack, definition: pulumi.Output[str]) -> tuple[sfn.StateMachine, iam.Role]:
        labels, account, name = stack.labels, stack.account, self.name
        machine_name = labels.name(name)
        log_group = stack.logs.group("vendedlogs/states", name, parent=self)
        role = iam.Role(
            name, name=machine_name, assume_role_policy=trust("states", account.id), tags=labels.tags, opts=self.child()
        )
        runs = grant(self, role, *_run(account, machine_name, stack.machine_arn(name)))
        machine = sfn.StateMachine(
            name,
            name=machine_name,
            role_arn=role.arn,
            definition=definition,
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
        return machine, role

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
        if not alerts.wants("critical"):
            return []
        failed = Notice(
            "critical",
            "An import failed for a technical reason: its partner's list is not imported until somebody acts.",
            "an-import-failed",
        )
        late = self._ended("TimedOut")
        against = [
            guard(self, alerts, f"{self.name}-failed", failed, self._ended("Failed"), When()),
            guard(self, alerts, f"{self.name}-timed-out", _halfway("critical", "ran out of time"), late, When()),
        ]
        # Only a person aborts an import, and knows of it.
        aborted = _halfway("warning", "was aborted")
        alarm(self, alerts, f"{self.name}-aborted", aborted, self._ended("Aborted"), When())
        return [one.name for one in against]

    def _ended(self, outcome: str) -> Metric:
        return Metric("AWS/States", f"Executions{outcome}", {"StateMachineArn": self.machine.arn})


def _halfway(severity: Severity, ended: str) -> Notice:
    says = f"An import {ended}: its list may be imported in part, and its partner hears nothing."
    return Notice(severity, says, "an-import-ended-halfway")


def _steps(stack: Stack, asl: str, live: Mapping[str, Target]) -> dict[str, Target]:
    """What the machine calls, by the placeholder: the context's steps, and whatever else of `live` the file names."""
    context = stack.context
    names = {f"{'verification' if name == context.verification else name}_arn": name for name in context.steps}
    own = {f"{name}_arn": name for name in live if f"${{{name}_arn}}" in asl}
    return {variable: live[name] for variable, name in {**names, **own}.items()}


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
        # Who redrives an execution redrives it alone; the machine itself redrives the children of its Map Runs, whose
        # ARNs are `execution:<machine>/<label>:<id>` (AWS, "IAM policies for using Distributed Map states").
        allow(["states:RedriveExecution"], account.arn("states", f"execution:{machine}/*")),
        # Neither the delivery of logs nor X-Ray knows resources for these.
        allow([*_DELIVER_LOGS, *_TRACE], "*"),
    )
