"""The observability of a stack: alarms on lists and dead letters, health, dashboards, queries, traces."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ..components.alarms import DeadLetterAlarms, Health, ListAlarms
from ..components.observability import Dashboards, Queries, Traces
from ..stack.interfaces import Items, Machine, Objects, Queue, Topic
from ..stack.stack import Stack
from .functions import Canary, Functions
from .outputs import Components, export_outputs

_TRANSACTION = "TransactWriteItems"
"""An operation without an IAM action: a role that may delete an item may delete it in a transaction."""

_STATEMENTS = {"PartiQLInsert": "BatchExecuteStatement"}
"""IAM actions whose operation has another name."""


class Observability:
    """Alarms, dashboards, saved queries and traces.

    Make it after everything that they show.

    Attributes:
        unhealthy_alarm: the name of the alarm that is on while any critical alarm is on, if any.
        dashboard_urls: the addresses of the dashboards; empty with the setting `dashboards: none`.
        health: the component of that alarm.
        traces: the sampling by X-Ray.
        dashboards: the business dashboard, and the technical dashboard; None with the setting `dashboards: none`.
    """

    def __init__(self, components: Components) -> None:
        stack, functions = components.stack, components.functions
        if stack.context.has_lists:
            ListAlarms("lists", stack)
        DeadLetterAlarms("dead-letters", stack)
        self.health = Health("unhealthy", stack)
        self.traces = Traces("traces", stack)
        Queries("queries", stack, {name: function.log_group for name, function in functions.items()})
        has_dashboards = stack.settings.dashboards == "all"
        self.dashboards = Dashboards("dashboards", stack, _names(components)) if has_dashboards else None
        self.unhealthy_alarm = self.health.alarm_name
        self.dashboard_urls = self.dashboards.urls if self.dashboards else {}


def finish(
    stack: Stack,
    table: Items,
    fanout: Topic,
    inbound: Queue,
    inbox: Objects | None,
    functions: Functions,
    live: Canary,
    workflow: Machine | None = None,
) -> None:
    """Make the alarms and dashboards of the given components, and export the outputs. The last line of a program.

    A context without lists has neither an inbox nor a workflow: both are None.

    Raises:
        RunError: two dead-letter queues have one name.
    """
    components = Components(stack, table, fanout, inbound, inbox, functions, live, workflow)
    export_outputs(components, Observability(components))


def _names(components: Components) -> dict[str, Any]:
    stack, inbox = components.stack, components.inbox
    alerts = stack.alerts
    return {
        "region": stack.account.region,
        "runbook": stack.settings.runbook_url,
        "target_seconds": stack.settings.objectives.import_minutes * 60,
        "alarms": {
            "Critical": _arns(stack, alerts.names("critical")),
            "Warning": _arns(stack, alerts.names("warning")),
        },
        **_functions(components),
        "machine_arn": components.workflow and components.workflow.machine.arn,
        "rules": inbox.rules if inbox else {},
        "server": inbox and inbox.server_id,
        "table": components.table.table_name,
        "operations": _operations(components.functions),
        "readers": components.table.readers,
        **_queues(components),
        "endpoints": _endpoints(stack),
    }


def _functions(components: Components) -> dict[str, Any]:
    """Return the functions by group, without the hooks of releases, which run only for minutes in weeks."""
    context = components.stack.context
    groups = {"Commands": context.command_functions, "Steps of an import": context.steps}
    grouped = [name for names in groups.values() for name in names]
    groups["Other functions"] = tuple(name for name in components.functions.called if name not in grouped)
    members = {title: [components.functions[name] for name in names] for title, names in groups.items()}
    return {
        "functions": {title: [function.function.name for function in group] for title, group in members.items()},
        "log_groups": [function.log_group.name for group in members.values() for function in group],
    }


def _operations(functions: Functions) -> list[str]:
    used = {operation for name in functions.called for operation in functions.presets[name].items}
    return sorted({_TRANSACTION, *(_STATEMENTS.get(operation, operation) for operation in used)})


def _arns(stack: Stack, alarms: pulumi.Output[list[str]]) -> pulumi.Output[list[str]]:
    start = stack.account.arn("cloudwatch", "alarm:")
    return pulumi.Output.all(start, alarms).apply(lambda both: [f"{both[0]}{name}" for name in both[1]])


def _queues(components: Components) -> dict[str, Any]:
    return {
        "topic": components.fanout.topic.name,
        "queues": _queue_names(components.fanout.queues),
        "inbound": _queue_name(components.inbound.queue_url),
        "dead_letters": _queue_names(components.dead_letter_queues),
    }


def _queue_names(urls: Mapping[str, pulumi.Output[str]]) -> dict[str, pulumi.Output[str]]:
    return {name: _queue_name(url) for name, url in urls.items()}


def _queue_name(url: pulumi.Output[str]) -> pulumi.Output[str]:
    return url.apply(lambda value: value.rsplit("/", 1)[1])


def _endpoints(stack: Stack) -> pulumi.Output[dict[str, list[Any]]]:
    return pulumi.Output.all(*(endpoint.sections for endpoint in stack.endpoints.values())).apply(_by_dashboard)


def _by_dashboard(each: Sequence[Mapping[str, Sequence[Any]]]) -> dict[str, list[Any]]:
    """Return the sections of all endpoints, by dashboard."""
    joined: dict[str, list[Any]] = {}
    for sections in each:
        for dashboard, widgets in sections.items():
            joined.setdefault(dashboard, []).extend(widgets)
    return joined
