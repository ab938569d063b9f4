"""What people look at: dashboards, saved queries, traces."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from infra.account import Account
from infra.components.dashboards import Dashboards
from infra.components.fanout import Fanout
from infra.components.function import Function
from infra.components.inbound import Inbound
from infra.components.inbox import Inbox
from infra.components.queries import Queries
from infra.components.table import Table
from infra.components.traces import Traces
from infra.components.workflow import Workflow
from infra.context import COMMANDS, STEPS
from infra.dashboards.grid import Section
from infra.labels import Labels
from infra.service.functions import SPECS
from infra.settings import Settings

_TRANSACTION = "TransactWriteItems"
"""An operation that no IAM action is named after: who may put an item may put it in a transaction."""


def observe(
    labels: Labels,
    account: Account,
    settings: Settings,
    functions: Mapping[str, Function],
    table: Table,
    inbox: Inbox,
    fanout: Fanout,
    inbound: Inbound,
    workflow: Workflow,
    *,
    dead_letter_queues: Mapping[str, pulumi.Output[str]],
    doors: pulumi.Input[Mapping[str, Sequence[Section]]],
    alarms: Mapping[str, pulumi.Output[list[str]]],
) -> Mapping[str, pulumi.Output[str]]:
    """Make all of it once everything else of the stack is there; returns the dashboards' URLs by their names.

    Args:
        dead_letter_queues: their URLs, by what they are for.
        doors: what the doors show, by the dashboards' names.
        alarms: their names by severity, the most urgent first.
    """
    traces = Traces("traces", labels, percent=settings.trace_percent)
    Queries("queries", labels, {name: one.log_group for name, one in functions.items()})
    shown = _grouped(functions)
    names = {
        "region": account.region,
        "runbook": settings.runbook_url,
        "target_seconds": settings.objectives.import_minutes * 60,
        "alarms": {severity: _arns(account, names) for severity, names in alarms.items()},
        "functions": {title: [one.function.name for one in group] for title, group in shown.items()},
        "log_groups": [one.log_group.name for group in shown.values() for one in group],
        "traces": traces.group_name,
        "machine_arn": workflow.machine.arn,
        "rules": inbox.rules,
        "server": inbox.server_id,
        "table": table.table_name,
        "operations": _operations(),
        "readers": [labels.name(reader) for reader in table.readers],
        "topic": fanout.topic.name,
        "queues": _queue_names(fanout.queues),
        "inbound": _queue_names({"inbound": inbound.queue_url})["inbound"],
        "dead_letters": _queue_names(dead_letter_queues),
        "doors": doors,
    }
    return Dashboards("dashboards", labels, names).urls


def _grouped(functions: Mapping[str, Function]) -> dict[str, list[Function]]:
    """The functions by what they are; releases' hooks, which run for minutes in weeks, are left out."""
    groups = {"Commands": COMMANDS, "Steps of an import": STEPS}
    grouped = [name for names in groups.values() for name in names]
    groups["Other functions"] = tuple(spec.name for spec in SPECS if spec.name not in grouped)
    return {title: [functions[name] for name in names] for title, names in groups.items()}


def _operations() -> list[str]:
    return sorted({_TRANSACTION, *(operation for spec in SPECS for operation in spec.items)})


def _arns(account: Account, alarms: pulumi.Output[list[str]]) -> pulumi.Output[list[str]]:
    start = account.arn("cloudwatch", "alarm:")
    return pulumi.Output.all(start, alarms).apply(lambda both: [f"{both[0]}{name}" for name in both[1]])


def _queue_names(urls: Mapping[str, pulumi.Output[str]]) -> dict[str, Any]:
    return {what: url.apply(lambda it: it.rsplit("/", 1)[1]) for what, url in urls.items()}
