"""What people look at: alarms on lists, the one on all alarms, dashboards, saved queries, traces."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from .canary import Canary
from .components.dashboards import Dashboards
from .components.dead_letter_alarms import DeadLetterAlarms
from .components.health import Health
from .components.list_alarms import ListAlarms
from .components.queries import Queries
from .components.traces import Traces
from .functions import Functions
from .interfaces import Items, Machine, Objects, Queue, Topic
from .outputs import Parts, export
from .stack import Stack

_TRANSACTION = "TransactWriteItems"
"""An operation that no IAM action is named after: who may delete an item may delete it in a transaction."""

_STATEMENTS = {"PartiQLInsert": "BatchExecuteStatement"}
"""By which operation an action of IAM is done."""


class Observability:
    """All of it, once everything else of the stack is there: an alarm that is made later is on no dashboard.

    It registers the stack's outputs too, since it has what they are made of (see `outputs`).

    Attributes:
        health: the alarm that is on while any critical alarm is.
        traces: how much X-Ray keeps.
        dashboards: for whoever asks how business goes, and for whoever keeps the context running.
    """

    def __init__(
        self,
        stack: Stack,
        table: Items,
        fanout: Topic,
        inbound: Queue,
        inbox: Objects,
        functions: Functions,
        live: Canary,
        workflow: Machine,
    ) -> None:
        parts = Parts(stack, table, fanout, inbound, inbox, functions, live, workflow)
        ListAlarms("lists", stack)
        DeadLetterAlarms("dead-letters", stack)
        self.health = Health("unhealthy", stack)
        self.traces = Traces("traces", stack)
        Queries("queries", stack, {name: one.log_group for name, one in functions.items()})
        self.dashboards = Dashboards("dashboards", stack, _names(parts))
        export(parts, self.health.alarm_name, self.dashboards.urls)


def _names(parts: Parts) -> dict[str, Any]:
    stack, inbox = parts.stack, parts.inbox
    alerts = stack.alerts
    return {
        "region": stack.account.region,
        "runbook": stack.settings.runbook_url,
        "target_seconds": stack.settings.objectives.import_minutes * 60,
        "alarms": {
            "Critical": _arns(stack, alerts.names("critical")),
            "Warning": _arns(stack, alerts.names("warning")),
        },
        **_functions(parts),
        "machine_arn": parts.workflow.machine.arn,
        "rules": inbox.rules,
        "server": inbox.server_id,
        "table": parts.table.table_name,
        "operations": _operations(parts.functions),
        "readers": parts.table.readers,
        **_queues(parts),
        "doors": _doors(stack),
    }


def _functions(parts: Parts) -> dict[str, Any]:
    """The functions by what they are; releases' hooks, which run for minutes in weeks, are left out."""
    context = parts.stack.context
    groups = {"Commands": context.command_functions, "Steps of an import": context.steps}
    grouped = [name for names in groups.values() for name in names]
    groups["Other functions"] = tuple(name for name in parts.functions.called if name not in grouped)
    shown = {title: [parts.functions[name] for name in names] for title, names in groups.items()}
    return {
        "functions": {title: [one.function.name for one in group] for title, group in shown.items()},
        "log_groups": [one.log_group.name for group in shown.values() for one in group],
    }


def _operations(functions: Functions) -> list[str]:
    used = {operation for name in functions.called for operation in functions.presets[name].items}
    return sorted({_TRANSACTION, *(_STATEMENTS.get(operation, operation) for operation in used)})


def _arns(stack: Stack, alarms: pulumi.Output[list[str]]) -> pulumi.Output[list[str]]:
    start = stack.account.arn("cloudwatch", "alarm:")
    return pulumi.Output.all(start, alarms).apply(lambda both: [f"{both[0]}{name}" for name in both[1]])


def _queues(parts: Parts) -> dict[str, Any]:
    return {
        "topic": parts.fanout.topic.name,
        "queues": _queue_names(parts.fanout.queues),
        "inbound": _queue_name(parts.inbound.queue_url),
        "dead_letters": _queue_names(parts.dead_letter_queues),
    }


def _queue_names(urls: Mapping[str, pulumi.Output[str]]) -> dict[str, pulumi.Output[str]]:
    return {what: _queue_name(url) for what, url in urls.items()}


def _queue_name(url: pulumi.Output[str]) -> pulumi.Output[str]:
    return url.apply(lambda it: it.rsplit("/", 1)[1])


def _doors(stack: Stack) -> pulumi.Output[dict[str, list[Any]]]:
    return pulumi.Output.all(*(door.sections for door in stack.doors.values())).apply(_joined)


def _joined(each: Sequence[Mapping[str, Sequence[Any]]]) -> dict[str, list[Any]]:
    """The sections of all doors, by the dashboards' names."""
    joined: dict[str, list[Any]] = {}
    for sections in each:
        for dashboard, shown in sections.items():
            joined.setdefault(dashboard, []).extend(shown)
    return joined
