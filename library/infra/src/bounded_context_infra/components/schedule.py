"""A function that is called on a schedule."""

import json
from collections.abc import Mapping
from typing import Final

import pulumi
from pulumi_aws import iam, lambda_, scheduler

from bounded_context_infra._parts import HOUR, Component, Metric, Notice, Stack, Target, When, alarm, kebab, trust

EVERY_MINUTE = "rate(1 minute)"
EVERY_QUARTER = "rate(15 minutes)"

YOUNGEST = 60
"""Seconds: the shortest maximum age of an event that EventBridge Scheduler and Lambda accept."""

QUARTER = 900
"""Seconds."""

TRIES = 2
"""Lambda's default and largest number of retries of an asynchronous call (Lambda developer guide, "Configuring error
handling settings for asynchronous invocations")."""

_TIME: Final = {"time": "<aws.scheduler.scheduled-time>"}
"""The payload: the time of the schedule, not of the call (EventBridge Scheduler user guide, "Adding context
attributes")."""

_RETRIES = {EVERY_MINUTE: (YOUNGEST, 0), EVERY_QUARTER: (QUARTER, 0)}


class Schedule(Component):
    """A schedule of EventBridge Scheduler that calls an alias, and may not call any other function or version.

    A call of each minute, or of each quarter of an hour, is not retried, because the next call does the same. Any other
    call is retried twice within an hour, and a warning reports a call that the scheduler drops. There is no dead-letter
    queue, because a call contains nothing but its time. The schedule has its own group: the metrics of the scheduler
    have no other dimension, and the trust of a role can name a group, but no schedule.
    """

    urn_type = "bounded-context:infra:Schedule"

    def __init__(
        self,
        name: str,
        stack: Stack,
        target: Target,
        when: str = EVERY_MINUTE,
        *,
        exports: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Call the alias of `target` on the schedule `when`: `rate(1 day)`, or `cron(0 6 * * ? *)` in UTC.

        `exports` has further schedules of the same function: their times, by the export that each begins.
        """
        alias = target.alias
        age, tries = (HOUR, TRIES) if exports else _RETRIES.get(when, (HOUR, TRIES))
        super().__init__(name, stack.labels, opts)
        self.group = scheduler.ScheduleGroup(name, **self.named(name))
        role = self._role(stack)
        permission = target.grant_invoke(role)

        def schedule(part: str, times: str, **payload: str) -> scheduler.Schedule:
            return scheduler.Schedule(
                part,
                name=self.labels.name(part),
                group_name=self.group.name,
                schedule_expression=times,
                flexible_time_window={"mode": "OFF"},
                target={
                    "arn": target.alias_arn,
                    "role_arn": role.arn,
                    "input": json.dumps({**_TIME, **payload}),
                    "retry_policy": {"maximum_event_age_in_seconds": age, "maximum_retry_attempts": tries},
                },
                opts=self.child(depends_on=[permission]),
            )

        self.schedule = schedule(name, when)
        for export, times in (exports or {}).items():
            schedule(f"export-{kebab(export)}", times, export=export)
        lambda_.FunctionEventInvokeConfig(
            name,
            function_name=alias.function_name,
            qualifier=alias.name,
            maximum_event_age_in_seconds=age,
            maximum_retry_attempts=tries,
            opts=self.child(),
        )
        if tries:
            effect = f"EventBridge Scheduler could not call {target.snake_name}, and does not try again."
            dropped = Metric("AWS/Scheduler", "InvocationDroppedCount", {"ScheduleGroup": self.group.name})
            notice = Notice("warning", effect, "a-schedule-drops-calls")
            alarm(self, stack.alerts, f"{name}-dropped", notice, dropped, When())
        self.register_outputs({"schedule": self.schedule.name})

    def _role(self, stack: Stack) -> iam.Role:
        """Make the role that only schedules of the group may use."""
        name = f"call-{self.name}"
        trusted = trust("scheduler", stack.account.id, self.group.arn)
        return iam.Role(name, assume_role_policy=trusted, **self.named(name))
