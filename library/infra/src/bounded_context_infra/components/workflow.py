"""The state machine that imports a list."""

import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pulumi
from pulumi_aws import iam, sfn

from bounded_context_infra._parts import (
    LIST_KEY,
    LIVE,
    WATCH_LISTS,
    Account,
    Alerts,
    Component,
    Items,
    Metric,
    Notice,
    Objects,
    Settings,
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
_INTEGRATIONS = "arn:aws:states:::"
"""The beginning of the ARNs of a state's integrations, such as `lambda:invoke`."""

_TOPIC = "topic_arn"
"""The placeholder of the topic of events, also beside a function called `topic`."""

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

    `permissions` are its role's permissions for the resources that the states use. They must exist before an execution
    starts.
    """

    urn_type = "bounded-context:infra:Workflow"

    def __init__(
        self,
        name: str,
        stack: Stack,
        live: Mapping[str, Target],
        *,
        table: Items,
        inbox: Objects,
        fanout: Topic,
        definition: Path | None = None,
        substitutions: Mapping[str, pulumi.Input[Any]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the machine of a definition, whose placeholders `${...}` are replaced by values.

        `${<function>_arn}` is the alias of a function in `live`, and `${verification_arn}` the alias of the step
        between validation and import. The role may invoke the functions that the file names. `${inbox_bucket}`,
        `${table_name}`, `${topic_arn}`, `${import_concurrency}` and `${verification_concurrency}` are the stack's.

        Args:
            name: its name in the stack.
            stack: the stack that it belongs to.
            live: the functions behind their aliases.
            table: contains the lists' items.
            inbox: contains the parts of lists.
            fanout: receives the result of each list.
            definition: an ASL file; by default the list workflow of the repository, or else of the library.
            substitutions: your own values, by name.
            opts: its options in Pulumi.

        Raises:
            ValueError: a value is missing or is not used.
        """
        super().__init__(name, stack.labels, opts)
        text = stack.list_workflow(definition)
        steps = _steps(stack, text, live)
        values = {
            **{variable: step.alias_arn for variable, step in steps.items()},
            "inbox_bucket": inbox.bucket_name,
            "table_name": table.table_name,
            _TOPIC: fanout.topic.arn,
            **concurrency(stack.settings, text),
            **(substitutions or {}),
        }
        self.machine, self.role = self._machine_and_role(
            stack, _with_partition(substitute(text, values), stack.account)
        )
        self.alias_arn = self._alias().arn
        self.alarms = self._watch(stack.alerts)
        self.permissions: Sequence[iam.RolePolicy] = [
            *(step.grant_invoke(self.role) for step in steps.values()),
            stack.key.grant_use(self.role),
            table.grant_items(self.role, "UpdateItem", keys=[LIST_KEY]),
            inbox.grant_objects(self.role, read=["staging"]),
            fanout.grant_publish(self.role),
        ]
        self.grant_list(live[WATCH_LISTS].role)
        self.register_outputs({"alias_arn": self.alias_arn})

    def _machine_and_role(self, stack: Stack, definition: pulumi.Output[str]) -> tuple[sfn.StateMachine, iam.Role]:
        labels, account, name = stack.labels, stack.account, self.name
        machine_name = labels.name(name)
        log_group = stack.logs.group("vendedlogs/states", name, parent=self)
        role = iam.Role(name, assume_role_policy=trust("states", account.id), **self.named(name))
        runs = grant(self, role, *_run(account, machine_name, stack.machine_arn(name)))
        machine = sfn.StateMachine(
            name,
            role_arn=role.arn,
            definition=definition,
            logging_configuration={
                "level": "ALL",
                # Inputs contain the names of partners' files, so transitions are logged without their data.
                "include_execution_data": False,
                "log_destination": pulumi.Output.concat(log_group.arn, ":*"),
            },
            tracing_configuration={"enabled": True},
            publish=True,
            **self.named(name, depends_on=[runs]),
        )
        return machine, role

    def grant_start(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` start executions of the alias, and no other executions.

        Step Functions authorizes an alias by its machine's ARN; the qualifier is a condition (AWS, "Authorization for
        versions and aliases").
        """
        qualifier = {"ForAnyValue:StringEquals": {"states:StateMachineQualifier": [LIVE]}}
        return grant(self, role, allow(["states:StartExecution"], self.machine.arn, Condition=qualifier))

    def grant_list(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` list the executions, without their contents."""
        return grant(self, role, allow(["states:ListExecutions"], self.machine.arn))

    def _alias(self) -> sfn.Alias:
        return sfn.Alias(
            f"{self.name}-{LIVE}",
            name=LIVE,
            routing_configurations=[
                {"state_machine_version_arn": self.machine.state_machine_version_arn, "weight": 100},
            ],
            # The rollout owns the routing of an existing alias, and describes its release in the alias. No other field
            # may change: with any change, Pulumi would send the routing in its state.
            opts=self.child(ignore_changes=["routing_configurations", "description"]),
        )

    def _watch(self, alerts: Alerts) -> list[pulumi.Output[str]]:
        """Make the alarms, and return the names of the alarms that stop the release of a new definition."""
        if not alerts.wants("critical"):
            return []
        failed = Notice(
            "critical",
            "An import failed for a technical reason: its partner's list is not imported until a person acts.",
            "an-import-failed",
        )
        late = self._executions("TimedOut")
        stopping = [
            guard(self, alerts, f"{self.name}-failed", failed, self._executions("Failed"), When()),
            guard(self, alerts, f"{self.name}-timed-out", _halfway("critical", "ran out of time"), late, When()),
        ]
        # Only a person aborts an import, so a warning is enough.
        aborted = _halfway("warning", "was aborted")
        alarm(self, alerts, f"{self.name}-aborted", aborted, self._executions("Aborted"), When())
        return [metric_alarm.name for metric_alarm in stopping]

    def _executions(self, outcome: str) -> Metric:
        return Metric("AWS/States", f"Executions{outcome}", {"StateMachineArn": self.machine.arn})


def _halfway(severity: Severity, ended: str) -> Notice:
    effect = f"An import {ended}: its list may be imported in part, and its partner gets no report."
    return Notice(severity, effect, "an-import-ended-halfway")


def _steps(stack: Stack, asl: str, live: Mapping[str, Target]) -> dict[str, Target]:
    """Return the functions that the machine calls, by placeholder: the context's steps, and others in the file."""
    context = stack.context
    names = {f"{'verification' if name == context.verification else name}_arn": name for name in context.steps}
    own = {f"{name}_arn": name for name in live if f"${{{name}_arn}}" in asl and f"{name}_arn" != _TOPIC}
    # A function of another kind may be called `verification`.
    return {variable: live[name] for variable, name in {**own, **names}.items()}


def concurrency(settings: Settings, asl: str) -> dict[str, int]:
    """Return the numbers of concurrent children, by placeholder. A definition before 0.4.0 has one for all maps."""
    imported, verified = settings.import_concurrency, settings.verification_concurrency
    own = {"verification_concurrency": verified or imported}
    return {"import_concurrency": imported} | (own if verified or "${verification_concurrency}" in asl else {})


def substitute(asl: str, values: Mapping[str, pulumi.Input[Any]]) -> pulumi.Output[str]:
    """Return the ASL text with each `${name}` replaced by its value. The result must be valid JSON.

    Raises ValueError if a value is missing or is not used.
    """
    used = set(_PLACEHOLDER.findall(asl))
    if missing := used - set(values):
        near = {name: get_close_matches(name, values, 1) for name in sorted(missing)}
        remedies = (f"{name}{f' (write {names[0]})' if names else ''}" for name, names in near.items())
        raise ValueError(f"the state machine needs values for {', '.join(remedies)}.")
    if unused := set(values) - used:
        raise ValueError(f"the state machine does not use {', '.join(sorted(unused))}.")
    return pulumi.Output.all(**values).apply(lambda known: _substitution(asl, known))


def _with_partition(asl: pulumi.Output[str], account: Account) -> pulumi.Output[str]:
    """Return the text with the integrations of the account's partition. The file names those of `aws`."""
    integrations = account.arn_of("states:::")
    return pulumi.Output.all(asl, integrations).apply(lambda both: both[0].replace(_INTEGRATIONS, both[1]))


def _substitution(asl: str, values: Mapping[str, Any]) -> str:
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
        # A caller may redrive only the execution. The machine itself redrives the children of its Map Runs, whose ARNs
        # are `execution:<machine>/<label>:<id>` (AWS, "IAM policies for using Distributed Map states").
        allow(["states:RedriveExecution"], account.arn("states", f"execution:{machine}/*")),
        # Log delivery and X-Ray have no resource-level permissions for these actions.
        allow([*_DELIVER_LOGS, *_TRACE], "*"),
    )
