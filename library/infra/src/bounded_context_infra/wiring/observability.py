"""The observability of a stack: alarms on lists and dead letters, health, dashboards, queries, traces, outputs.

The rollout, the redrive, the local run and other stacks read the outputs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from bounded_context.declaration.structure import EXPORT_FILES, MEET_DEADLINES

from ..components.alarms import DeadLetterAlarms, DeadlineAlarms, ExportAlarms, Health, ListAlarms
from ..components.observability import Dashboards, Queries, Traces
from ..components.schedule import EVERY_QUARTER, Schedule
from ..stack.stack import Items, Machine, Objects, Observed, Queue, Stack, Topic, Urls
from .functions import Canary, Functions


@dataclass(frozen=True)
class Components:
    """The components of a stack that dashboards show and outputs name. A team's own components may replace them.

    A context without lists has neither an inbox nor a workflow: both are None.
    """

    stack: Stack
    table: Items
    fanout: Topic
    inbound: Queue
    inbox: Objects | None
    functions: Functions
    live: Canary
    workflow: Machine | None = None

    @property
    def dead_letter_queues(self) -> Urls:
        """The URLs of all dead-letter queues, by name. Raises RunError if a name occurs twice."""
        owners = (
            self.fanout,
            self.table,
            *((self.inbox,) if self.inbox else ()),
            self.inbound,
            *self.stack.work_queues.values(),
        )
        queues: dict[str, pulumi.Output[str]] = {}
        for name, url in (pair for owner in owners for pair in owner.dead_letter_queues.items()):
            if name in queues:
                raise pulumi.RunError(f"Two dead-letter queues are called {name}: give the queue another name.")
            queues[name] = url
        return queues


def export_outputs(components: Components, observability: Observed) -> None:
    """Export the outputs of a stack. The last line of its program.

    Raises:
        RunError: an alarm, a queue or an endpoint was made after the dashboards; or two dead-letter queues have one
            name. The message names them.
    """
    components.stack.require_shown()
    outputs = (_flow(components), _releases(components), _observability(components, observability))
    for name, value in (item for group in outputs for item in group.items()):
        pulumi.export(name, value)


def _flow(components: Components) -> Mapping[str, Any]:
    inbox, fanout, workflow = components.inbox, components.fanout, components.workflow
    api = components.stack.endpoints.get("api")
    return {
        "table_name": components.table.table_name,
        "topic_arn": fanout.topic.arn,
        "queues": fanout.queues,
        "queue_arns": fanout.queue_arns,
        **({"archives": archives} if (archives := getattr(fanout, "archives", {})) else {}),
        "key_arn": components.stack.key.arn,
        "inbound_queue": components.inbound.queue_url,
        "work_queues": {name: queue.queue_url for name, queue in components.stack.work_queues.items()},
        "dead_letter_queues": components.dead_letter_queues,
        "api": api and api.output,
        **(_of_lists(components.stack, inbox, workflow) if inbox and workflow else {}),
        **({"deliveries": ids} if (ids := _connectors(components.functions)) else {}),
    }


def _of_lists(stack: Stack, inbox: Objects, workflow: Machine) -> Mapping[str, Any]:
    return {
        "inbox_bucket": inbox.bucket_name,
        "state_machine_arn": workflow.alias_arn,
        "state_machine": workflow.machine.arn,
        # A team's copy of the inbox may be older than `login`.
        "sftp": inbox.server_id
        and {"server_id": inbox.server_id, "endpoint": inbox.endpoint, **getattr(inbox, "login", {})},
        "upload_event_source": inbox.event_source,
        **({"outgoing_days": stack.settings.outgoing_days} if stack.context.exports else {}),
    }


def _connectors(functions: Functions) -> dict[str, pulumi.Output[str]]:
    return {partner: delivery.connector.id for partner, delivery in functions.deliveries.items()}


def _releases(components: Components) -> Mapping[str, Any]:
    workflow = components.workflow
    return {
        "functions": {name: release.alias_arn for name, release in components.live.items()},
        "release": {**components.live.described, **({"workflow_alarms": workflow.alarms} if workflow else {})},
    }


def _observability(components: Components, observability: Observed) -> Mapping[str, Any]:
    return {
        "alarm_topic_arn": components.stack.alarms.arn,
        "warning_topic_arn": components.stack.warnings.arn,
        "unhealthy_alarm": observability.unhealthy_alarm,
        "dashboards": observability.dashboard_urls,
    }


_TRANSACTION = "TransactWriteItems"
"""An operation without an IAM action: a role that may delete an item may delete it in a transaction."""

_STATEMENTS = {"PartiQLInsert": "BatchExecuteStatement"}
"""IAM actions whose operation has another name."""


class Observability:
    """Alarms, dashboards, saved queries and traces, and the schedules of deadlines and exports, if any.

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
        if stack.context.deadlines:
            Schedule("meet-deadlines", stack, components.live[MEET_DEADLINES], EVERY_QUARTER)
            DeadlineAlarms("deadlines", stack)
        if stack.context.exports:
            exports = {export.name: export.when for export in stack.context.exports}
            Schedule("export-files", stack, components.live[EXPORT_FILES], EVERY_QUARTER, exports=exports)
            ExportAlarms("exports", stack)
            if components.inbox:
                components.inbox.announce_downloads(components.live[EXPORT_FILES])
            for delivery in functions.deliveries.values():
                delivery.announce(components.live[EXPORT_FILES])
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
