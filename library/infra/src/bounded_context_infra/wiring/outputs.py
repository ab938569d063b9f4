"""The outputs of a stack, which the rollout, the redrive, the local run and other stacks read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from ..stack.interfaces import Items, Machine, Objects, Observed, Queue, Topic, Urls
from ..stack.stack import Stack
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
        "key_arn": components.stack.key.arn,
        "inbound_queue": components.inbound.queue_url,
        "work_queues": {name: queue.queue_url for name, queue in components.stack.work_queues.items()},
        "dead_letter_queues": components.dead_letter_queues,
        "api": api and api.output,
        **(_of_lists(inbox, workflow) if inbox and workflow else {}),
    }


def _of_lists(inbox: Objects, workflow: Machine) -> Mapping[str, Any]:
    return {
        "inbox_bucket": inbox.bucket_name,
        "state_machine_arn": workflow.alias_arn,
        "state_machine": workflow.machine.arn,
        # A team's copy of the inbox may be older than `login`.
        "sftp": inbox.server_id
        and {"server_id": inbox.server_id, "endpoint": inbox.endpoint, **getattr(inbox, "login", {})},
        "upload_event_source": inbox.event_source,
    }


def _releases(components: Components) -> Mapping[str, Any]:
    return {
        "functions": {name: release.alias_arn for name, release in components.live.items()},
        "release": {**components.live.described, **_of_workflow(components.workflow)},
    }


def _of_workflow(workflow: Machine | None) -> Mapping[str, Any]:
    return {"workflow_alarms": workflow.alarms} if workflow else {}


def _observability(components: Components, observability: Observed) -> Mapping[str, Any]:
    return {
        "alarm_topic_arn": components.stack.alarms.arn,
        "warning_topic_arn": components.stack.warnings.arn,
        "unhealthy_alarm": observability.unhealthy_alarm,
        "dashboards": observability.dashboard_urls,
    }
