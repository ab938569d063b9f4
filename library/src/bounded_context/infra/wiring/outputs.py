"""The outputs of a stack, which the rollout, the redrive, the local run and other stacks read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from ..stack.interfaces import Items, Machine, Objects, Observed, Queue, Topic, Urls
from ..stack.stack import Stack
from .canary import Canary
from .functions import Functions


@dataclass(frozen=True)
class Parts:
    """The parts of a stack."""

    stack: Stack
    table: Items
    fanout: Topic
    inbound: Queue
    inbox: Objects
    functions: Functions
    live: Canary
    workflow: Machine

    @property
    def dead_letter_queues(self) -> Urls:
        """The URLs of all dead-letter queues, by name. Raises RunError if a name occurs twice."""
        owners = (self.fanout, self.table, self.inbox, self.inbound, *self.stack.work_queues.values())
        found: dict[str, pulumi.Output[str]] = {}
        for name, url in (pair for owner in owners for pair in owner.dead_letter_queues.items()):
            if name in found:
                raise pulumi.RunError(f"Two dead-letter queues are called {name}: give the queue another name.")
            found[name] = url
        return found


def export_outputs(
    stack: Stack,
    table: Items,
    fanout: Topic,
    inbound: Queue,
    inbox: Objects,
    functions: Functions,
    live: Canary,
    workflow: Machine,
    observability: Observed,
) -> None:
    """Export the outputs of a stack. The last line of its program.

    Raises:
        RunError: an alarm, a queue or an endpoint was made after the dashboards; or two dead-letter queues have one
            name. The message names them.
    """
    stack.require_shown()
    parts = Parts(stack, table, fanout, inbound, inbox, functions, live, workflow)
    for name, value in {**_flow(parts), **_releases(parts), **_observability(parts, observability)}.items():
        pulumi.export(name, value)


def _flow(parts: Parts) -> Mapping[str, Any]:
    inbox, fanout, workflow = parts.inbox, parts.fanout, parts.workflow
    api = parts.stack.doors.get("api")
    return {
        "inbox_bucket": inbox.bucket_name,
        "table_name": parts.table.table_name,
        "topic_arn": fanout.topic.arn,
        "state_machine_arn": workflow.alias_arn,
        "state_machine": workflow.machine.arn,
        "queues": fanout.queues,
        "queue_arns": fanout.queue_arns,
        "key_arn": parts.stack.key.arn,
        "inbound_queue": parts.inbound.queue_url,
        "work_queues": {name: queue.queue_url for name, queue in parts.stack.work_queues.items()},
        "dead_letter_queues": parts.dead_letter_queues,
        "api": api and api.output,
        "sftp": inbox.server_id and {"server_id": inbox.server_id, "endpoint": inbox.endpoint},
        "upload_event_source": inbox.event_source,
    }


def _releases(parts: Parts) -> Mapping[str, Any]:
    return {
        "functions": {name: release.alias_arn for name, release in parts.live.items()},
        "release": {**parts.live.described, "workflow_alarms": parts.workflow.alarms},
    }


def _observability(parts: Parts, observability: Observed) -> Mapping[str, Any]:
    return {
        "alarm_topic_arn": parts.stack.alarms.arn,
        "warning_topic_arn": parts.stack.warnings.arn,
        "unhealthy_alarm": observability.unhealthy_alarm,
        "dashboards": observability.dashboard_urls,
    }
