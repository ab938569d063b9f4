"""The outputs of a stack: what the rollout, the redrive, the local run and other stacks read of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from .canary import Canary
from .functions import Functions
from .interfaces import Items, Machine, Objects, Queue, Topic, Urls
from .stack import Stack


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
        """The URLs of all dead-letter queues, by what they are for. Raises RunError: two are called the same."""
        owners = (self.fanout, self.table, self.inbox, self.inbound, *self.stack.work_queues.values())
        found: dict[str, pulumi.Output[str]] = {}
        for what, url in (pair for owner in owners for pair in owner.dead_letter_queues.items()):
            if what in found:
                raise pulumi.RunError(f"Two dead-letter queues are called {what}: give the queue another name.")
            found[what] = url
        return found


def export(parts: Parts, unhealthy: pulumi.Output[str] | None, dashboards: Urls) -> None:
    """Register all outputs.

    `unhealthy` is the name of the alarm on all critical ones, if there are any; `dashboards` are URLs.
    """
    for name, value in {**_flow(parts), **_releases(parts), **_watched(parts, unhealthy, dashboards)}.items():
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
        "work_queues": {name: one.queue_url for name, one in parts.stack.work_queues.items()},
        "dead_letter_queues": parts.dead_letter_queues,
        "api": api and api.output,
        "sftp": inbox.server_id and {"server_id": inbox.server_id, "endpoint": inbox.endpoint},
        "upload_event_source": inbox.event_source,
    }


def _releases(parts: Parts) -> Mapping[str, Any]:
    return {
        "functions": {name: one.alias_arn for name, one in parts.live.items()},
        "release": {**parts.live.described, "workflow_alarms": parts.workflow.alarms},
    }


def _watched(parts: Parts, unhealthy: pulumi.Output[str] | None, dashboards: Urls) -> Mapping[str, Any]:
    return {
        "alarm_topic_arn": parts.stack.alarms.arn,
        "warning_topic_arn": parts.stack.warnings.arn,
        "unhealthy_alarm": unhealthy,
        "dashboards": dashboards,
    }
